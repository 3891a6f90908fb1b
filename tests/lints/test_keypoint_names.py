from typing import Any

import numpy as np
import pytest

from hrbench.data.annotated import Annotations
from hrbench.formats.coco import incomplete
from hrbench.lints.annotation_faults import remarks
from hrbench.lints.keypoint_names import names_faults, pairs_by_name
from hrbench.lints.swapped_sides import Suspects

EARS = ("nose", "left_ear", "right_ear")
PAIR = [("left_ear", "right_ear")]


def lines(*args: Any) -> list[str]:
    return [str(fault) for fault in names_faults(*args)]


def test_names_that_agree_have_no_fault() -> None:
    assert lines(EARS, PAIR, [("nose", "left_ear")], [0.1, 0.2, 0.2]) == []
    assert lines(EARS, PAIR, [], None) == []


def test_every_fault_of_the_names_is_listed_not_the_first_alone() -> None:
    names = ("nose", "nose", "left_ear", "right_ear", "tail")
    pairs = [("left_ear", "right_ear"), ("right_ear", "tail"), ("nose", "nose"), ("paw", "tail")]
    assert lines(names, pairs, [("tail", "knee")], [0.1, 0.0]) == [
        "keypoints that stand twice: 1 (nose)",
        "flip_pairs of keypoints that are not listed: 1 (paw)",
        "edges of keypoints that are not listed: 1 (knee)",
        "flip_pairs of a keypoint with itself: 1 (nose and nose)",
        (
            "flip_pairs that are not mutual: 2 (right_ear with left_ear and tail, "
            "tail with paw and right_ear)"
        ),
        "2 sigmas for 5 keypoints",
        "sigmas that are not above 0: 1 (0.0)",
    ]
    assert all(fault.fatal for fault in names_faults(names, pairs, [("tail", "knee")], [0.1, 0.0]))


def test_a_pair_given_both_ways_round_stands_twice_and_is_mutual() -> None:
    assert lines(EARS, [*PAIR, ("right_ear", "left_ear")], [], None) == [
        "flip_pairs that stand twice: 1 (left_ear and right_ear)",
        "flip_pairs that name the right side first: 1 (right_ear and left_ear)",
    ]


def test_names_of_two_sides_without_a_pair_are_pointed_out() -> None:
    fault = names_faults(EARS, [], [], None)[0]
    assert (
        str(fault) == "left and right by their names, in no flip pair: 1 (left_ear and right_ear)"
    )
    assert not fault.fatal


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("left_ear", "right_ear"),
        ("leftear", "rightear"),
        ("EarLeft", "EarRight"),
        ("LEFT EYE", "RIGHT EYE"),
        ("ear_l", "ear_r"),
        ("L.paw", "R.paw"),
    ],
)
def test_sides_are_told_by_the_usual_spellings(left: str, right: str) -> None:
    assert pairs_by_name(["tail", right, left, "upright"]) == [(left, right)]


def table(*keypoints: list[float], boxes: bool = True) -> Annotations:
    box = {"bbox": [0, 0, 50, 50], "area": 2500} if boxes else {}
    content = {
        "images": [{"id": 1, "file_name": "a.png", "width": 100, "height": 100}],
        "categories": [{"id": 1, "keypoints": list(EARS)}],
        "annotations": [
            {"id": 11 + index, "image_id": 1, "category_id": 1, "keypoints": points, **box}
            for index, points in enumerate(keypoints)
        ],
    }
    found, _ = incomplete.examined(content, 3)
    assert found is not None
    return found


def annotated(seen: Annotations, objects: list[bool], *, pair: bool = False) -> list[str]:
    sides = Suspects(np.array(objects), np.array([pair]))
    found = remarks(seen, EARS, sides, PAIR)
    assert not any(fault.fatal for fault in found)
    return [str(fault) for fault in found]


def test_a_keypoint_that_never_occurs_is_named() -> None:
    seen = table([1, 1, 2, 5, 5, 1, 0, 0, 0], [1, 1, 0, 5, 5, 2, 7, 7, 0])
    assert annotated(seen, [False, False]) == [
        "keypoints that never occur, and cannot be learned: 1 (right_ear)"
    ]


def test_boxes_that_were_derived_are_counted() -> None:
    seen = table([1, 1, 2, 5, 5, 1, 9, 5, 2], boxes=False)
    assert annotated(seen, [False]) == [
        "objects without a box, which is derived from their keypoints: 1 (id 11)"
    ]


def test_suspected_objects_and_pairs_are_named() -> None:
    seen = table([1, 1, 2, 5, 5, 1, 9, 5, 2], [1, 1, 2, 5, 5, 1, 9, 5, 2])
    assert annotated(seen, [False, True], pair=True) == [
        (
            "flip_pairs whose left and right are probably swapped throughout: "
            "1 (left_ear and right_ear)"
        ),
        "objects whose left and right are probably swapped: 1 (id 12)",
    ]
