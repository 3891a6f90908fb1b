import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from hrbench.heads.codecs import UnbiasedHeatmap
from hrbench.heads.decoding import DECODERS
from hrbench.heads.peaks import from_patches, patches, reach

SIZE = (48, 64)


def drawn(seed: int, sigma: float) -> Tensor:
    """Return (2, 17, 64, 48) maps as of a network: a peak anywhere, two lower ones, noise."""
    generator = torch.Generator().manual_seed(seed)
    codec = UnbiasedHeatmap(64, 48, 4, sigma)
    share = torch.rand(2, 17, 3, 2, generator=generator, dtype=torch.float64)
    points = share * torch.tensor([191, 255])
    points[:, :, 1:] += 40  # the lower ones may be cut off
    bumps = codec.encode(points.flatten(1, 2), torch.ones(2, 51) > 0, torch.device("cpu")).maps
    heights = torch.tensor([0.9, 0.5, 0.2]).repeat(17)[:, None, None]
    noise = torch.randn(2, 17, 64, 48, generator=generator)
    maps: Tensor = (bumps * heights).unflatten(1, (17, 3)).sum(2) + 0.003 * noise
    return maps


def test_the_reach_is_that_of_the_blur_and_of_the_derivatives() -> None:
    assert (reach(2), reach(3)) == (7, 10)


def test_a_patch_is_around_the_maximum_and_zero_outside_of_the_map() -> None:
    maps = torch.ones(1, 1, 64, 48)
    maps[0, 0, 3, 46] = 2
    values, corners = patches(maps, 2)
    assert values.shape == (1, 1, 15, 15)
    assert corners.tolist() == [[[39, -4]]]
    assert corners.dtype == torch.int16
    assert values[0, 0, 7, 7] == 2
    assert values[0, 0, 3].tolist() == [0] * 15  # the row above the map
    assert values[0, 0, 7].tolist() == [1] * 7 + [2, 1] + [0] * 6


@pytest.mark.parametrize("sigma", [2, 3])
@given(st.integers(0, 10_000))
def test_patches_decode_as_their_maps(sigma: float, seed: int) -> None:
    maps = drawn(seed, sigma)
    kept = from_patches(*patches(maps, sigma), SIZE)
    for name, decode in DECODERS.items():
        cells, scores = decode(maps, sigma)
        decoded, same = decode(kept, sigma)
        assert torch.equal(scores, same)
        assert (cells - decoded).abs().max() <= (0 if name == "quarter" else 1e-5)


@pytest.mark.parametrize("sigma", [2, 3])
def test_patches_at_every_border_decode_as_their_maps(sigma: float) -> None:
    codec = UnbiasedHeatmap(64, 48, 4, sigma)
    x, y = (torch.linspace(0, edge, 12, dtype=torch.float64) for edge in (191, 255))
    points = torch.cartesian_prod(x, y)[None]
    maps = codec.encode(points, torch.ones(points.shape[:2]) > 0, torch.device("cpu")).maps
    kept = from_patches(*patches(maps, sigma), SIZE)
    for decode in DECODERS.values():
        assert (decode(maps, sigma)[0] - decode(kept, sigma)[0]).abs().max() <= 1e-5


def test_a_map_with_no_positive_value_keeps_its_score() -> None:
    maps = torch.stack((torch.full((64, 48), -0.25), torch.zeros(64, 48)))[None]
    maps[0, 0, 5, 40] = -0.125
    kept = from_patches(*patches(maps, 2), SIZE)
    for decode in DECODERS.values():
        cells, scores = decode(kept, 2)
        assert scores.tolist() == [[-0.125, 0]]
        assert cells.tolist() == [[[0, 0], [0, 0]]]


def test_patches_are_exact_where_they_were_cut() -> None:
    maps = drawn(1, 2)
    values, corners = patches(maps, 2)
    again, same = patches(from_patches(values, corners, SIZE), 2)
    assert torch.equal(values, again)
    assert torch.equal(corners, same)
