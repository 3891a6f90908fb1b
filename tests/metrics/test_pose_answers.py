"""Which poses, boxes and keypoints are right. At distance d a keypoint's term is exp(-d^2/4000)."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from metrics.examples import in_boxes, setting, truth

from hrbench.metrics.calibration import Answers
from hrbench.metrics.crowdpose import CrowdTruth
from hrbench.metrics.inputs import PosesInBoxes
from hrbench.metrics.metric import AnyMetric
from hrbench.metrics.named import oks
from hrbench.metrics.named.crowdpose import CROWDPOSE
from hrbench.metrics.named.oks import OKS
from hrbench.metrics.people import Truth
from hrbench.metrics.pose_answers import breakdown, pose_answers

NEAR, FAR = 50.0, 60.0  # terms of 0.535 and 0.407


def answered(people: Truth, found: PosesInBoxes) -> dict[str, Answers]:
    return pose_answers(oks.matched_poses(people, found, setting(found.scores.shape[1])))


def two_poses() -> PosesInBoxes:
    """One near the person of image 1, and one far from it with higher scores."""
    found = in_boxes(np.array([[[0, 0], [NEAR, 0]], [[900, 900]] * 2]), images=[1, 1])
    return replace(
        found,
        scores=np.array([[0.9, 0.5], [0.8, 1.0]], dtype=np.float32),
        box_scores=np.array([0.6, 0.7]),
    )


def test_a_pose_is_right_where_it_finds_a_person() -> None:
    pose = answered(truth(np.zeros((1, 2, 2))), two_poses())["pose"]
    assert dict(zip(pose.right.tolist(), pose.scores.tolist(), strict=True)) == {
        True: pytest.approx(0.6 * 0.7),
        False: pytest.approx(0.7 * 0.9),
    }


def test_a_box_is_as_right_as_its_pose() -> None:
    box = answered(truth(np.zeros((1, 2, 2))), two_poses())["box"]
    rights = dict(zip(box.right.tolist(), box.scores.tolist(), strict=True))
    assert rights == {True: 0.6, False: 0.7}


@pytest.mark.parametrize(
    ("boxes", "kinds"), [("gt", ["keypoint", "pose"]), ("det", ["keypoint", "box", "pose"])]
)
def test_annotated_boxes_have_no_scores_to_be_calibrated(boxes: str, kinds: list[str]) -> None:
    people, about = truth(np.zeros((1, 2, 2))), setting(2, boxes=boxes)
    groups = breakdown(oks.matched_poses(people, two_poses(), about), about)
    assert list(groups["calibration"]) == kinds
    pose = groups["calibration"]["pose"]
    assert (pose["answers"], pose["right"]) == (2, 50)
    assert pose["ECE"] == pytest.approx((58 + 63) / 2, abs=1e-4)  # 0.42 right, 0.63 wrong


def test_a_keypoint_is_right_where_its_term_is_a_half_and_those_of_wrong_poses_are_none() -> None:
    places = np.full((2, 4, 2), 900.0)
    places[0] = [[NEAR, 0], [0, FAR], [0, 0], [7, 7]]
    found = in_boxes(places, images=[1, 1])
    scores = np.array([[0.5, 0.6, 0.7, 0.8], [0.9] * 4], dtype=np.float32)
    people = truth(np.zeros((1, 4, 2)), visibility=[[2, 1, 2, 0]])
    keypoint = answered(people, replace(found, scores=scores))["keypoint"]
    assert keypoint.scores.tolist() == pytest.approx([0.5, 0.6, 0.7])
    assert keypoint.right.tolist() == [True, False, True]


def test_a_pose_of_a_crowd_is_neither_right_nor_wrong() -> None:
    people = truth(np.zeros((1, 2, 2)), crowd=True)
    found = answered(people, in_boxes(np.zeros((1, 2, 2)), images=[1]))
    assert {kind: len(answers.right) for kind, answers in found.items()} == {
        "keypoint": 0, "box": 0, "pose": 0,
    }  # fmt: skip


def test_answers_have_the_scores_of_their_own_poses_in_whatever_order_these_are() -> None:
    places = np.zeros((3, 1, 2))
    places[2] = 900
    found = replace(
        in_boxes(places, images=[1, 2, 1]),
        scores=np.array([[0.3], [0.5], [0.7]], dtype=np.float32),
        box_scores=np.array([0.6, 0.8, 0.9]),
    )
    answers = answered(truth(np.zeros((2, 1, 2)), images=[1, 2]), found)
    assert sorted(answers["keypoint"].scores.tolist()) == pytest.approx([0.3, 0.5])
    box = answers["box"]
    rights = dict(zip(box.scores.tolist(), box.right.tolist(), strict=True))
    assert rights == {0.6: True, 0.8: True, 0.9: False}


@pytest.mark.parametrize("metric", [OKS, CROWDPOSE], ids=["oks", "crowdpose"])
def test_records_of_poses_have_their_calibration(metric: AnyMetric) -> None:
    people: Any = truth(np.zeros((1, 2, 2)))
    if metric is CROWDPOSE:
        people = CrowdTruth(people, np.array([1]), np.array([0.5]))
    groups = metric.breakdown(metric.compare(people, two_poses(), setting(2, boxes="det")))
    assert groups["calibration"]["box"]["right"] == 50
    assert {"reliability", "reliability_by_mass"} <= set(groups)
