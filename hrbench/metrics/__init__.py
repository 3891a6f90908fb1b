"""Metrics: predictions and annotations as arrays in, figures in the literature's unit out."""
