"""Square patches of heatmaps: cut out around a cell, and put back on an empty map.

Letters: B crops, K keypoints, h x w cells of a map, n x n of a patch. A patch's corner is the
x, y of its first cell; it may lie outside of the map, and so may every cell.
"""

import torch
from torch import Tensor


def cut(maps: Tensor, corners: Tensor, edge: int) -> Tensor:
    """Return the (B, K, n, n) patches of (B, K, h, w) maps, 0 outside of the map.

    Shapes: corners (B, K, 2) integers; edge is n.
    """
    height, width = maps.shape[-2:]
    place, inside = _places(corners, edge, width, height)
    cells = maps.flatten(2).gather(2, place.clamp(0, height * width - 1))
    patches: Tensor = (cells * inside).unflatten(2, (edge, edge))
    return patches


def paste(patches: Tensor, corners: Tensor, size: tuple[int, int]) -> Tensor:
    """Return (B, K, h, w) maps that hold a patch each, cut off at the border, and else 0.

    Shapes: patches (B, K, n, n); corners (B, K, 2) integers; size is w, h.
    """
    width, height = size
    place, inside = _places(corners, patches.shape[-1], width, height)
    # What a patch has outside of its map goes to one cell behind the last, then cut off.
    behind = height * width
    cells = patches.new_zeros((*patches.shape[:2], behind + 1))
    cells.scatter_(2, torch.where(inside, place, behind), patches.flatten(2))
    maps: Tensor = cells[..., :behind].unflatten(2, (height, width))
    return maps


def _places(corners: Tensor, edge: int, width: int, height: int) -> tuple[Tensor, Tensor]:
    """Return the (B, K, n * n) numbers of a patch's cells on its map, and which are on it."""
    steps = torch.arange(edge, device=corners.device)
    columns, rows = (corners.long()[..., None] + steps).unbind(2)
    across = (columns >= 0) & (columns < width)
    inside = ((rows >= 0) & (rows < height))[..., :, None] & across[..., None, :]
    return (rows[..., :, None] * width + columns[..., None, :]).flatten(2), inside.flatten(2)
