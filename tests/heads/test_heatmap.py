import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hrbench.heads.heatmap import (
    LOSSES,
    GaussianHeatmap,
    Targets,
    cross_entropy,
    flip_back,
    mse,
    ohkm,
)

CPU = torch.device("cpu")
CODEC = GaussianHeatmap(height=16, width=12, stride=4, sigma=1)


def encoded(x: float, y: float, *, seen: bool = True) -> Targets:
    points = torch.tensor([[[x, y]]], dtype=torch.float64)
    return CODEC.encode(points, torch.tensor([[seen]]), CPU)


def test_a_target_peaks_at_one_in_the_nearest_cell() -> None:
    targets = encoded(21, 33)  # 5.25, 8.25 cells
    assert targets.maps[0, 0, 8, 5] == 1
    assert targets.maps[0, 0, 8, 6] == pytest.approx(math.exp(-0.5))
    assert targets.maps[0, 0, 8, 9] == 0  # beyond three sigma
    assert targets.weights.tolist() == [[1]]


def test_an_invisible_keypoint_has_an_empty_map_and_no_weight() -> None:
    targets = encoded(21, 33, seen=False)
    assert targets.maps.sum() == 0
    assert targets.weights.tolist() == [[0]]


@pytest.mark.parametrize(("x", "weight"), [(-21, 1), (-22, 0), (57, 1), (58, 0)])
def test_a_bump_counts_as_long_as_it_reaches_the_map(x: float, weight: float) -> None:
    # Cell -4 (x above -22) still counts although its bump, to cell -1, is cut off whole.
    assert encoded(x, 33).weights.tolist() == [[weight]]


def test_a_position_is_truncated_towards_zero() -> None:
    assert encoded(-5, 33).maps[0, 0, 8, 0] == 1  # -0.75 cells: floor would give -1


def test_decoding_steps_a_quarter_towards_the_higher_neighbour() -> None:
    maps = torch.zeros(1, 1, 16, 12)
    maps[0, 0, 8, 5], maps[0, 0, 8, 6], maps[0, 0, 7, 5] = 1, 0.5, 0.3
    cells, scores = CODEC.decode(maps)
    assert cells.tolist() == [[[5.25, 7.75]]]
    assert scores.tolist() == [[1]]


def test_the_border_takes_no_quarter_step_and_an_empty_map_is_the_corner() -> None:
    maps = torch.zeros(1, 2, 16, 12)
    maps[0, 0, 8, 1], maps[0, 0, 8, 2] = 1, 0.5
    cells, scores = CODEC.decode(maps)
    assert cells.tolist() == [[[1, 8], [0, 0]]]
    assert scores.tolist() == [[1, 0]]


@given(st.floats(12, 34), st.floats(12, 50))
def test_decoding_any_target_is_within_half_a_cell(x: float, y: float) -> None:
    cells, _ = CODEC.decode(encoded(x, y).maps)
    assert (cells[0, 0] * 4 - torch.tensor([x, y])).abs().max() <= 2.0 + 1e-6


def test_squared_error_is_halved_and_weights_enter_squared() -> None:
    targets = Targets(torch.zeros(1, 2, 1, 1), torch.tensor([[1.0, 2.0]]))
    scores = torch.tensor([1.0, 3.0]).view(1, 2, 1, 1)
    assert mse(scores, targets).item() == (1 + 36) / 2 / 2


def test_hard_mining_counts_the_worst_keypoints_of_each_crop() -> None:
    targets = Targets(torch.zeros(1, 3, 1, 1), torch.ones(1, 3))
    scores = torch.tensor([1.0, 2.0, 3.0]).view(1, 3, 1, 1)
    assert ohkm(scores, targets, hardest=2).item() == (4 + 9) / 2 / 2


def test_cross_entropy_of_even_scores_is_the_logarithm_of_the_cells() -> None:
    assert cross_entropy(torch.zeros(1, 1, 16, 12), encoded(21, 33)).item() == pytest.approx(
        math.log(16 * 12)
    )


def test_cross_entropy_without_a_keypoint_is_zero() -> None:
    hidden = encoded(21, 33, seen=False)
    assert cross_entropy(torch.randn(1, 1, 16, 12), hidden).item() == 0


def test_maps_from_logits_give_the_target_back() -> None:
    maps = encoded(21, 33).maps
    logits = torch.log(maps.clamp(min=1e-12))
    assert CODEC.from_logits(logits) == pytest.approx(maps, abs=1e-4)


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_every_loss_falls_when_it_is_followed(name: str) -> None:
    targets = CODEC.encode(torch.full((2, 9, 2), 24.0).double(), torch.ones(2, 9) > 0, CPU)
    scores = torch.zeros(2, 9, 16, 12, requires_grad=True)
    before = LOSSES[name](scores, targets)
    before.backward()
    assert scores.grad is not None
    after = LOSSES[name](scores.detach() - scores.grad, targets)
    assert after < before


def test_a_mirrored_map_comes_back_shifted_by_one_cell() -> None:
    maps = torch.arange(4.0).view(1, 1, 1, 4).repeat(1, 2, 1, 1)
    maps[0, 1] += 10
    order = torch.tensor([1, 0])
    assert flip_back(maps, order, 0)[0, 0, 0].tolist() == [13, 12, 11, 10]
    assert flip_back(maps, order, 1)[0, 0, 0].tolist() == [13, 13, 12, 11]
