import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hrbench.errors import DataError
from hrbench.formats.coco.repeats import Repeats, overlaps, read
from hrbench.metrics.sigmas import estimate

BOX: list[float] = [10, 10, 20, 20]


def annotation(number: int, box: list[float], **changes: Any) -> dict[str, Any]:
    x, y, width, height = box
    points = [x, y, 2, x + width, y + height, 2]
    return {
        "id": number,
        "image_id": 1,
        "category_id": 1,
        "keypoints": points,
        "bbox": box,
    } | changes


def written(tmp_path: Path, *rows: dict[str, Any], names: tuple[str, ...] = ("a", "b")) -> Repeats:
    content = {
        "images": [
            {"id": index + 1, "file_name": name, "width": 100, "height": 100}
            for index, name in enumerate(names)
        ],
        "categories": [{"id": 1, "keypoints": ["head", "tail"]}, {"id": 2, "keypoints": []}],
        "annotations": list(rows),
    }
    path = tmp_path / "repeats.json"
    path.write_text(json.dumps(content), "utf-8")
    return read(path, 2)


def groups(found: Repeats) -> list[list[int]]:
    return [
        np.flatnonzero(found.objects == number).tolist() for number in range(max(found.objects) + 1)
    ]


def test_boxes_that_overlap_by_half_are_of_one_object(tmp_path: Path) -> None:
    near = annotation(2, [10, 10, 20, 40])  # 400 / 800
    far = annotation(3, [10, 10, 20, 41])  # just below, to the first alone
    assert groups(written(tmp_path, annotation(1, BOX), near)) == [[0, 1]]
    assert groups(written(tmp_path, annotation(1, BOX), far)) == [[0], [1]]
    assert groups(written(tmp_path, annotation(1, BOX), far, near)) == [[0, 1, 2]]  # a chain


def test_objects_of_other_images_are_others(tmp_path: Path) -> None:
    rows = annotation(1, BOX), annotation(2, BOX, image_id=2)
    assert groups(written(tmp_path, *rows)) == [[0], [1]]
    assert groups(written(tmp_path, *rows, names=("a", "a"))) == [[0, 1]]  # listed twice


def test_an_object_id_decides_where_there_is_one(tmp_path: Path) -> None:
    rows = [
        annotation(1, BOX, object_id=1),
        annotation(2, BOX, object_id="1"),
        annotation(3, [70, 70, 10, 10], object_id=1),
        annotation(4, BOX, object_id=1, image_id=2),
        annotation(5, BOX),
        annotation(6, BOX),
    ]
    assert groups(written(tmp_path, *rows)) == [[0, 2], [1], [3], [4, 5]]


def test_crowds_unlabelled_annotations_and_other_categories_are_left_out(tmp_path: Path) -> None:
    found = written(
        tmp_path,
        {"image_id": 1, "category_id": 2},
        annotation(1, BOX, iscrowd=1),
        annotation(2, BOX, keypoints=[0] * 6),
        annotation(3, BOX, area=7),
    )
    assert found.areas.tolist() == [7]
    assert found.keypoints.tolist() == [[[10, 10], [30, 30]]]


def test_a_file_without_annotations_has_no_objects(tmp_path: Path) -> None:
    assert written(tmp_path).objects.shape == (0,)


def test_another_number_of_keypoints_is_refused(tmp_path: Path) -> None:
    written(tmp_path, annotation(1, BOX))
    with pytest.raises(DataError, match="have 2 keypoints and the dataset's TOML names 3"):
        read(tmp_path / "repeats.json", 3)


def test_boxes_without_an_area_overlap_nothing() -> None:
    boxes = np.array([[0, 0, 0, 0], [0, 0, 4, 4], [2, 0, 4, 4]], dtype=float)
    assert overlaps(boxes).tolist() == [[0, 0, 0], [0, 1, 1 / 3], [0, 1 / 3, 1]]


def test_from_file_to_sigma(tmp_path: Path) -> None:
    rows = []
    for index in range(10):  # the second annotator puts the tail 4 pixels lower
        first = annotation(2 * index, BOX, object_id=index)
        moved = [10, 10, 2, 30, 34, 2]
        rows += [first, annotation(2 * index + 1, BOX, object_id=index, keypoints=moved)]
    found = written(tmp_path, *rows)
    sigmas = estimate(found.keypoints, found.labelled, found.areas, found.objects)
    assert sigmas.values[1] == pytest.approx((8 / 400) ** 0.5)  # 2 * 2^2 over the box's area
    assert sigmas.reasons == ("all its repeats are the same: copies say nothing", "")
