from pathlib import Path

import cv2
import numpy as np
import pytest

from hrbench.data import own
from hrbench.data.annotations import Annotations
from hrbench.data.sheet import COLUMNS, DOUBT, LEFT, MIDDLE, RIGHT, TILE, chosen, colors_of, sheet
from hrbench.errors import DataError

CROSS = [10, 20, 2, 30, 20, 2, 20, 10, 2]  # left, right, top


def table(objects: int, keypoints: list[int] = CROSS) -> Annotations:
    content = {
        "images": [{"id": 1, "file_name": "a.png", "width": 40, "height": 40}],
        "categories": [{"id": 1, "keypoints": ["left", "right", "top"]}],
        "annotations": [
            {"id": index, "image_id": 1, "category_id": 1, "keypoints": keypoints}
            for index in range(objects)
        ],
    }
    found, _ = own.examined(content, 3)
    assert found is not None
    return found


@pytest.fixture
def images(tmp_path: Path) -> Path:
    cv2.imwrite(str(tmp_path / "a.png"), np.full((40, 40, 3), 128, np.uint8))
    return tmp_path


def test_doubtful_objects_come_first_then_others_spread_over_the_file() -> None:
    doubtful = np.zeros(100, dtype=bool)
    doubtful[[40, 90]] = True
    rows = chosen(table(100), doubtful)
    assert rows[:2].tolist() == [40, 90]
    assert len(rows) == len(set(rows.tolist())) == 24
    assert rows[[2, -1]].tolist() == [0, 99]
    assert len(chosen(table(100), ~doubtful)) == 24
    assert len(chosen(table(3), np.zeros(3, dtype=bool))) == 3


def test_objects_without_labels_are_not_shown() -> None:
    assert len(chosen(table(3, [0] * 9), np.ones(3, dtype=bool))) == 0


def test_left_is_orange_right_is_blue_and_the_rest_green() -> None:
    assert colors_of(3, [(0, 1)]) == [LEFT, RIGHT, MIDDLE]
    assert LEFT[2] > LEFT[1] > LEFT[0]  # BGR
    assert RIGHT[0] > RIGHT[1] > RIGHT[2]


def test_points_lie_where_they_were_annotated_and_doubt_has_a_frame(images: Path) -> None:
    drawn = sheet(images, table(2), np.array([False, True]), [(0, 1)], [(0, 1)])
    assert drawn.shape == (TILE, TILE * COLUMNS, 3)
    # 20 pixels of the image, and 15 % more on each side, fill a tile: 224 / 26 to the pixel
    left, right = round(3 * TILE / 26), round(23 * TILE / 26)
    middle = round((20 - 15 + 13) * TILE / 26)
    assert drawn[middle, left].tolist() == list(LEFT)
    assert drawn[middle, right].tolist() == list(RIGHT)
    assert drawn[0, 0].tolist() == list(DOUBT)  # object 1 first
    assert drawn[0, TILE].tolist() == [255, 255, 255]


def test_a_sheet_of_nothing_is_blank(images: Path) -> None:
    drawn = sheet(images, table(0), np.zeros(0, dtype=bool), [(0, 1)], [])
    assert (drawn == 255).all()


def test_an_image_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"a\.png cannot be read"):
        sheet(tmp_path, table(1), np.zeros(1, dtype=bool), [], [])
