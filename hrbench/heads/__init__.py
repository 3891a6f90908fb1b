"""Heads: what is put on the backbone's branches, with its targets, loss and decoding."""
