"""Persons whose heads are 10 pixels: all keypoints of each are so many pixels off."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from hrbench.metrics.bootstrap import intervals
from hrbench.metrics.head_outcomes import HeadOutcomes, observed
from hrbench.metrics.pckh import IN_MEAN, KEYPOINTS, HeadTruth

WRIST = [KEYPOINTS.index(f"{side}_wrist") for side in ("left", "right")]


def outcomes(
    *pixels: float, images: NDArray[np.int64], missing: NDArray[np.bool_] | None = None
) -> HeadOutcomes:
    count = len(pixels)
    places = np.full((count, 16, 2), 101.0)
    absent = np.zeros((count, 16), np.bool_) if missing is None else missing
    off = np.zeros_like(places)
    off[..., 0] = np.reshape(pixels, (-1, 1))
    return observed(HeadTruth(places, absent, np.full(count, 10.0)), places - 1 + off, images)


def test_a_keypoint_counts_as_often_as_its_image_is_drawn() -> None:
    counts = np.array([[1, 1], [3, 1]])
    figures = outcomes(1, 0.5, 6, images=np.array([3, 3, 9])).figures(counts)
    assert figures["PCKh@0.5"] == pytest.approx([200 / 3, 600 / 7])
    assert figures["PCKh@0.5:wrist"] == pytest.approx([200 / 3, 600 / 7])
    assert figures["PCKh@0.1"] == pytest.approx([200 / 3, 600 / 7])
    assert figures["median_error_px"].tolist() == [1, 1]
    assert figures["keypoint/pelvis/median_error_share"] == pytest.approx([10, 10])


def test_keypoints_weigh_what_they_are_labelled_among_the_drawn() -> None:
    missing = np.zeros((2, 16), np.bool_)
    missing[1, np.flatnonzero(IN_MEAN)[1:]] = True  # but for one keypoint
    figures = outcomes(1, 6, images=np.arange(2), missing=missing).figures(
        np.array([[1, 1], [1, 3]])
    )
    assert figures["PCKh@0.5"] == pytest.approx([100 * 14 / 15, 100 * 14 / 17])


def test_a_part_is_the_plain_mean_of_its_sides_and_needs_both() -> None:
    missing = np.zeros((2, 16), np.bool_)
    missing[1, WRIST[0]] = True
    figures = outcomes(1, 6, images=np.arange(2), missing=missing).figures(
        np.array([[1, 1], [0, 1]])
    )
    assert figures["PCKh@0.5:wrist"][0] == (100 + 50) / 2
    assert math.isnan(figures["PCKh@0.5:wrist"][1])
    assert figures["PCKh@0.5"][1] == 0  # a draw without a wrist still has a mean


def test_a_keypoint_that_nobody_has_leaves_no_mean() -> None:
    missing = np.zeros((2, 16), np.bool_)
    missing[:, WRIST[0]] = True
    once = outcomes(1, 6, images=np.arange(2), missing=missing).once()
    assert math.isnan(once["PCKh@0.5"])
    assert once["PCKh@0.5:hip"] == 50


def test_persons_of_one_image_that_are_off_alike_widen_the_interval() -> None:
    off = np.repeat(np.random.default_rng(0).choice([1.0, 6.0], 60, p=[0.7, 0.3]), 3).tolist()
    (low, high), (lower, higher) = (
        intervals(outcomes(*off, images=images), 5_000)["PCKh@0.5"]
        for images in (np.arange(180), np.arange(180) // 3)
    )
    assert (higher - lower) / (high - low) == pytest.approx(math.sqrt(3), rel=0.1)
