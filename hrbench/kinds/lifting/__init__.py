"""Keypoints in images to joints in space."""
