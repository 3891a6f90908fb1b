import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hrbench.data import given_boxes
from hrbench.errors import DataError

BOX = [10.0, 20.0, 30.0, 40.0]


def written(folder: Path, content: Any) -> Path:
    (folder / "boxes.json").write_text(json.dumps(content), "utf-8")
    return folder / "boxes.json"


def test_detections_are_found_by_the_number_that_a_file_is_called_by(tmp_path: Path) -> None:
    rows = [
        {"image_id": 139, "bbox": BOX, "score": 0.9, "category_id": 1},
        {"image_id": 139, "bbox": BOX, "score": 0.2, "category_id": 1},  # unsure
        {"image_id": 139, "bbox": BOX, "score": 0.9, "category_id": 3},  # a car
    ]
    table = given_boxes.read(written(tmp_path, rows), threshold=0.3)
    found = given_boxes.of_image(table, Path("000000000139.jpg"), None, 139)
    assert found.tolist() == [[*BOX, 0.9]]
    assert given_boxes.of_image(table, Path("140.jpg"), None, 140).shape == (0, 5)


def test_annotations_are_found_by_their_file_name(tmp_path: Path) -> None:
    content = {
        "images": [{"id": 7, "file_name": "train/a.png"}],
        "annotations": [{"image_id": 7, "bbox": BOX}],
    }
    table = given_boxes.read(written(tmp_path, content), 0.3)
    assert given_boxes.of_image(table, Path("train/a.png"), None, 1).tolist() == [[*BOX, 1.0]]


def test_frames_are_found_by_their_number(tmp_path: Path) -> None:
    rows = [
        {"image_id": 3, "bbox": BOX},
        {"file_name": "clips/b.mp4", "frame": 5, "image_id": 5, "bbox": BOX},
    ]
    table = given_boxes.read(written(tmp_path, rows), 0.3)
    assert len(given_boxes.of_image(table, Path("any.mp4"), 3, 3)) == 1
    assert len(given_boxes.of_image(table, Path("other/b.mp4"), 5, 5)) == 1
    assert len(given_boxes.of_image(table, Path("c.mp4"), 5, 5)) == 0


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"boxes": []}, "not a list of boxes as COCO has them"),
        ([3], "entry 0 is 3, not an object"),
        ([{"image_id": 1, "bbox": [1, 2, 3]}], "entry 0: 'bbox' should be"),
        ([{"image_id": 1, "bbox": [1, 2, 3, None]}], "entry 0: 'bbox' should be"),
        ([{"image_id": 1, "bbox": [1, 2, 0, 4]}], "entry 0: the box [1, 2, 0, 4] has no area"),
        ([{"image_id": 1, "bbox": BOX, "score": "high"}], "entry 0: 'score' should be a number"),
        ([{"bbox": BOX, "image_id": [1]}], "entry 0: name its image by 'image_id' or 'file_name'"),
        ({"images": [3, {}], "annotations": [{"bbox": BOX}]}, "entry 0: name its image"),
        ([{"bbox": BOX}], "entry 0: name its image by 'image_id' or 'file_name'"),
    ],
)
def test_what_is_no_box_is_refused_by_its_entry(content: Any, words: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        given_boxes.read(written(tmp_path, content), 0.3)
    assert words in str(caught.value)


def test_a_box_beside_the_image_is_refused_and_one_across_its_edge_is_not() -> None:
    across = np.array([[-5.0, -5, 10, 10, 1], [95, 45, 10, 10, 1]])
    given_boxes.require_inside(across, (100, 50), "a.jpg")
    for box in ([100.0, 0, 5, 5, 1], [0, 50, 5, 5, 1], [-5, 0, 5, 5, 1]):
        with pytest.raises(DataError, match=r"a\.jpg: the box .* is outside of the image"):
            given_boxes.require_inside(np.array([box]), (100, 50), "a.jpg")
