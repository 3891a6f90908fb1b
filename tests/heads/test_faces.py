import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from hrbench.heads.faces import OfficialFaceHeatmap, find_peaks

CPU = torch.device("cpu")
WHOLE = OfficialFaceHeatmap(height=16, width=24, stride=4, sigma=1)
HALF = OfficialFaceHeatmap(height=16, width=24, stride=4, sigma=1.5)


def drawn(codec: OfficialFaceHeatmap, x: int, y: int, *, seen: bool = True) -> Tensor:
    """The map of a point in a whole cell."""
    points = torch.tensor([[[4.0 * x, 4.0 * y]]], dtype=torch.float64)
    targets = codec.encode(points, torch.tensor([[seen]]), CPU)
    assert targets.weights.item() == (targets.maps.sum() > 0)
    return targets.maps[0, 0]


def test_a_bump_of_a_whole_sigma_peaks_at_its_point_and_ends_at_three_sigma() -> None:
    bump = drawn(WHOLE, 10, 8)
    assert bump[8, 10] == 1
    assert bump[8, 13] == pytest.approx(math.exp(-4.5))
    assert bump[8, 14] == 0
    assert (bump > 0).sum() == 7 * 7


def test_a_bump_of_one_and_a_half_has_ten_cells_from_five_before_its_point() -> None:
    bump = drawn(HALF, 10, 8)
    assert bump[8, 10] == 1
    assert bump[8].nonzero().flatten().tolist() == list(range(5, 15))
    assert bump[8, 5] == pytest.approx(math.exp(-25 / 4.5))


def test_near_the_left_border_a_bump_of_one_and_a_half_is_a_cell_too_far_right() -> None:
    bump = drawn(HALF, 2, 8)  # its corner, -2.5, is truncated to -2
    assert bump[8].argmax() == 3
    assert bump[8].nonzero().flatten().tolist() == list(range(7))  # and its end, 7.5, to 7


def test_an_invisible_point_has_an_empty_map() -> None:
    assert drawn(WHOLE, 10, 8, seen=False).sum() == 0


def test_a_point_far_outside_has_an_empty_map() -> None:
    assert drawn(WHOLE, 27, 8).sum() == 0
    assert drawn(WHOLE, 26, 8).sum() > 0


def test_student_bumps_peak_at_one_over_sigma_squared() -> None:
    codec = OfficialFaceHeatmap(16, 24, 4, sigma=2, kernel="student")
    assert drawn(codec, 10, 8)[8, 10] == pytest.approx(2 / 4**1.5)


def test_decoding_adds_a_quarter_towards_the_higher_neighbour_and_half_a_cell() -> None:
    maps = torch.zeros(1, 1, 16, 24)
    maps[0, 0, 8, 10], maps[0, 0, 8, 11], maps[0, 0, 7, 10] = 1, 0.5, 0.3
    cells, scores = WHOLE.decode(maps)
    assert cells.tolist() == [[[10.75, 8.25]]]
    assert cells.dtype == torch.float32
    assert scores.tolist() == [[1]]


@pytest.mark.parametrize(("x", "decoded"), [(0, 0.5), (1, 1.25), (22, 22.25), (23, 23.5)])
def test_only_the_outermost_cells_take_no_quarter_step(x: int, decoded: float) -> None:
    maps = torch.zeros(1, 1, 16, 24)
    maps[0, 0, 8, x], maps[0, 0, 8, max(x - 1, 0)] = 0.5, 0.5
    maps[0, 0, 8, x] = 1
    assert WHOLE.decode(maps)[0][0, 0, 0] == decoded


def test_a_map_without_a_positive_value_decodes_to_half_a_cell_outside() -> None:
    maps = torch.stack([torch.zeros(16, 24), torch.full((16, 24), -1.0)])[None]
    cells, scores = WHOLE.decode(maps)
    assert cells.tolist() == [[[-0.5, -0.5], [-0.5, -0.5]]]
    assert scores.tolist() == [[0, -1]]
    assert find_peaks(maps)[0].tolist() == [[[-1, -1], [-1, -1]]]


def test_maps_from_logits_give_the_target_back() -> None:
    target = drawn(HALF, 10, 8)[None, None]
    logits = torch.log(target.clamp(min=1e-12))
    assert HALF.from_logits(logits) == pytest.approx(target, abs=1e-4)


@given(st.integers(1, 22), st.integers(1, 14))
def test_decoding_any_target_gives_its_cell_and_a_half(x: int, y: int) -> None:
    cells, _ = WHOLE.decode(drawn(WHOLE, x, y)[None, None])
    assert (cells[0, 0] - torch.tensor([x + 0.5, y + 0.5])).abs().max() <= 0.25
