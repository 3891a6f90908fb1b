"""Datasets fetched from their publishers, and laid out as they are read."""
