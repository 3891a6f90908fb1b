"""Heads: what is put on the backbone's branches, with its targets, loss and decoding."""

from hrbench.heads.heatmap import HeatmapHead

HEADS = {"heatmap": HeatmapHead}
