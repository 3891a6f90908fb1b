"""What is wrong with an annotation file is found, counted and named by id."""

import copy
import gc
import json
import math
from pathlib import Path
from typing import Any

import pytest

from hrbench.data.faults import Fault
from hrbench.errors import DataError
from hrbench.files.json_files import read_json
from hrbench.formats.coco.annotations import columns, examined, read, read_images

TWO = ["left", "right"]


def person(number: int, **changes: Any) -> dict[str, Any]:
    """Somebody in the middle of image 7, with two keypoints, nobody twice in the same place."""
    return {
        "id": number,
        "image_id": 7,
        "category_id": 1,
        "bbox": [10.0, 20.0, 30.0, 40.0],
        "area": 500.0,
        "iscrowd": 0,
        "keypoints": [15, 25, 2, 35, 50 + number, 1],
        "num_keypoints": 2,
    } | changes


def content(*people: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A file with one image, 100 wide and 80 high."""
    return {
        "images": [{"id": 7, "file_name": "7.jpg", "width": 100, "height": 80}],
        "annotations": list(people),
        "categories": [{"id": 1, "name": "person", "keypoints": TWO}],
    } | changes


def faults(file: Any) -> list[Fault]:
    return examined(file, 2)[1]


def lines(file: Any) -> list[str]:
    return [str(fault) for fault in faults(file)]


def written(path: Path, file: Any) -> Path:
    path.write_text(json.dumps(file), "utf-8")
    return path


def test_a_file_without_faults_has_none() -> None:
    assert faults(content(person(1), person(2))) == []


def test_columns_are_in_file_order() -> None:
    table = columns(content(person(5, area=9), person(3, image_id=8)), 2)
    assert table.ids.tolist() == [5, 3]
    assert table.image.tolist() == [0, -1]  # image 8 is not listed
    assert table.image_sizes.tolist() == [[100, 80]]
    assert table.areas.tolist() == [9.0, 500.0]
    assert table.keypoints[0].tolist() == [[15, 25, 2], [35, 55, 1]]


def test_a_file_without_persons_has_empty_columns() -> None:
    table = columns(content(), 2)
    assert table.keypoints.shape == (0, 2, 3)
    assert table.boxes.shape == (0, 4)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"keypoints": [15, 25, 2]}, "keypoints that are not 6 numbers: 1 (id 2)"),
        ({"keypoints": [[15, 25, 2], [35, 55, 1]]}, "keypoints that are not 6 numbers: 1 (id 2)"),
        ({"keypoints": [15, 25, 2, None, 55, 1]}, "keypoints that are not 6 numbers: 1 (id 2)"),
        ({"keypoints": "none"}, "keypoints that are not 6 numbers: 1 (id 2)"),
        ({"bbox": [1, 2, 3]}, "boxes that are not 4 numbers: 1 (id 2)"),
        ({"bbox": [1, 2, "3", 4]}, "boxes that are not 4 numbers: 1 (id 2)"),
        ({"image_id": 9}, "annotations of images that are not listed: 1 (id 2)"),
        ({"image_id": "7"}, "annotations whose 'image_id' is not a whole number: 1 (id 2)"),
        ({"id": 1}, "annotation ids that stand twice: 1 (1)"),
        ({"id": "b"}, "annotations whose 'id' is not a whole number: 1 (id b)"),
        ({"id": 2**63}, f"annotations whose 'id' is not a whole number: 1 (id {2**63})"),
        ({"iscrowd": None}, "annotations whose 'iscrowd' is not 0 or 1: 1 (id 2)"),
        ({"area": "big"}, "annotations whose 'area' is not a number: 1 (id 2)"),
        ({"area": math.nan}, "annotations with NaN or infinity: 1 (id 2)"),
        ({"bbox": [1, 2, math.inf, 4]}, "annotations with NaN or infinity: 1 (id 2)"),
        (
            {"keypoints": [math.nan, 25, 2, 35, 55, 1]},
            "annotations with NaN or infinity: 1 (id 2)",
        ),
    ],
)
def test_a_fatal_fault_names_the_annotation(
    changes: dict[str, Any], line: str, tmp_path: Path
) -> None:
    file = content(person(1), person(2, **changes))
    assert lines(file) == [line]
    with pytest.raises(DataError) as error:
        read(written(tmp_path / "a.json", file), 2)
    assert str(error.value).startswith(f"{tmp_path / 'a.json'}: {line}; `hrbench check`")


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"bbox": [14, 20, 88, 40]}, "boxes that reach outside their image: 1 (id 2)"),
        ({"bbox": [-2, 20, 22, 40]}, "boxes that reach outside their image: 1 (id 2)"),
        ({"bbox": [10, 20, 0, 40]}, "boxes without width or height: 1 (id 2)"),
        ({"area": 0}, "persons with keypoints and no area: 1 (id 2)"),
        ({"keypoints": [101, 25, 2, 35, 55, 1]}, "keypoints outside their image: 1 (id 2)"),
        ({"keypoints": [15, -1, 2, 35, 55, 1]}, "keypoints outside their image: 1 (id 2)"),
        ({"num_keypoints": 1}, "num_keypoints that is not the count: 1 (id 2)"),
        ({"category_id": 5}, "annotations of a category that is not listed: 1 (id 2)"),
    ],
)
def test_a_fault_one_can_train_with_is_reported_and_read(
    changes: dict[str, Any], line: str, tmp_path: Path
) -> None:
    file = content(person(1), person(2, **changes))
    assert lines(file) == [line]
    assert 1 in read(written(tmp_path / "a.json", file), 2).ids


def test_a_box_may_end_a_pixel_past_the_edge() -> None:
    assert faults(content(person(1, bbox=[-1, -1, 102, 82]))) == []


def test_a_keypoint_that_is_not_labelled_may_lie_anywhere() -> None:
    assert faults(content(person(1, keypoints=[999, 999, 0, 5, 5, 2], num_keypoints=1))) == []


def test_width_and_height_that_are_swapped_are_suspected() -> None:
    tall = person(1, bbox=[0, 0, 70, 99])  # fits 80 x 100, not 100 x 80
    assert lines(content(tall)) == [
        "boxes that reach outside their image: 1 (id 1)",
        "boxes that would fit with the image's width and height swapped: 1 (id 1)",
    ]


def test_every_fault_is_counted_and_three_are_named() -> None:
    people = [person(number, num_keypoints=0) for number in range(1, 6)]
    fault = faults(content(*people))[0]
    assert (fault.count, fault.examples, fault.more) == (5, ("id 1", "id 2", "id 3"), True)
    assert str(fault) == "num_keypoints that is not the count: 5 (id 1, id 2, id 3, …)"


@pytest.mark.parametrize("key", ["id", "image_id", "bbox", "area", "keypoints", "num_keypoints"])
def test_a_field_that_is_missing_is_named(key: str) -> None:
    broken = {name: value for name, value in person(2).items() if name != key}
    where = "id ?" if key == "id" else "id 2"
    assert lines(content(person(1), broken)) == [f"annotations without '{key}': 1 ({where})"]


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ([], "not an object with images and annotations and categories: 1 (the file)"),
        ({"images": [], "annotations": {}}, "lists that are missing: 2 (annotations, categories)"),
        (content(images=[1]), "rows that are no objects: 1 (images[0])"),
        (content(categories=[{"keypoints": TWO}]), "categories without 'id': 1 (id ?)"),
        (
            content(categories=[{"id": 1, "keypoints": 2}]),
            "categories whose 'keypoints' is not a list: 1 (id 1)",
        ),
        (
            content(categories=[{"id": 1, "name": "hand", "keypoints": ["wrist"]}]),
            "categories with another number of keypoints than 2: 1 (hand: 1)",
        ),
        (
            content(person(1, category_id=0)),
            "annotations, none of them of a category with keypoints: 1 (id 1)",
        ),
        (
            content(images=[{"id": 7, "file_name": "7.jpg", "width": 0, "height": 80}]),
            "images whose 'width' is not a whole number above 0: 1 (id 7)",
        ),
        (content(images=[{"id": 7}, {"id": 8}]), "images without 'file_name': 2 (id 7, id 8)"),
    ],
)
def test_a_fault_of_the_structure_comes_first(file: Any, line: str) -> None:
    table, found = examined(file, 2)
    assert table is None
    assert str(found[0]) == line
    assert found[0].fatal


def test_an_image_that_stands_twice_is_fatal_and_so_is_not_its_name() -> None:
    first = content()["images"][0]
    same_id = content(images=[first, first | {"file_name": "8.jpg"}])
    same_name = content(images=[first, first | {"id": 8}])
    assert [(str(f), f.fatal) for f in faults(same_id)] == [
        ("image ids that stand twice: 1 (7)", True)
    ]
    assert [(str(f), f.fatal) for f in faults(same_name)] == [
        ("file names that stand twice: 1 (7.jpg)", False)
    ]


def test_a_file_that_is_not_json_says_where(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"images":\n  [1, 2,', "utf-8")
    with pytest.raises(DataError, match=r"a\.json is not JSON: .* at line 2, column 9, where the"):
        read_json(path)
    path.write_text('{"images":\n  [1, oops]}', "utf-8")
    with pytest.raises(DataError, match=r"Expecting value at line 2, column 7; fetch the file"):
        read_json(path)
    path.write_bytes(b'{"images": "\xff"}')
    with pytest.raises(DataError, match="is not JSON: invalid start byte at byte 12; fetch"):
        read_json(path)


def test_a_file_that_is_not_there_or_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read: No such file"):
        read_json(tmp_path / "none.json")
    with pytest.raises(DataError, match="cannot be read: Is a directory"):
        read_json(tmp_path)


def test_reading_leaves_the_garbage_collector_as_it_was(tmp_path: Path) -> None:
    path = written(tmp_path / "a.json", content(person(1)))
    read(path, 2)
    assert gc.isenabled()
    gc.disable()
    try:
        read(path, 2)
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_the_images_of_a_file_without_annotations_are_read(tmp_path: Path) -> None:
    hidden = {"images": copy.deepcopy(content()["images"])}
    table = read_images(written(tmp_path / "a.json", hidden), 17)
    assert table.file_names == ("7.jpg",)
    assert table.keypoints.shape == (0, 17, 3)
    hidden["images"][0].pop("height")
    with pytest.raises(DataError, match=r"a\.json: images without 'height': 1 \(id 7\)"):
        read_images(written(tmp_path / "a.json", hidden), 17)


def test_a_file_name_that_stands_twice_does_not_keep_a_file_from_being_read(tmp_path: Path) -> None:
    first = content()["images"][0]
    file = content(person(1), images=[first, first | {"id": 8}])
    path = written(tmp_path / "a.json", file)
    assert read(path, 2).file_names == ("7.jpg", "7.jpg")
    assert read_images(path, 2).image_ids.tolist() == [7, 8]
