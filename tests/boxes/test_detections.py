"""Files of boxes: what is read, what is refused, and which boxes count."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hrbench.boxes import choosing, detections
from hrbench.boxes.choosing import Wanted
from hrbench.boxes.detections import Detections
from hrbench.errors import DataError
from hrbench.lints.boxes import doubts

SIZE = (640, 480)
BOXES = np.array(
    [
        *([20.0, 30, 100, 200], [300, 40, 150, 400], [500, 200, 140, 280], [50, 260, 90, 200]),
        *([400, 60, 60, 120], [250, 300, 120, 170], [0, 0, 640, 480]),
    ]
)
UPPER, LOWER = BOXES[:, :2], BOXES[:, 2:]
EXTENT = np.array([*SIZE, *SIZE])


def row(**more: Any) -> dict[str, Any]:
    return {"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5} | more


def table(*rows: dict[str, Any], **about: Any) -> Detections:
    found, _ = detections.examined({"annotations": list(rows), **about} if about else list(rows))
    assert found is not None
    return found


def test_json_lines_are_a_list_of_what_they_say(tmp_path: Path) -> None:
    rows = [row(score=score) for score in (0.1, 0.2)]
    (tmp_path / "lines.json").write_text("\n".join(map(json.dumps, rows)) + "\n", "utf-8")
    found, faults = detections.read(tmp_path / "lines.json")
    assert (found.boxes.tolist(), faults) == ([[1, 2, 3, 4]] * 2, [])
    assert found.scores is not None
    assert found.scores.tolist() == [0.1, 0.2]
    (tmp_path / "odd.json").write_text('{"a": 1}\nno JSON\n')
    with pytest.raises(DataError, match=r"odd\.json is not JSON: Extra data at line 2"):
        detections.read(tmp_path / "odd.json")


def test_an_image_is_told_by_a_name_where_the_file_says_one_and_else_by_its_number() -> None:
    images = [{"id": 7, "file_name": "a/b.png", "width": 30, "height": 20}, {"id": 8}]
    found = table(row(image_id=7), row(image_id=8), row(image_id=9, file_name="c"), images=images)
    assert found.images == ("a/b.png", 8, "c")
    assert (found.ids, found.sizes) == ({"a/b.png": 7}, {"a/b.png": (30, 20)})


@pytest.mark.parametrize(
    ("written", "name"),
    [
        (np.hstack([UPPER, UPPER + LOWER]), "corners"),
        (np.hstack([UPPER + LOWER / 2, LOWER]), "centres"),
        (BOXES / EXTENT, "unit"),
        (100 * BOXES / EXTENT, "per-cent"),
        (BOXES * 2, "outside"),
        (np.hstack([UPPER, UPPER + LOWER])[1:2], "corners"),
    ],
)
def test_boxes_that_are_written_otherwise_are_told_by_their_numbers(
    written: Any, name: str
) -> None:
    sizes = np.tile(SIZE, (len(written), 1))
    (fault,) = doubts(written, sizes, range(len(written)))
    assert (fault.name, fault.fatal) == (name, True)


def test_boxes_as_they_should_be_raise_no_doubt_nor_do_detectors_that_overshoot() -> None:
    sizes = np.tile(SIZE, (len(BOXES), 1))
    wide = np.hstack([UPPER - 0.125 * LOWER, 1.25 * LOWER])
    for boxes in (BOXES, BOXES + np.array([-3, -3, 6, 6]), wide, BOXES[:1], BOXES[-1:]):
        assert doubts(boxes, sizes[: len(boxes)], range(len(boxes))) == []
    assert doubts(BOXES, 0 * sizes, range(len(BOXES))) == []
    assert doubts(BOXES[:0], sizes[:0], range(0)) == []


PERSON, BALL = {"id": 0, "name": "Person"}, {"id": 1, "name": "ball"}
NAMED = Wanted(names=frozenset({"person"}))


def counted(found: Detections, wanted: Wanted) -> list[int]:
    return [int(place) for place in choosing.of_category(found, wanted)[0].boxes.rows]


def test_a_category_is_told_by_its_name_and_not_by_its_number() -> None:
    both = row(category_id=0), row(category_id=1)
    assert counted(table(*both, categories=[PERSON, BALL]), NAMED) == [0]
    assert counted(table(*both), Wanted(frozenset({"person"}), frozenset({1}))) == [1]
    assert counted(table(row(category_id=3)), NAMED) == [0]  # there is no other
    pointed = {"id": 1, "name": "ball", "keypoints": ["a", "b"]}
    wanted = Wanted(frozenset({"person"}), keypoints=("a", "b"))
    assert counted(table(*both, categories=[PERSON, pointed]), wanted) == [1]
    assert counted(table(*both, categories=[PERSON, BALL]), Wanted(frozenset({"ball"}))) == [1]


@pytest.mark.parametrize(
    ("found", "wanted", "words"),
    [
        (table(row(), row(category_id=0)), NAMED, "several categories that it does not name (1 of"),
        (
            table(row(), categories=[PERSON, BALL]),
            NAMED,
            "no detected box is of category person, but 1 of ball (1)",
        ),
        (
            table(row(category_id=0)),
            Wanted(frozenset({"person"}), frozenset({1})),
            "no detected box is of category person (1), but 1 of category 0",
        ),
    ],
)
def test_boxes_of_which_none_is_of_the_category_are_refused(
    found: Detections, wanted: Wanted, words: str
) -> None:
    chosen, faults = choosing.of_category(found, wanted)
    assert len(chosen.boxes) == 0
    assert words in str(faults[0])


def test_boxes_that_do_not_count_are_counted() -> None:
    crowd = row(iscrowd=1), row(iscrowd=1, bbox=[1, 2, 0, 0]), row(iscrowd=1, category_id=0)
    rows = row(), row(category_id=0), row(bbox=[1, 2, 0, 0]), row(bbox=[1, 2, 0, 4]), *crowd
    chosen, _ = choosing.of_category(table(*rows, categories=[BALL, PERSON]), Wanted({"ball"}))
    assert chosen.boxes.rows.tolist() == [0, 3]
    assert chosen.left_out == {
        "boxes of other categories": 2,
        "boxes marked as crowd": 2,
        "boxes without width and height": 1,
    }


def test_what_is_said_of_boxes_without_extent_is_what_is_done_with_them() -> None:
    """The official codes crop boxes of no width by their height; of no extent there is no crop."""
    rows = [row(bbox=[1, 2, *extent]) for extent in ([3, 4], [0, 4], [3, 0], [0, 0])]
    found, faults = detections.examined(rows)
    assert found is not None
    said = {str(fault) for fault in faults if not fault.fatal}
    flat = "detected boxes without one of width and height, which count as in the official codes"
    assert said == {
        "detected boxes without width and height: 1 (box 3: 1 2 0 0)",
        f"{flat}: 2 (box 1: 1 2 0 4, box 2: 1 2 3 0)",
    }
    assert counted(found, NAMED) == [0, 1, 2]
