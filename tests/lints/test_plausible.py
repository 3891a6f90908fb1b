"""What a program's slip makes of all annotations is refused; what annotators do is not."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hrbench.data.annotated import Annotations
from hrbench.data.faults import Fault
from hrbench.errors import DataError
from hrbench.formats.coco import annotations
from hrbench.lints import plausible

Row = dict[str, Any]
NAMES = ["nose", "left", "right"]


def people(count: int = 12, edit: Callable[[Row], object] = lambda _: None) -> Annotations:
    """Objects of 40 x 60 pixels all over images of 640 x 480, as `edit` leaves them."""
    rng = np.random.default_rng(3)
    rows = []
    for number in range(count):
        x, y = rng.uniform([0, 0], [600, 420]).round().tolist()
        points = [(x + 5, y + 5), (x + 35, y + 30), (x + 10, y + 55)]
        row = {
            "id": number,
            "image_id": number // 2,
            "category_id": 1,
            "bbox": [x, y, 40, 60],
            "area": 1500,
            "iscrowd": 0,
            "keypoints": [value for place in points for value in (*place, 2)],
            "num_keypoints": 3,
        }
        edit(row)
        rows.append(row)
    content = {
        "images": [
            {"id": i, "file_name": f"{i}.jpg", "width": 640, "height": 480} for i in range(count)
        ],
        "annotations": rows,
        "categories": [{"id": 1, "name": "person", "keypoints": NAMES}],
    }
    return annotations.columns(content, 3)


def places(row: Row, change: Callable[[float, float], tuple[float, float]]) -> None:
    flat = row["keypoints"]
    for k in range(0, len(flat), 3):
        flat[k], flat[k + 1] = change(flat[k], flat[k + 1])


def fatal(found: list[Fault]) -> list[str]:
    return [fault.name for fault in found if fault.fatal]


def test_what_is_right_has_no_lint() -> None:
    assert plausible.faults(people()) == []
    assert plausible.faults(people(1)) == []
    assert plausible.faults(people(0)) == []


def corners(row: Row) -> None:
    x, y, width, height = row["bbox"]
    row["bbox"] = [x, y, x + width, y + height]


def beyond(row: Row) -> None:
    places(row, lambda x, y: (x + 700, y))
    row["bbox"] = [0, 0, 0, 0]


SLIPS: list[tuple[str, Callable[[Row], object]]] = [
    ("visibility", lambda row: row["keypoints"].__setitem__(slice(2, None, 3), [0.4, 0.9, 0.7])),
    ("crowd", lambda row: row.update(iscrowd=1)),
    ("unit", lambda row: places(row, lambda x, y: (x / 640, y / 480))),
    ("unit", lambda row: row.update(bbox=[value / 640 for value in row["bbox"]])),
    ("per-cent", lambda row: places(row, lambda x, y: (100 * x / 640, 100 * y / 480))),
    ("corners", corners),
    ("origin", lambda row: row["keypoints"].__setitem__(slice(3), [0, 0, 2])),
    ("outside", lambda row: places(row, lambda x, y: (x + 120, y))),
    ("outside", beyond),
]


@pytest.mark.parametrize(("name", "edit"), SLIPS)
def test_a_slip_in_all_objects_is_fatal(name: str, edit: Callable[[Row], object]) -> None:
    assert fatal(plausible.faults(people(20, edit)))[:1] == [name]


@pytest.mark.parametrize(("name", "edit"), [slip for slip in SLIPS if slip[0] != "visibility"])
def test_a_slip_in_one_object_of_many_is_not(name: str, edit: Callable[[Row], object]) -> None:
    found = plausible.faults(people(40, lambda row: edit(row) if row["id"] == 7 else None))
    assert fatal(found) == []
    assert {fault.name for fault in found} <= {name, "outside"}


def test_a_visibility_is_0_1_or_2_in_every_object_and_the_value_seen_is_said() -> None:
    def third(value: float) -> Annotations:
        return people(
            40, lambda row: row["keypoints"].__setitem__(2, value if row["id"] == 7 else 2)
        )

    (fault,) = plausible.faults(third(3))
    assert str(fault).endswith("visibility is not 0, 1 or 2: 1 (id 7 has 3)")
    assert (fault.fatal, fault.name) == (True, "visibility")
    (fault,) = plausible.faults(third(0.31))
    assert "but a confidence, as a model gives it" in fault.kind
    assert str(fault).endswith("1 (id 7 has 0.31)")


def test_minus_one_is_not_labelled_where_there_is_no_place() -> None:
    table = people(5, lambda row: row["keypoints"].__setitem__(slice(3), [-1, -1, -1]))
    assert plausible.faults(table) == []
    table = people(5, lambda row: row["keypoints"].__setitem__(2, -1))
    assert fatal(plausible.faults(table)) == ["visibility"]


def test_two_tables_of_the_same_objects_are_fatal_and_so_are_images_listed_twice() -> None:
    once = people(8)
    rows = np.tile(np.arange(8), 2)
    twice = plausible.faults(replace(once.rows(rows), ids=np.arange(16)))
    assert [(str(fault), fault.name, fault.fatal) for fault in twice] == [
        (
            (
                "objects annotated twice, with the same keypoints in the same image: "
                "8 (id 8, id 9, id 10, …)"
            ),
            "twice",
            True,
        )
    ]
    names = tuple(f"{number % 4}.jpg" for number in range(8))
    listed = plausible.faults(replace(once, file_names=names))
    assert [(fault.count, fault.name, fault.fatal) for fault in listed] == [(4, "twice", True)]


def test_large_objects_whose_padded_boxes_leave_the_image_are_not_corners() -> None:
    def padded(row: Row) -> None:
        shift = row["id"]
        row["bbox"] = [60.0 + shift, 50.0 + shift, 630.0 - shift, 470.0 - shift]
        places(row, lambda x, y: (100 + 0.8 * x, 80 + 0.8 * y))

    assert "corners" not in fatal(plausible.faults(people(20, padded)))


def test_faces_close_to_the_top_left_in_large_boxes_are_not_corners() -> None:
    def face(row: Row) -> None:
        row["bbox"] = [10, 10, 400, 400]
        row["keypoints"] = [20 + row["id"], 20, 2, 60, 20, 2, 40, 50, 2]

    assert plausible.faults(people(20, face)) == []


def test_corners_are_found_where_no_box_read_as_sides_leaves_the_image() -> None:
    def small(row: Row) -> None:
        x, y = 60 + 5 * row["id"], 70 + 3 * row["id"]
        row["bbox"] = [x, y, x + 40, y + 60]
        row["keypoints"] = [x + 2, y + 2, 2, x + 38, y + 30, 2, x + 10, y + 58, 2]

    assert fatal(plausible.faults(people(20, small))) == ["corners"]


def test_objects_in_one_part_of_the_image_are_not_in_per_cent() -> None:
    table = people(20, lambda row: places(row, lambda x, y: (x / 7, y / 16)))
    assert "per-cent" not in fatal(plausible.faults(table))


def test_a_reader_refuses_a_lint_and_goes_on_where_it_is_allowed(tmp_path: Path) -> None:
    rows = [
        {
            "id": number,
            "image_id": 0,
            "category_id": 1,
            "bbox": [10, 10, 90, 90],
            "area": 8000,
            "iscrowd": 1,
            "keypoints": [20 + number, 20, 2, 60, 20, 2, 40, 50, 2],
            "num_keypoints": 3,
        }
        for number in range(4)
    ]
    content = {
        "images": [{"id": 0, "file_name": "0.jpg", "width": 640, "height": 480}],
        "annotations": rows,
        "categories": [{"id": 1, "name": "person", "keypoints": NAMES}],
    }
    path = tmp_path / "a.json"
    path.write_text(json.dumps(content), "utf-8")
    with pytest.raises(DataError, match=r"as crowd.*4 \(id 0.*`--allow crowd` goes on"):
        annotations.read(path, 3)
    (words,) = annotations.read(path, 3, ["crowd"]).allowed
    assert "--allow crowd" in words
