"""Keypoints in images, from a split's boxes to their figures."""
