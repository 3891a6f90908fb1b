"""One's own annotation files say less than COCO's, and are read all the same."""

import copy
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hrbench.data.annotated import Annotations
from hrbench.errors import DataError
from hrbench.formats.coco import annotations, incomplete, reader
from hrbench.formats.coco.categories import lengths_that_disagree
from hrbench.formats.numbering import numbered

MOUSE = {"id": 1, "image_id": 7, "category_id": 3, "keypoints": [20, 30, 2, 60, 40, 2]}
UNSEEN = [0, 0, 0, 0, 0, 0]


def content(*objects: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A file with one image, 100 wide and 80 high."""
    return {
        "images": [{"id": 7, "file_name": "7.png", "width": 100, "height": 80}],
        "annotations": list(objects),
        "categories": [{"id": 3, "name": "mouse", "keypoints": ["nose", "tail"]}],
    } | changes


def read(tmp_path: Path, file: Any, num_keypoints: int = 2) -> Annotations:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(file), "utf-8")
    return incomplete.read(path, num_keypoints)


def test_an_object_with_its_keypoints_alone_is_completed(tmp_path: Path) -> None:
    table = read(tmp_path, content(MOUSE))
    assert table.num_keypoints.tolist() == [2]
    assert table.crowd.tolist() == [False]
    assert table.boxes.tolist() == [[16, 29, 48, 12]]  # a tenth of 40 and of 10 on each side
    assert table.areas.tolist() == [48 * 12]
    assert table.derived.tolist() == [True]
    assert reader.annotated(table, tmp_path, 1.0).ids.tolist() == [1]


def test_what_the_file_says_stays(tmp_path: Path) -> None:
    whole = {"bbox": [1, 2, 30, 40], "area": 500, "iscrowd": 1, "num_keypoints": 1}
    table = read(tmp_path, content(MOUSE | whole, MOUSE | {"id": 2}))
    assert table.boxes[:1].tolist() == [[1, 2, 30, 40]]
    assert (table.areas[0], table.crowd[0], table.num_keypoints[0]) == (500, True, 1)
    assert not table.derived[0]


def test_without_an_area_it_is_the_boxs(tmp_path: Path) -> None:
    assert read(tmp_path, content(MOUSE | {"bbox": [1, 2, 30, 40]})).areas.tolist() == [1200]


@pytest.mark.parametrize(
    "box", [None, [], [0, 0, 0, 0], [0.0, 0.0, 0.0, 0.0], [5, 5, 0, 9], [5, 5, 9, -3]]
)
def test_a_box_of_nothing_is_none(box: list[float] | None, tmp_path: Path) -> None:
    table = read(tmp_path, content(MOUSE | {"bbox": box}, MOUSE | {"id": 2, "bbox": [1, 2, 3, 4]}))
    assert table.derived.tolist() == [True, False]
    assert table.boxes[0].tolist() == [16, 29, 48, 12]


@pytest.mark.parametrize("area", [None, 0, 0.0, -7])
def test_an_area_of_nothing_is_the_boxs_and_said(area: float | None, tmp_path: Path) -> None:
    boxed = MOUSE | {"bbox": [1, 2, 30, 40]}
    table = read(tmp_path, content(boxed | {"area": area}, boxed | {"id": 2, "area": 500}))
    assert table.areas.tolist() == [1200, 500]
    assert table.unsized.tolist() == [True, False]
    assert read(tmp_path, content(MOUSE | {"area": area})).areas.tolist() == [48 * 12]


def test_what_is_not_labelled_has_no_place(tmp_path: Path) -> None:
    places = MOUSE | {"id": 2, "keypoints": [20, 30, 0, 60, 40, 0]}
    table = read(tmp_path, content(MOUSE, places))
    assert table.keypoints[1].tolist() == [[0, 0, 0], [0, 0, 0]]
    people = reader.annotated(table, tmp_path, 1.0)
    assert (people.ids.tolist(), people.left_out) == (
        [1],
        {"objects without a labelled keypoint": 1},
    )
    with pytest.raises(DataError, match="no keypoint is labelled, though they have places"):
        read(tmp_path, content(places))


def test_ids_that_are_text_or_missing_are_numbered_in_the_order_of_the_file() -> None:
    images = [{"id": name} for name in ("b", "a")]
    rows = [{"image_id": name} for name in ("a", "b", "c", None)]
    said, found = numbered({"images": images, "annotations": rows, "categories": []})
    assert [image["id"] for image in said["images"]] == [1, 2]
    assert [row["image_id"] for row in said["annotations"]] == [2, 1, -3, None]
    assert [row["id"] for row in said["annotations"]] == [1, 2, 3, 4]
    assert (len(found), found[0].fatal) == (1, False)


def test_ids_that_are_the_same_number_in_another_spelling_are_the_same() -> None:
    rows = [{"id": 1, "image_id": "7"}, {"id": 2, "image_id": 8.0}]
    content = {"images": [{"id": 7}, {"id": 8}], "annotations": rows, "categories": []}
    said, found = numbered(content)
    assert [row["image_id"] for row in said["annotations"]] == [7, 8]
    assert found == []


@pytest.mark.parametrize(
    ("category", "points", "wanted", "words"),
    [
        (2, 6, 2, ""),
        (0, 6, 2, ""),
        (3, 6, 2, ""),  # the objects have what the dataset names
        (2, 6, 3, "its objects have 2 keypoints and the dataset's TOML names 3"),
        (3, 6, 3, "its objects have 2 keypoints, its category lists 3, and the dataset's TOML"),
        (3, 0, 2, "its objects have 3 keypoints and the dataset's TOML names 2"),
        (2, 4, 2, "are 4 numbers, x and y of 2 keypoints; add the visibility after each"),
        (2, 5, 2, ""),  # a fault of single annotations
    ],
)
def test_lengths_are_said_as_they_are(category: int, points: int, wanted: int, words: str) -> None:
    named = [{"id": 1, "keypoints": [str(k) for k in range(category)]}]
    rows = [{"id": 1, "keypoints": [1] * points}] if points else []
    found = lengths_that_disagree({"annotations": rows, "categories": named}, wanted)
    assert [words in fault.kind for fault in found] == [True] * bool(words)


def test_only_labelled_keypoints_make_a_box_of_a_pixel_around_at_least(tmp_path: Path) -> None:
    table = read(tmp_path, content(MOUSE | {"keypoints": [20, 30, 1, 90, 70, 0]}))
    assert table.boxes.tolist() == [[19, 29, 2, 2]]


def test_a_derived_box_ends_with_the_image_and_never_before_a_keypoint(tmp_path: Path) -> None:
    corners = MOUSE | {"keypoints": [0, 0, 2, 100, 80, 2]}
    outside = MOUSE | {"id": 2, "keypoints": [-5, 10, 2, 104, 20, 2]}
    table = read(tmp_path, content(corners, outside))
    assert table.boxes.tolist() == [[0, 0, 100, 80], [-5, 9, 109, 12]]
    found = incomplete.examined(content(corners), 2)[1]
    assert found == []


def test_an_object_without_labels_has_no_box_to_derive(tmp_path: Path) -> None:
    table = read(tmp_path, content(MOUSE, MOUSE | {"id": 2, "keypoints": UNSEEN}))
    assert table.derived.tolist() == [True, False]
    assert len(reader.annotated(table, tmp_path, 1.0)) == 1


def test_objects_of_categories_without_keypoints_are_passed_over(tmp_path: Path) -> None:
    cage = {"image_id": 7, "category_id": 4}
    categories = [*content()["categories"], {"id": 4, "name": "cage", "keypoints": []}]
    table = read(tmp_path, content(MOUSE, cage, categories=categories))
    assert table.ids.tolist() == [1]


@pytest.mark.parametrize(
    "categories",
    [[{"id": 3, "name": "mouse", "keypoints": ["nose", "tail"]}], [{"id": 3, "name": "mouse"}]],
)
def test_another_number_of_keypoints_is_said_with_both_counts(
    categories: list[Any], tmp_path: Path
) -> None:
    with pytest.raises(
        DataError, match=r"mine\.json: its objects have 2 keypoints and the dataset's TOML names 5"
    ):
        read(tmp_path, content(MOUSE, categories=categories), 5)


def test_images_without_a_size_say_what_to_add(tmp_path: Path) -> None:
    images = [{"id": 7, "file_name": "7.png"}, {"id": 8, "file_name": "8.png", "height": 5}]
    words = r"without 'width' and 'height', in pixels: add both: 2 \(id 7, id 8\)"
    with pytest.raises(DataError, match=words):
        read(tmp_path, content(MOUSE, images=images))


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"keypoints": [1, 2, 2]}, "keypoints that are not 6 numbers: 1 (id 1)"),
        ({"keypoints": [1, 2, "2", 3, 4, 2]}, "keypoints that are not 6 numbers: 1 (id 1)"),
        ({"keypoints": [1, 2, math.nan, 3, 4, 2]}, "annotations with NaN or infinity: 1 (id 1)"),
        ({"bbox": [1, 2, 3]}, "boxes that are not 4 numbers: 1 (id 1)"),
        ({"bbox": [1, 2, math.inf, 3]}, "annotations with NaN or infinity: 1 (id 1)"),
        ({"area": "big"}, "annotations whose 'area' is not a number: 1 (id 1)"),
        ({"image_id": [7]}, "annotations whose 'image_id' is not a whole number: 1 (id 1)"),
        ({"image_id": None}, "annotations whose 'image_id' is not a whole number: 1 (id 1)"),
    ],
)
def test_what_is_wrong_stays_wrong(changes: dict[str, Any], line: str, tmp_path: Path) -> None:
    file = content(MOUSE | changes, MOUSE | {"id": 2})
    assert [str(fault) for fault in incomplete.examined(file, 2)[1] if fault.fatal] == [line]
    with pytest.raises(DataError, match=r"mine\.json: "):
        read(tmp_path, file)


ODD: list[Any] = [
    *(None, [], {}, "x", -1, 0, 1e30, -1e300, 2**70, True, 1.5, math.nan, math.inf, [None] * 4),
    *(
        [[1, 2, 3]],
        [[1, 2], [3]],
        ["a"] * 6,
        [1] * 4,
        [0] * 6,
        [1e308] * 6,
        [True] * 6,
        [1e308] * 4,
    ),
]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_value_in_any_place_is_read_or_a_fault(data: st.DataObject) -> None:
    rows = [MOUSE | {"bbox": [1, 2, 30, 40], "area": 9.0}, MOUSE | {"id": 2, "iscrowd": 0}]
    file = copy.deepcopy(content(*rows))
    for _ in range(data.draw(st.integers(1, 3))):
        row = data.draw(st.sampled_from([r for key in sorted(file) for r in file[key]]))
        row[data.draw(st.sampled_from([*sorted(row), "area"]))] = data.draw(st.sampled_from(ODD))
    table, found = incomplete.examined(file, 2)
    fatal = [fault for fault in found if fault.fatal]
    assert table is not None or fatal
    if table is not None and all(fault.name for fault in fatal):
        people = reader.annotated(table, Path(), 1.0)
        assert np.isfinite(people.scales).all()
        assert len(reader.truth(table, table.image_ids).ids) == len(table.ids)


@pytest.mark.parametrize("file", [[], {}, {"images": 3, "annotations": [], "categories": []}])
def test_a_file_of_another_structure_is_refused(file: Any, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"mine\.json: "):
        read(tmp_path, file)


def test_a_whole_file_reads_as_the_official_reader_reads_it(tmp_path: Path) -> None:
    whole = {"bbox": [1, 2, 30, 40], "area": 500, "iscrowd": 0, "num_keypoints": 2}
    file = content(MOUSE | whole)
    table, strict = read(tmp_path, file), annotations.read(tmp_path / "mine.json", 2)
    for column in Annotations.__dataclass_fields__:
        assert np.array_equal(getattr(table, column), getattr(strict, column))
