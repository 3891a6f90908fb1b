"""Annotations of other programs, as COCO keypoints and the TOML files to train on them."""
