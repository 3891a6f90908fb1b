"""Annotated keypoints on their picture."""

import numpy as np

from hrbench.draw.annotated_points import BODY, FACE, colors_of, number_places, size_of, tile
from hrbench.draw.drawing import LEFT, MIDDLE, RIGHT

CROSS = np.array([[10.0, 20], [30, 20], [20, 10]])  # left, right, top


def test_left_is_orange_right_is_blue_and_the_rest_green() -> None:
    assert colors_of(["a", "b", "c"], [(0, 1)]) == [LEFT, RIGHT, MIDDLE]
    assert LEFT[2] > LEFT[1] > LEFT[0]  # BGR
    assert RIGHT[0] > RIGHT[1] > RIGHT[2]


def test_a_side_that_a_name_says_goes_before_the_order_of_a_pair() -> None:
    names = ["right_eye", "left_eye", "nose"]
    assert colors_of(names, [(0, 1)]) == [RIGHT, LEFT, MIDDLE]


def test_points_lie_where_they_were_annotated() -> None:
    colors, image = [LEFT, RIGHT, MIDDLE], np.full((40, 40, 3), 128, np.uint8)
    drawn = tile(image, CROSS, np.ones(3, dtype=bool), colors, [(0, 1)], BODY)
    assert drawn.shape == (BODY.tile, BODY.tile, 3)
    # 20 pixels of the image, and 15 % more on each side, fill a tile: 320 / 26 to the pixel
    left, right = round(3 * BODY.tile / 26), round(23 * BODY.tile / 26)
    middle = round((20 - 15 + 13) * BODY.tile / 26)
    assert drawn[middle, left].tolist() == list(LEFT)
    assert drawn[middle, right].tolist() == list(RIGHT)


def test_what_is_not_labelled_is_not_drawn() -> None:
    image = np.full((40, 40, 3), 128, np.uint8)
    there = np.array([True, False, True])
    drawn = tile(image, CROSS, there, [LEFT, RIGHT, MIDDLE], [(0, 1), (0, 2)], BODY)
    assert not (drawn == RIGHT).all(axis=2).any()
    assert (drawn == LEFT).all(axis=2).any()


def test_a_face_has_a_larger_tile_and_numbers_where_there_is_room() -> None:
    assert (size_of(17), size_of(68)) == (BODY, FACE)
    turn = np.linspace(0, 2 * np.pi, 68, endpoint=False)
    ring = 20 + 10 * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    places = {index: (int(x), int(y)) for index, (x, y) in enumerate(15 * ring - 76)}
    assert len(number_places(places, FACE)) > 60
    crowded = {index: (100 + index % 3, 100) for index in range(68)}
    assert 0 < len(number_places(crowded, FACE)) < 20
    assert number_places({0: (-50, -50)}, FACE) == {}  # outside of the tile
