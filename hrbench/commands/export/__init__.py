"""A network with its decoding as one file."""
