import numpy as np
import pytest

from hrbench.arrays import Floats
from hrbench.metrics.nms import SOFT_LIMIT, decay, oks_nms, soft_oks_nms, soft_order


def kept(overlap: Floats, scores: Floats, threshold: float) -> list[int]:
    order, stays = oks_nms(overlap, scores, threshold)
    rows: list[int] = order[stays].tolist()
    return rows


TWINS = np.array([[1.0, 0.95, 0.0], [0.95, 1.0, 0.0], [0.0, 0.0, 1.0]])


def test_of_two_poses_that_overlap_the_better_stays() -> None:
    assert kept(TWINS, np.array([0.5, 0.8, 0.6]), 0.9) == [1, 2]


def test_an_overlap_of_exactly_the_threshold_is_kept() -> None:
    assert kept(TWINS, np.array([0.5, 0.8, 0.6]), 0.95) == [1, 2, 0]


def test_a_dropped_pose_drops_nobody() -> None:
    chain = np.array([[1.0, 0.95, 0.1], [0.95, 1.0, 0.95], [0.1, 0.95, 1.0]])
    assert kept(chain, np.array([0.9, 0.8, 0.7]), 0.9) == [0, 2]


def test_of_equal_scores_the_later_pose_comes_first() -> None:
    assert kept(np.eye(30), np.full(30, 0.5), 0.9) == list(range(29, -1, -1))


def test_no_pose_keeps_no_pose() -> None:
    nothing = np.zeros((0, 0)), np.zeros(0)
    assert kept(*nothing, 0.9) == soft_oks_nms(*nothing, 0.9)[0].tolist() == []


def test_soft_suppression_puts_the_twin_last_and_drops_nobody() -> None:
    kept, lowered = soft_order(TWINS, np.array([0.7, 0.8, 0.6]), 0.9)
    assert kept.tolist() == [1, 2, 0]
    assert lowered == pytest.approx([0.8, 0.6, 0.7 * np.exp(-(0.95**2) / 0.9)])


def test_soft_suppression_keeps_twenty() -> None:
    scores = np.linspace(0.1, 0.9, 25)
    assert soft_oks_nms(np.eye(25), scores, 0.9)[0].tolist() == list(range(24, 24 - SOFT_LIMIT, -1))


def test_images_that_are_done_together_keep_what_each_keeps_by_itself() -> None:
    rng = np.random.default_rng(0)
    overlap = rng.random((6, 24, 24)).round(1)
    overlap = np.maximum(overlap, overlap.swapaxes(1, 2))
    scores = rng.random((6, 24)).round(1)  # with many ties
    order, stays = oks_nms(overlap, scores, 0.85)
    soft, lowered = soft_order(overlap, scores, 0.5)
    for image in range(6):
        alone = soft_order(overlap[image], scores[image], 0.5)
        assert order[image][stays[image]].tolist() == kept(overlap[image], scores[image], 0.85)
        assert (soft[image].tolist(), lowered[image].tolist()) == tuple(a.tolist() for a in alone)


def test_lowering_scores_leaves_those_given_as_they_were() -> None:
    scores = np.array([0.5, 0.4])
    assert decay(scores, np.array([0.0, 1.0]), 1.0) == pytest.approx([0.5, 0.4 / np.e])
    assert scores.tolist() == [0.5, 0.4]
