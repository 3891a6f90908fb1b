from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from hrbench.draw.drawing import DARK, LEFT, RIGHT
from hrbench.draw.joint_sheet import BAND, GAP, PANEL, SHARE, TRUTH, WIDE, sheet

NAMES = ("hip", "right_hip", "left_hip", "spine")
EDGES = ((0, 1), (0, 2), (0, 3))
POSE = np.array([[0.0, 0, 0], [-300, 0, 0], [300, 0, 0], [0, -500, 200]])
ONE_SIDED = ("left",) * 4  # in the smooth rim of dark lines there is some of any grey
FLAT = np.array([[100.0, 100], [70, 100], [130, 100], [100, 50]])

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float64]


def drawn(truth: Floats, found: Floats, names: Sequence[str] = NAMES) -> Pixels:
    return sheet(FLAT[None], truth[None], found[None], EDGES, names, ["S9 Walking"])


def moved(*by: float) -> Floats:
    return np.asarray(POSE + np.array(by))


def panels(picture: Pixels) -> list[Pixels]:
    """The keypoints and the two views of the first row, without what is around them."""
    row = picture[3 * BAND : 3 * BAND + PANEL]
    starts = [column * WIDE + GAP for column in range(3)]
    return [row[1:-1, start + 1 : start + PANEL - 1] for start in starts]


def where(view: Pixels, shade: tuple[int, int, int]) -> Floats:
    """The mean x, y of the pixels of exactly this colour."""
    y, x = np.nonzero((view == shade).all(axis=2))
    return np.array([x.mean(), y.mean()])


def has(view: Pixels, shade: tuple[int, int, int]) -> bool:
    return bool((view == shade).all(axis=2).any())


def extent(view: Pixels) -> tuple[int, int]:
    y, x = np.nonzero((view < 255).any(axis=2))
    return int(np.ptp(x)), int(np.ptp(y))


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_sheet_has_a_row_of_three_panels_for_each_frame(count: int) -> None:
    poses = np.tile(POSE, (count, 1, 1))
    picture = sheet(np.tile(FLAT, (count, 1, 1)), poses, poses, EDGES, NAMES, ["a"] * count)
    height = 2 * BAND + count * (BAND + PANEL + GAP)
    assert picture.shape == (height, 3 * WIDE, 3)
    assert picture.dtype == np.uint8


def test_left_and_right_have_their_colours_and_stand_where_the_camera_has_them() -> None:
    given, front, _ = panels(drawn(POSE, POSE))
    for view in (given, front):
        assert where(view, RIGHT)[0] < where(view, DARK)[0] < where(view, LEFT)[0]
        assert where(view, DARK)[1] < where(view, LEFT)[1]  # up, above the hips


def test_a_prediction_equal_to_the_truth_covers_it() -> None:
    assert not any(has(view, TRUTH) for view in panels(drawn(POSE, POSE, ONE_SIDED)))
    given, front, side = panels(drawn(POSE, moved(200, 0, 200), ONE_SIDED))
    assert not has(given, TRUTH)
    assert has(front, TRUTH)
    assert has(side, TRUTH)


def test_what_is_farther_away_is_to_the_right_in_the_view_from_the_right() -> None:
    _, front, side = panels(drawn(POSE, moved(0, 0, 200), ONE_SIDED))
    assert not has(front, TRUTH)  # the camera does not see depth
    assert where(side, TRUTH)[0] < where(side, LEFT)[0]


def test_both_views_have_one_scale_that_of_the_largest_pose() -> None:
    cross = np.array([[0.0, 0, 0], [-300, 0, 300], [300, 0, -300], [0, -200, 0]])
    _, front, side = panels(drawn(cross, cross))
    assert extent(front) == extent(side)
    whole = SHARE * PANEL
    assert extent(front)[0] == pytest.approx(whole, abs=10)  # dots reach a little past it
    two = np.array([cross / 2, cross])
    picture = sheet(np.array([FLAT, FLAT]), two, two, EDGES, NAMES, ["a", "b"])
    assert extent(panels(picture)[1])[0] == pytest.approx(whole / 2, abs=10)


def test_the_error_is_written_above_the_row() -> None:
    bands = [drawn(POSE, moved(z, 0, 0))[2 * BAND : 3 * BAND] for z in (0.0, 0.1, 40.0)]
    assert np.array_equal(bands[0], bands[1])  # in whole millimetres
    assert not np.array_equal(bands[0], bands[2])


def test_a_prediction_far_outside_and_a_pose_of_one_point_are_drawn() -> None:
    nowhere = np.zeros((4, 3))
    picture = sheet(np.zeros((1, 4, 2)), nowhere[None], nowhere[None] + 1e9, EDGES, NAMES, ["lost"])
    assert picture.shape == (3 * BAND + PANEL + GAP, 3 * WIDE, 3)


def test_a_joint_that_detections_lack_is_left_out_with_its_limb() -> None:
    lacking = FLAT.copy()
    lacking[2] = np.nan  # the left hip
    given, front, _ = panels(sheet(lacking[None], POSE[None], None, EDGES, NAMES, ["no left hip"]))
    assert not has(given, LEFT)
    assert has(given, RIGHT)
    assert has(front, LEFT)
    empty = panels(sheet(lacking[None] * np.nan, POSE[None], None, EDGES, NAMES, ["none"]))[0]
    assert (empty == 255).all()
