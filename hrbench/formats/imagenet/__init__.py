"""Folders of classes, and ImageNet's flat validation folder."""
