from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from hrbench.data.framing import as_viewed
from hrbench.draw.annotation_sheet import (
    BODY,
    DOUBT,
    FACE,
    Objects,
    chosen,
    colors_of,
    number_places,
    sheet,
)
from hrbench.draw.drawing import LEFT, MIDDLE, RIGHT
from hrbench.errors import DataError

CROSS = [[10.0, 20], [30, 20], [20, 10]]  # left, right, top
TILE, COLUMNS = BODY.tile, BODY.columns


def objects(count: int, *, labelled: bool = True, folder: Path = Path()) -> Objects:
    return Objects(
        files=[folder / "a.png"],
        sizes=np.array([[40, 40]]),
        image=np.zeros(count, dtype=np.int64),
        titles=[f"id {number}" for number in range(count)],
        points=np.tile(np.array(CROSS), (count, 1, 1)),
        labelled=np.full((count, 3), labelled),
    )


def none(count: int) -> NDArray[np.bool_]:
    return np.zeros(count, dtype=np.bool_)


@pytest.fixture
def images(tmp_path: Path) -> Path:
    cv2.imwrite(str(tmp_path / "a.png"), np.full((40, 40, 3), 128, np.uint8))
    return tmp_path


def test_doubtful_objects_come_first_then_others_spread_over_the_file() -> None:
    doubtful = none(100)
    doubtful[[40, 90]] = True
    rows = chosen(objects(100), doubtful)
    assert rows[:2].tolist() == [40, 90]
    assert len(rows) == len(set(rows.tolist())) == BODY.most
    assert rows[[2, -1]].tolist() == [0, 99]
    assert len(chosen(objects(100), ~doubtful)) == BODY.most
    assert len(chosen(objects(3), none(3))) == 3


def test_objects_without_labels_or_a_listed_image_are_not_shown() -> None:
    assert len(chosen(objects(3, labelled=False), ~none(3))) == 0
    lost = objects(3)
    lost.image[1] = -1
    assert chosen(lost, none(3)).tolist() == [0, 2]


def test_left_is_orange_right_is_blue_and_the_rest_green() -> None:
    assert colors_of(3, [(0, 1)]) == [LEFT, RIGHT, MIDDLE]
    assert LEFT[2] > LEFT[1] > LEFT[0]  # BGR
    assert RIGHT[0] > RIGHT[1] > RIGHT[2]


def test_points_lie_where_they_were_annotated_and_doubt_has_a_frame(images: Path) -> None:
    shown = objects(2, folder=images)
    drawn = sheet(shown, np.array([False, True]), [(0, 1)], [(0, 1)], as_viewed)
    assert drawn.shape == (TILE, TILE * COLUMNS, 3)
    # 20 pixels of the image, and 15 % more on each side, fill a tile: 224 / 26 to the pixel
    left, right = round(3 * TILE / 26), round(23 * TILE / 26)
    middle = round((20 - 15 + 13) * TILE / 26)
    assert drawn[middle, left].tolist() == list(LEFT)
    assert drawn[middle, right].tolist() == list(RIGHT)
    assert drawn[0, 0].tolist() == list(DOUBT)  # object 1 first
    assert drawn[0, TILE].tolist() == [255, 255, 255]


def test_a_face_has_a_larger_tile_and_numbers_where_there_is_room(images: Path) -> None:
    turn = np.linspace(0, 2 * np.pi, 68, endpoint=False)
    ring = 20 + 10 * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    labelled = np.ones((1, 68), dtype=np.bool_)
    face = Objects([images / "a.png"], None, np.array([0]), ["a.png"], ring[None], labelled)
    drawn = sheet(face, none(1), [], [], as_viewed)
    assert drawn.shape == (FACE.tile, FACE.width, 3)
    places = {index: (int(x), int(y)) for index, (x, y) in enumerate(15 * ring - 76)}
    assert len(number_places(places, FACE)) > 60
    crowded = {index: (100 + index % 3, 100) for index in range(68)}
    assert 0 < len(number_places(crowded, FACE)) < 20
    assert number_places({0: (-50, -50)}, FACE) == {}  # outside of the tile


def test_a_sheet_of_nothing_is_blank(images: Path) -> None:
    drawn = sheet(objects(0, folder=images), none(0), [(0, 1)], [], as_viewed)
    assert (drawn == 255).all()


def test_an_image_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"a\.png cannot be read"):
        sheet(objects(1, folder=tmp_path), none(1), [], [], as_viewed)
