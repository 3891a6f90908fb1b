"""SimCC's head and codec, against the paper's formulas in plain NumPy."""

import math

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.special import log_softmax, rel_entr
from specs import landmark_task
from torch import Tensor

from hrbench import network
from hrbench.errors import SpecError
from hrbench.heads.heatmap import Targets
from hrbench.heads.simcc import SimccHead, SimccVectors

CPU = torch.device("cpu")
WIDTH, HEIGHT, SIGMA = 12, 16, 2.0  # of a crop in pixels; of a bump in bins
CODEC = SimccVectors(2 * HEIGHT, 2 * WIDTH, 0.5, SIGMA)


def encoded(*points: tuple[float, float]) -> Targets:
    keypoints = torch.tensor([points], dtype=torch.float64)
    return CODEC.encode(keypoints, torch.ones(1, len(points), dtype=torch.bool), CPU)


def bump(place: float, bins: int) -> NDArray[np.float64]:
    """Equation 2 of the paper: a normal density around a place, in bins."""
    steps = (np.arange(bins) - place) / SIGMA
    return np.exp(-(steps**2) / 2) / (SIGMA * math.sqrt(2 * math.pi))


def logits(targets: Targets) -> Tensor:
    """What a network answers whose softmax is the target."""
    return targets.maps.clamp(min=1e-12).log()


def test_a_target_is_a_density_over_columns_and_one_over_rows() -> None:
    maps = encoded((4.25, 9.0)).maps[0, 0].numpy()
    expected = np.concatenate([bump(8.5, 2 * WIDTH), bump(18, 2 * HEIGHT)])
    np.testing.assert_allclose(maps, expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(
    ("x", "counts"),
    # Three sigma are 6 pixels here; the official ends are truncated, so one more to the left.
    [(5.0, True), (WIDTH + 5.9, True), (WIDTH + 6.0, False), (-7.9, True), (-8.0, False)],
)
def test_a_keypoint_far_outside_does_not_count(x: float, counts: bool) -> None:
    targets = encoded((x, 8.0))
    assert targets.weights.tolist() == [[float(counts)]]
    assert bool(targets.maps.any()) == counts


def test_the_loss_is_the_divergence_of_both_axes_over_their_bins() -> None:
    targets = encoded((4.25, 9.0), (7.0, 3.5))
    targets.weights[0, 1] = 0.5
    scores = torch.randn(1, 2, 2 * (WIDTH + HEIGHT), generator=torch.Generator().manual_seed(0))
    expected = 0.0
    for k, weight in enumerate((1.0, 0.5)):
        for axis in (slice(0, 2 * WIDTH), slice(2 * WIDTH, None)):
            wanted = targets.maps[0, k, axis].double().numpy()
            given = np.exp(log_softmax(scores[0, k, axis].double().numpy()))
            expected += weight * rel_entr(wanted, given).mean() / 2  # of two keypoints
    assert CODEC.divergence(scores, targets).item() == pytest.approx(expected, rel=1e-5)


def test_a_perfect_answer_is_decoded_to_its_bin_with_a_score_of_1() -> None:
    cells, scores = CODEC.decode(logits(encoded((4.5, 9.0))))
    assert CODEC.crop_pixels(cells).tolist() == [[[4.5, 9.0]]]
    assert scores.item() == pytest.approx(1, abs=1e-4)


def test_the_score_is_that_of_the_less_sure_axis() -> None:
    answer = logits(encoded((4.5, 9.0)))
    answer[..., 2 * WIDTH :] = 0  # all rows alike
    _, scores = CODEC.decode(answer)
    assert scores.item() == pytest.approx(SIGMA * math.sqrt(2 * math.pi) / (2 * HEIGHT))


def test_a_mirrored_crops_answer_is_turned_round_and_moved_by_a_bin() -> None:
    """A pixel is two bins, so that the middle of a mirror lies between two of them."""
    order = torch.tensor([1, 0])
    mirrored = encoded((WIDTH - 1 - 7.0, 3.5), (WIDTH - 1 - 4.25, 9.0))  # the pair exchanged
    back = CODEC.flip_back(mirrored.maps, order, 1)
    expected = encoded((4.25, 9.0), (7.0, 3.5)).maps
    last = 2 * WIDTH - 1  # which keeps its value
    torch.testing.assert_close(back[..., :last], expected[..., :last])
    torch.testing.assert_close(back[..., last + 1 :], expected[..., last + 1 :])
    unmoved = CODEC.flip_back(mirrored.maps, order, 0)
    torch.testing.assert_close(unmoved[..., 1 : last + 1], expected[..., :last])


def test_two_bins_as_likely_are_tied() -> None:
    answer = logits(encoded((4.5, 9.0), (4.75, 9.0)))  # the second lies between two bins
    assert CODEC.tied(answer, 0.1).tolist() == [[False, True]]


def test_a_drawn_target_is_brightest_at_its_keypoints() -> None:
    drawn = CODEC.drawn(encoded((4.5, 9.0), (7.0, 3.5)))[0]
    assert drawn.shape == (2 * HEIGHT, 2 * WIDTH)
    assert drawn[18, 9].item() == pytest.approx(1)
    assert drawn[7, 14].item() == pytest.approx(1)
    assert drawn[18, 14].item() < 0.1


def test_the_head_has_the_official_layers() -> None:
    with torch.device("meta"):
        head = SimccHead(32, (64, 48), (384, 512), 17)
    assert {name: tuple(t.shape) for name, t in head.state_dict().items()} == {
        "score.weight": (17, 32, 1, 1),
        "score.bias": (17,),
        "mlp_head_x.weight": (384, 64 * 48),
        "mlp_head_x.bias": (384,),
        "mlp_head_y.weight": (512, 64 * 48),
        "mlp_head_y.bias": (512,),
    }


@pytest.mark.parametrize("backbone", ["hrnet-w8", "resnet-10-w16"])
def test_it_goes_with_a_backbone_of_any_stride(backbone: str) -> None:
    spec = landmark_task("coco-pose@tiny-simcc", [f"model.backbone={backbone}"])
    built = network.build(spec.model, 17, seed=0)
    images = torch.zeros(1, 128, 96, 3, dtype=torch.uint8)
    assert built(images).shape == (1, 17, 2 * (96 + 128))
    assert network.codec(spec).size == (2 * 96, 2 * 128)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (("model.head=heatmap",), "belong together; model.head says otherwise"),
        (("recipe.loss=mse",), "belong together; recipe.loss says otherwise"),
        (("model.codec=dark",), "model.codec and protocol.decoder says otherwise"),
        (("protocol.scales=[0.8, 1.0]",), "protocol.scales not set"),
        (("model.branches=4",), "model.branches must be 1"),
    ],
)
def test_what_only_heatmaps_have_is_refused(keys: tuple[str, ...], words: str) -> None:
    with pytest.raises(SpecError, match=words):
        landmark_task("coco-pose@tiny-simcc", keys)
