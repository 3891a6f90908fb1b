"""Runs beside each other: whether they differ, and where."""
