"""Faces: 300-W, WFLW, COFW, AFLW."""
