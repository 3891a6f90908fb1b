"""Maps of one box at several scales, merged: a place is found where it is."""

import pytest
import torch
from torch import Tensor

from hrbench.heads.pyramid import merge_scales

SCALES = (0.7, 0.8, 0.9, 1.0, 1.1, 1.2)
WIDTH, HEIGHT = 48, 64
MIDDLES = [(WIDTH / 2, HEIGHT / 2), ((WIDTH - 1) / 2, (HEIGHT - 1) / 2)]


def bump(x: float, y: float, sigma: float) -> Tensor:
    """A Gaussian around a place of the map, as float32."""
    across = torch.arange(WIDTH, dtype=torch.float64) - x
    down = torch.arange(HEIGHT, dtype=torch.float64) - y
    return torch.exp(-(across**2 + down[:, None] ** 2) / (2 * sigma**2)).float()


def seen_at(x: float, y: float, scale: float, middle: tuple[float, float], sigma: float) -> Tensor:
    """The map of a crop `scale` times as wide, of what is at x, y in the crop of scale 1."""
    shown = [(at - m) / scale + m for at, m in zip((x, y), middle, strict=True)]
    return bump(shown[0], shown[1], sigma / scale)


def centroid(maps: Tensor) -> list[float]:
    total = maps.sum()
    across = (maps.sum(0) * torch.arange(WIDTH)).sum() / total
    down = (maps.sum(1) * torch.arange(HEIGHT)).sum() / total
    return [across.item(), down.item()]


@pytest.mark.parametrize("middle", MIDDLES)
def test_the_one_scale_1_leaves_the_maps_as_they_are(middle: tuple[float, float]) -> None:
    maps = torch.randn(2, 1, 3, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(0))
    merged = merge_scales(maps, [1.0], middle)
    assert merged.shape == (2, 3, HEIGHT, WIDTH)
    assert (merged - maps[:, 0]).abs().max() < 2e-5  # places are in float32, of steps up to 5
    smooth = bump(20.3, 31.6, 3)[None, None, None]
    assert (merge_scales(smooth, [1.0], middle) - smooth[:, 0]).abs().max() < 1e-6


@pytest.mark.parametrize("middle", MIDDLES)
@pytest.mark.parametrize("cell", [(24, 32), (14, 16), (34, 47), (24, 16)])
def test_a_bump_is_found_at_its_cell(cell: tuple[int, int], middle: tuple[float, float]) -> None:
    x, y = cell
    maps = torch.stack([seen_at(x, y, scale, middle, 2) for scale in SCALES])[None, :, None]
    merged = merge_scales(maps, SCALES, middle)[0, 0]
    assert merged.flatten().argmax().item() == y * WIDTH + x
    assert centroid(merged) == pytest.approx([x, y], abs=0.05)
    assert merged[y, x] == pytest.approx(1, abs=0.05)  # bilinear between a bump's cells


def test_the_wrong_middle_would_find_it_elsewhere() -> None:
    maps = seen_at(24, 32, 2.0, MIDDLES[0], 6)[None, None, None]
    assert centroid(merge_scales(maps, [2.0], MIDDLES[0])[0, 0]) == pytest.approx(
        [24, 32], abs=0.05
    )
    # Half a cell of the middle moves a map of scale 2 by half a cell: (1 - 2) * -0.5.
    off = centroid(merge_scales(maps, [2.0], MIDDLES[1])[0, 0])
    assert off == pytest.approx([24.5, 32.5], abs=0.05)


def test_a_smaller_crop_counts_as_0_outside_of_it() -> None:
    merged = merge_scales(torch.ones(1, 2, 1, HEIGHT, WIDTH), [0.5, 1.0], MIDDLES[0])[0, 0]
    assert merged[32, 24] == 1
    assert merged[0, 0] == 0.5
    assert merged[32, 11] == 0.5  # cell 24 - 13 is 26 from the middle of a map of 24 to each side
    assert merged[32, 12] == 1
