"""One's own annotation files say less than COCO's, and are read all the same."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hrbench.data import annotations, own
from hrbench.data.readers import coco
from hrbench.errors import DataError

MOUSE = {"id": 1, "image_id": 7, "category_id": 3, "keypoints": [20, 30, 2, 60, 40, 2]}
UNSEEN = [0, 0, 0, 0, 0, 0]


def content(*objects: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A file with one image, 100 wide and 80 high."""
    return {
        "images": [{"id": 7, "file_name": "7.png", "width": 100, "height": 80}],
        "annotations": list(objects),
        "categories": [{"id": 3, "name": "mouse", "keypoints": ["nose", "tail"]}],
    } | changes


def read(tmp_path: Path, file: Any, num_keypoints: int = 2) -> annotations.Annotations:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(file), "utf-8")
    return own.read(path, num_keypoints)


def test_an_object_with_its_keypoints_alone_is_completed(tmp_path: Path) -> None:
    table = read(tmp_path, content(MOUSE))
    assert table.num_keypoints.tolist() == [2]
    assert table.crowd.tolist() == [False]
    assert table.boxes.tolist() == [[16, 29, 48, 12]]  # a tenth of 40 and of 10 on each side
    assert table.areas.tolist() == [48 * 12]
    assert table.derived.tolist() == [True]
    assert coco.annotated(table, tmp_path, 1.0).ids.tolist() == [1]


def test_what_the_file_says_stays(tmp_path: Path) -> None:
    whole = {"bbox": [1, 2, 30, 40], "area": 500, "iscrowd": 1, "num_keypoints": 1}
    table = read(tmp_path, content(MOUSE | whole, MOUSE | {"id": 2}))
    assert table.boxes[:1].tolist() == [[1, 2, 30, 40]]
    assert (table.areas[0], table.crowd[0], table.num_keypoints[0]) == (500, True, 1)
    assert not table.derived[0]


def test_without_an_area_it_is_the_boxs(tmp_path: Path) -> None:
    assert read(tmp_path, content(MOUSE | {"bbox": [1, 2, 30, 40]})).areas.tolist() == [1200]


@pytest.mark.parametrize("box", [[], [0, 0, 0, 0], [0.0, 0.0, 0.0, 0.0]])
def test_a_box_of_zeros_is_none(box: list[float], tmp_path: Path) -> None:
    table = read(tmp_path, content(MOUSE | {"bbox": box}, MOUSE | {"id": 2, "bbox": [1, 2, 3, 4]}))
    assert table.derived.tolist() == [True, False]
    assert table.boxes[0].tolist() == [16, 29, 48, 12]


def test_only_labelled_keypoints_make_a_box_of_a_pixel_around_at_least(tmp_path: Path) -> None:
    table = read(tmp_path, content(MOUSE | {"keypoints": [20, 30, 1, 90, 70, 0]}))
    assert table.boxes.tolist() == [[19, 29, 2, 2]]


def test_a_derived_box_ends_with_the_image_and_never_before_a_keypoint(tmp_path: Path) -> None:
    corners = MOUSE | {"keypoints": [0, 0, 2, 100, 80, 2]}
    outside = MOUSE | {"id": 2, "keypoints": [-5, 10, 2, 104, 20, 2]}
    table = read(tmp_path, content(corners, outside))
    assert table.boxes.tolist() == [[0, 0, 100, 80], [-5, 9, 109, 12]]
    found = own.examined(content(corners), 2)[1]
    assert found == []


def test_an_object_without_labels_has_no_box_to_derive(tmp_path: Path) -> None:
    table = read(tmp_path, content(MOUSE, MOUSE | {"id": 2, "keypoints": UNSEEN}))
    assert table.derived.tolist() == [True, False]
    assert len(coco.annotated(table, tmp_path, 1.0)) == 1


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
    assert [str(fault) for fault in own.examined(file, 2)[1] if fault.fatal] == [line]
    with pytest.raises(DataError, match=r"mine\.json: "):
        read(tmp_path, file)


@pytest.mark.parametrize("file", [[], {}, {"images": 3, "annotations": [], "categories": []}])
def test_a_file_of_another_structure_is_refused(file: Any, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"mine\.json: "):
        read(tmp_path, file)


def test_a_whole_file_reads_as_the_official_reader_reads_it(tmp_path: Path) -> None:
    whole = {"bbox": [1, 2, 30, 40], "area": 500, "iscrowd": 0, "num_keypoints": 2}
    file = content(MOUSE | whole)
    table, strict = read(tmp_path, file), annotations.read(tmp_path / "mine.json", 2)
    for column in annotations.Annotations.__dataclass_fields__:
        assert np.array_equal(getattr(table, column), getattr(strict, column))
