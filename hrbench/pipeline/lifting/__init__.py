"""Joints in space, from a split's sequences to their figures."""
