"""Whose scores each metric takes for answers, and what of them is right."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from metrics.examples import in_boxes, setting, truth

from hrbench.metrics.inputs import ClassSetting, PosesInBoxes, RankedClasses
from hrbench.metrics.named.accuracy import ACCURACY
from hrbench.metrics.named.nme import NME
from hrbench.metrics.named.pckh import PCKH
from hrbench.metrics.named.pixels import PIXELS
from hrbench.metrics.nme import FaceTruth
from hrbench.metrics.pckh import KEYPOINTS, HeadTruth


def scored(found: PosesInBoxes, *scores: list[float]) -> PosesInBoxes:
    return replace(found, scores=np.array(scores, dtype=np.float32))


def calibration(groups: Any, kind: str = "keypoint") -> dict[str, float]:
    row: dict[str, float] = groups["calibration"][kind]
    return row


def test_a_first_answer_is_as_sure_as_its_probability_and_right_if_it_is_the_class() -> None:
    labels = np.array([[0, 1, 2], [1, 0, 2], [2, 1, 0]])
    scores = np.array([[0.9, 0.1, 0], [0.7, 0.2, 0.1], [0.5, 0.3, 0.2]], dtype=np.float32)
    about = ClassSetting(("ant", "bee", "cat"))
    groups = ACCURACY.breakdown(
        ACCURACY.compare(np.array([0, 0, 2]), RankedClasses(labels, scores), about)
    )
    row = calibration(groups, "top-1")
    assert (row["answers"], row["score"], row["right"]) == pytest.approx((3, 70, 200 / 3))
    assert row["ECE"] == pytest.approx((10 + 70 + 50) / 3, abs=1e-5)
    assert list(groups["mistake"]) == ["ant for bee"]


def test_a_point_of_a_face_is_right_within_8_per_cent_of_the_normaliser() -> None:
    points = np.zeros((2, 2, 2))
    sizes = {"inter-ocular": np.array([100.0, 0.0])}  # the second face has no size
    found = points.copy()
    found[0, :, 0] = 8, 8.01
    about = setting(2, normaliser="inter-ocular")
    answers = scored(in_boxes(found), [0.9, 0.6], [0.5, 0.5])
    row = calibration(
        NME.breakdown(NME.compare(FaceTruth(np.arange(2), points, sizes), answers, about))
    )
    assert (row["answers"], row["right"]) == (2, 50)
    assert row["ECE"] == pytest.approx((10 + 60) / 2, abs=1e-5)


def test_a_keypoint_is_right_within_half_a_head_and_pelvis_and_thorax_are_none() -> None:
    places = np.full((1, len(KEYPOINTS), 2), 50.0)
    missing = np.zeros((1, len(KEYPOINTS)), dtype=np.bool_)
    missing[0, KEYPOINTS.index("left_wrist")] = True
    found = places - 1
    found[0, [0, 1], 0] += 10, 10.5
    heads = HeadTruth(places, missing, np.array([20.0]))
    row = calibration(PCKH.breakdown(PCKH.compare(heads, in_boxes(found), setting(len(KEYPOINTS)))))
    assert row["answers"] == len(KEYPOINTS) - 3
    assert row["right"] == pytest.approx(100 * 12 / 13)
    assert row["ECE"] == pytest.approx(100 / 13)  # all scores are 1


def test_a_keypoint_of_an_object_is_right_within_a_tenth_of_its_size() -> None:
    people = truth([[[0, 0], [30, 0], [9, 9]]], visibility=[[2, 1, 0]])
    size = (40 * 50) ** 0.5  # of the box
    found = in_boxes([[[0, 0.09 * size], [30, 0.11 * size], [0, 0]]])
    about = setting(3, complete=False)
    row = calibration(PIXELS.breakdown(PIXELS.compare(people, found, about)))
    assert (row["answers"], row["right"], row["ECE"]) == (2, 50, 50)
