"""Annotations of other programs taken over, and datasets written for them."""
