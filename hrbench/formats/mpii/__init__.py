"""MPII's annotations and truth."""
