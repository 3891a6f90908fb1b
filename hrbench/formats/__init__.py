"""How the files of each dataset format are read, listed and looked through."""
