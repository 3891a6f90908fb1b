import math

import pytest
import torch

from hrbench.heads.codecs import GaussianHeatmap
from hrbench.heads.heatmap import (
    LOSSES,
    HeatmapHead,
    Targets,
    cross_entropy,
    flip_back,
    mse,
    ohkm,
    plain_mse,
)

CPU = torch.device("cpu")
CODEC = GaussianHeatmap(height=16, width=12, stride=4, sigma=1)


def encoded(x: float, y: float, *, seen: bool = True) -> Targets:
    points = torch.tensor([[[x, y]]], dtype=torch.float64)
    return CODEC.encode(points, torch.tensor([[seen]]), CPU)


def test_a_head_of_one_branch_is_one_convolution() -> None:
    head = HeatmapHead((8,), num_keypoints=3)
    assert sorted(head.state_dict()) == ["score.bias", "score.weight"]
    features = [torch.randn(2, 8, 6, 4), torch.randn(2, 16, 3, 2)]
    assert torch.equal(head(features), head.score(features[0]))


def test_a_head_of_several_branches_mixes_them_at_the_finest() -> None:
    head = HeatmapHead((1, 2), num_keypoints=3)
    names = {name.rsplit(".", 1)[0] for name in head.state_dict()}
    assert names == {"mix.0", "mix.1", "score"}
    assert head.score.weight.shape == (3, 3, 1, 1)
    assert head([torch.randn(2, 1, 5, 4), torch.randn(2, 2, 3, 2)]).shape == (2, 3, 5, 4)


def test_a_coarser_branch_is_enlarged_between_the_middles_of_its_cells() -> None:
    head = HeatmapHead((1, 1), num_keypoints=1).eval()
    passing = {  # the coarser branch, unchanged
        "mix.0.weight": torch.tensor([[0.0, 0], [0, 1]]).view(2, 2, 1, 1),
        "mix.0.bias": torch.zeros(2),
        "score.weight": torch.tensor([0.0, 1]).view(1, 2, 1, 1),
        "score.bias": torch.zeros(1),
    }
    head.load_state_dict(head.state_dict() | passing)
    maps = head([torch.zeros(1, 1, 1, 4), torch.tensor([0.0, 4]).view(1, 1, 1, 2)])
    assert maps.flatten().tolist() == pytest.approx([0, 1, 3, 4], rel=1e-4)


def test_squared_error_is_halved_and_weights_enter_squared() -> None:
    targets = Targets(torch.zeros(1, 2, 1, 1), torch.tensor([[1.0, 2.0]]))
    scores = torch.tensor([1.0, 3.0]).view(1, 2, 1, 1)
    assert mse(scores, targets).item() == (1 + 36) / 2 / 2


def test_the_plain_squared_error_is_neither_halved_nor_weighted() -> None:
    targets = Targets(torch.zeros(1, 2, 1, 1), torch.tensor([[0.0, 2.0]]))
    scores = torch.tensor([1.0, 3.0]).view(1, 2, 1, 1)
    assert plain_mse(scores, targets).item() == (1 + 9) / 2


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


def test_a_keypoint_without_weight_is_no_part_of_the_cross_entropy() -> None:
    maps = encoded(21, 33).maps.repeat(1, 2, 1, 1)
    scores = torch.zeros(1, 2, 16, 12)
    scores[0, 1, 0, 0] = 9
    loss = cross_entropy(scores, Targets(maps, torch.tensor([[1.0, 0.0]])))
    assert loss.item() == pytest.approx(math.log(16 * 12))


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
