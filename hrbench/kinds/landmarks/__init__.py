"""Keypoints in images."""
