"""The backbones, one registry of them, and the layouts that their checkpoints come in."""
