"""Which maps' positions hang on rounding."""

import pytest
import torch
from torch import Tensor

from hrbench.heads.decoding import dark, quarter, udp
from hrbench.heads.ties import ROUNDING, sensitivity, tied

LIMIT = 1e-3 / 4  # cells


def bump(x: float = 7.0, y: float = 6.0, height: float = 1.0) -> Tensor:
    """A Gaussian of sigma 2 on 12 x 16 cells."""
    across = torch.arange(16.0) - x
    down = torch.arange(12.0) - y
    squared = across**2 + down[:, None] ** 2
    return height * torch.exp(-squared / 8)[None, None]


def is_tied(maps: Tensor, decoder: str = "quarter") -> bool:
    return bool(tied(maps, decoder, 2.0, LIMIT).item())


@pytest.mark.parametrize("decoder", ["quarter", "dark", "udp"])
def test_a_bump_between_cells_is_not_tied(decoder: str) -> None:
    assert not is_tied(bump(7.3, 5.8), decoder)
    assert not is_tied(bump(7.3, 5.8, height=1e-6), decoder)  # rounding is relative


@pytest.mark.parametrize("decoder", ["quarter", "dark", "udp"])
@pytest.mark.parametrize(("share", "expected"), [(0.5, True), (3.0, False)])
def test_two_cells_as_high_within_rounding_are_tied(
    decoder: str, share: float, expected: bool
) -> None:
    maps = bump(3.3, 5.8) + bump(11.3, 5.8)
    maps[..., 6, 11] = maps[..., 6, 3] * (1 + share * ROUNDING)
    assert is_tied(maps, decoder) is expected


def test_neighbours_as_high_as_each_other_are_tied_for_the_quarter_step_alone() -> None:
    assert is_tied(bump(7.0, 5.8))
    assert is_tied(bump(7.3, 6.0))
    assert not is_tied(bump(7.0, 6.0), "dark")


def test_a_map_that_is_empty_or_hardly_positive_is_tied() -> None:
    assert is_tied(torch.zeros(1, 1, 12, 16))
    low = bump(7.3, 5.8) - 1
    low = low - low.max() + 1e-6  # its highest cell could as well be negative
    assert is_tied(low)


def test_a_flat_peak_moves_the_newton_step_and_a_sharp_one_does_not() -> None:
    flat = 1 + 1e-4 * bump(7.3, 5.8)
    for name, decoder in (("dark", dark), ("udp", udp)):
        assert sensitivity(bump(7.3, 5.8), decoder, 2.0).item() < 10
        assert sensitivity(flat, decoder, 2.0).item() > 1000
        assert is_tied(flat, name)


def test_the_sensitivity_is_how_far_a_position_moves() -> None:
    """One cell's error moves it by no more, and a cell beside the peak by much of it."""
    maps, error = bump(7.3, 5.8), 1e-4
    limit = sensitivity(maps, dark, 2.0).item() * error
    moved = []
    for x in range(5, 10):
        other = maps.clone()
        other[..., 6, x] += error
        moved.append((dark(other, 2.0)[0] - dark(maps, 2.0)[0]).abs().max().item())
    assert 0.2 * limit < max(moved) < 1.05 * limit


def test_ties_are_told_map_by_map() -> None:
    maps = torch.cat((bump(7.3, 5.8), torch.zeros(1, 1, 12, 16)), dim=1)
    assert tied(maps, "quarter", 2.0, LIMIT).tolist() == [[False, True]]
    assert quarter(maps, 2.0)[0][0, 0].tolist() == [7.25, 5.75]
