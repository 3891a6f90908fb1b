"""How fast this machine is, beside the official code."""
