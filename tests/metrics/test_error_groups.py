"""Figures of parts of the people: by hand, and those of AP as pycocotools has them."""

import contextlib
import io
import math
from dataclasses import replace

import numpy as np
import pytest
from metrics import crowds
from metrics.examples import annotations, in_boxes, results, setting, sigmas, truth

from hrbench.metrics import error_groups
from hrbench.metrics.crowdpose import CrowdTruth
from hrbench.metrics.error_groups import (
    Diagnosis,
    diagnose,
    groups,
    parts_by_body_size,
    parts_by_labelled,
    parts_by_overlap,
)
from hrbench.metrics.named.crowdpose import CROWDPOSE
from hrbench.metrics.reference import pycocotools_evaluation, pycocotools_figures

PERSON = [[0, 0], [1000, 0]]
FAR = [[9000, 9000], [9500, 9000]]


@pytest.fixture(scope="module")
def crowd() -> Diagnosis:
    return diagnose(*crowds.crowd(), crowds.SIGMAS, crowds.PAIRS)


def test_the_kinds_are_counted_with_what_they_cost() -> None:
    people = truth([PERSON, FAR, FAR], images=[1, 1, 2], visibility=[[2, 1], [2, 2], [2, 0]])
    poses = results([[PERSON[0], [5000, 0]], FAR, FAR], [0.9, 0.8, 0.7], images=[1, 1, 3])
    found = groups(diagnose(people, poses, sigmas(2), [(0, 1)]), ["left", "right"])
    counts = {kind: (row.get("count"), row.get("share")) for kind, row in found["error"].items()}
    assert counts == {
        "good": (3, 75),
        "miss": (1, 25),
        "swap": (0, 0),
        "inversion": (0, 0),
        "jitter": (0, 0),
        "score": (None, None),
        "false positive": (1, 100 / 3),
        "missed person": (1, 100 / 3),
    }
    assert "AP_cost" not in found["error"]["good"]
    assert found["error"]["miss"]["AP_after"] > found["error"]["miss"]["AP_cost"] > 0
    assert found["keypoint_error"]["left"]["good"] == 100
    assert found["keypoint_error"]["right"]["miss"] == 50
    assert found["visibility"]["hidden"]["miss"] == 100
    assert found["visibility"]["visible"] == {
        "keypoints": 3, "good": 100, "jitter": 0, "inversion": 0, "swap": 0, "miss": 0
    }  # fmt: skip
    labelled = found["labelled"]["1-2"]
    assert (labelled["people"], labelled["missed"]) == (3, 100 / 3)


def test_without_anybody_there_are_no_shares() -> None:
    nobody = truth(np.zeros((0, 2, 2)))
    found = groups(diagnose(nobody, results(np.zeros((0, 2, 2)), []), sigmas(2), []), ["a", "b"])
    assert found["error"]["miss"]["count"] == 0
    assert math.isnan(found["error"]["miss"]["share"])
    assert math.isnan(found["body_size"]["32-64 px"]["AP"])


def test_people_fall_into_one_part_of_each_kind(crowd: Diagnosis) -> None:
    of_people = (crowd.truth, crowd.results)
    for parts in (parts_by_body_size, parts_by_overlap, parts_by_labelled):
        members = np.array([part.people for part in parts(*of_people).values()])
        assert (members.sum(axis=0)[crowd.wanted] == 1).all()


def test_sides_are_roots_of_areas_and_of_what_poses_span() -> None:
    people = truth(np.zeros((5, 2, 2)), areas=np.square([31.9, 32, 64, 96, 128]))
    poses = results([[[0, 0], [30, 30]], [[0, 0], [200, 200]]], [1, 1])
    parts = parts_by_body_size(people, poses)
    assert list(parts) == ["under 32 px", "32-64 px", "64-96 px", "96-128 px", "from 128 px"]
    assert np.array([part.people for part in parts.values()]).tolist() == np.eye(5).tolist()
    assert parts["under 32 px"].poses.tolist() == [True, False]
    assert parts["from 128 px"].poses.tolist() == [False, True]


@pytest.mark.parametrize(
    ("keypoints", "rows"),
    [
        (1, ["1"]),
        (5, ["1-5"]),
        (14, ["1-5", "6-10", "11-14"]),
        (17, ["1-5", "6-10", "11-15", "16-17"]),
        (68, ["1-17", "18-34", "35-51", "52-68"]),
    ],
)
def test_there_are_four_rows_of_labelled_keypoints_at_most(keypoints: int, rows: list[str]) -> None:
    poses = results(np.zeros((1, keypoints, 2)), [1])
    assert list(parts_by_labelled(truth(np.zeros((1, keypoints, 2))), poses)) == rows


@pytest.mark.parametrize("kind", ["overlap", "labelled"])
def test_ap_of_a_part_is_cocos_where_the_others_need_not_be_found(
    crowd: Diagnosis, kind: str
) -> None:
    parts = error_groups.PARTS[kind](crowd.truth, crowd.results)
    for name, row in error_groups.by_part(crowd, parts).items():
        others = ~parts[name].people
        only = replace(crowd.truth, num_keypoints=np.where(others, 0, crowd.truth.num_keypoints))
        official = pycocotools_figures(annotations(only), crowd.results, crowds.SIGMAS)
        assert row["AP"] == pytest.approx(official["AP"], nan_ok=True)


def test_ap_of_a_size_is_cocos_in_that_range_of_areas(crowd: Diagnosis) -> None:
    parts = parts_by_body_size(crowd.truth, crowd.results)
    rows = error_groups.by_part(crowd, parts)
    evaluation = pycocotools_evaluation(annotations(crowd.truth), crowd.results, crowds.SIGMAS)
    for name, low, high in (("32-64 px", 32, 64), ("from 128 px", 128, 1e5)):
        evaluation.params.areaRng = [[low**2, high**2]]
        evaluation.params.areaRngLbl = ["all"]
        with contextlib.redirect_stdout(io.StringIO()):
            evaluation.evaluate()
            evaluation.accumulate()
        assert rows[name]["AP"] == pytest.approx(100 * evaluation.eval["precision"].mean())


def test_a_level_of_crowding_has_the_ap_of_crowdposes_figure() -> None:
    people, poses = crowds.crowd()
    images = np.arange(crowds.IMAGES) + 1
    levels = CrowdTruth(people, images, np.linspace(0, 1, crowds.IMAGES))
    about = setting(17, sigmas=crowds.SIGMAS, flip_pairs=tuple(crowds.PAIRS))
    predictions = in_boxes(poses.keypoints, images=poses.image_ids.tolist())
    rows = CROWDPOSE.breakdown(CROWDPOSE.compare(levels, predictions, about))["crowding_error"]
    figures = CROWDPOSE.score(CROWDPOSE.compare(levels, predictions, about)).figures
    for level in ("easy", "medium", "hard"):
        assert rows[level]["AP"] == pytest.approx(figures[f"AP_{level}"], abs=0.01)
    wanted = (people.num_keypoints > 0) & ~people.crowd
    assert sum(row["people"] for row in rows.values()) == wanted.sum()
