"""Heatmaps of one box cut at several scales, averaged in the frame of scale 1.

Letters: B boxes, S scales, K keypoints, h x w cells of a map.

Source: the six-scale pyramid testing of Sun et al. 2019, section 4.2, after Yang et al. 2017;
neither prints its scales.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F  # noqa: N812  the field's name for it
from torch import Tensor


def merge_scales(maps: Tensor, scales: Sequence[float], middle: tuple[float, float]) -> Tensor:
    """Return (B, K, h, w), the mean of (B, S, K, h, w) maps brought to scale 1.

    A crop that is `scale` times as wide shows a cell's place that much nearer to its `middle`
    (x, y in cells); outside of a smaller crop its map counts as 0.
    """
    height, width = maps.shape[-2:]
    columns, rows = (torch.arange(size, device=maps.device) for size in (width, height))
    total = torch.zeros_like(maps[:, 0])
    for index, scale in enumerate(scales):
        across = _normalised(columns, scale, middle[0], width)
        down = _normalised(rows, scale, middle[1], height)
        grid = torch.stack(torch.meshgrid(across, down, indexing="xy"), dim=-1)
        grid = grid.expand(len(maps), -1, -1, -1)
        total += F.grid_sample(maps[:, index].float(), grid, align_corners=True)
    return total / len(scales)


def _normalised(cells: Tensor, scale: float, middle: float, size: int) -> Tensor:
    """Return (size,) places of cells in the maps of a scale, -1 to 1 as grid_sample counts."""
    moved = (cells - middle) / scale + middle
    return 2 * moved / (size - 1) - 1
