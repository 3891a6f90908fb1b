from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hrbench.draw import curves
from hrbench.metrics.metric import CurveAxes

AXES = CurveAxes("error", "keypoints within it (%)")
Curve = dict[str, list[float | None]]

PCKH: Curve = {
    "thresholds": [0.0, 0.25, 0.5],
    "mean": [0.0, 40.0, 90.5],
    "hip": [0.0, None, 100 / 3],
}
FACES: Curve = {"thresholds": [0.0, 0.35 / 7, 0.1], "share": [0.0, 50.0, 100.0]}


def drawn(folder: Path, curve: Curve) -> NDArray[np.uint8]:
    path = curves.draw(folder, {"keypoint": {}, "curve": curve}, AXES)
    assert path == folder / "curve.png"
    picture = cv2.imread(str(path))
    assert picture is not None
    return picture.astype(np.uint8)


def coloured(picture: NDArray[np.uint8], color: curves.Color) -> int:
    return int((picture == color).all(axis=2).sum())


def test_the_table_has_thresholds_first_and_no_number_where_there_is_none(tmp_path: Path) -> None:
    drawn(tmp_path, PCKH)
    assert (tmp_path / "curve.csv").read_text("utf-8") == (
        "thresholds,mean,hip\n0,0,0\n0.25,40,\n0.5,90.5,33.3333333333\n"
    )


def test_a_threshold_that_binary_fractions_miss_is_written_as_it_is_meant(tmp_path: Path) -> None:
    thresholds = np.arange(0, 0.51, 0.01).tolist()
    assert thresholds[35] != 0.35
    curves.draw(tmp_path, {"curve": {"thresholds": thresholds, "mean": [1.0] * 51}}, AXES)
    assert (tmp_path / "curve.csv").read_text("utf-8").splitlines()[36] == "0.35,1"


def test_the_picture_has_the_line_where_its_numbers_are(tmp_path: Path) -> None:
    picture = drawn(tmp_path, FACES)
    assert picture.shape == (600, 800, 3)
    middle = (curves.LEFT + curves.RIGHT) // 2, (curves.TOP + curves.BOTTOM) // 2
    assert tuple(picture[middle[1], middle[0]].tolist()) == curves.BLACK
    below_right = picture[middle[1] + 20 : curves.BOTTOM - 5, middle[0] + 20 : curves.RIGHT - 5]
    assert coloured(below_right, curves.BLACK) == 0


def test_several_lines_are_named_at_the_side(tmp_path: Path) -> None:
    hip = curves.COLORS[1]
    picture = drawn(tmp_path, PCKH | {"hip": [0.0, 20.0, 30.0]})
    axes, legend = np.split(picture, [curves.RIGHT - curves.LEGEND + 2], axis=1)
    assert coloured(axes, hip) > 100
    assert coloured(legend, hip) > 10
    assert coloured(drawn(tmp_path, FACES), hip) == 0


def test_a_joint_that_nobody_has_is_neither_drawn_nor_named(tmp_path: Path) -> None:
    picture = drawn(tmp_path, PCKH | {"hip": [None, None, None]})
    assert coloured(picture, curves.COLORS[1]) == 0
    assert (tmp_path / "curve.csv").read_text("utf-8").splitlines()[1] == "0,0,"


def test_a_curve_without_any_number_has_its_axes_alone(tmp_path: Path) -> None:
    empty = drawn(tmp_path, FACES | {"share": [None, None, None]})
    assert coloured(empty, curves.GREY) > 1000


def test_a_line_of_several_pieces_has_a_gap(tmp_path: Path) -> None:
    thresholds: list[float | None] = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]
    picture = drawn(tmp_path, {"thresholds": thresholds, "mean": [50, 50, None, None, 50, 50]})
    row = (curves.TOP + curves.BOTTOM) // 2
    length = curves.RIGHT - curves.LEFT
    dark = (picture[row, curves.LEFT + 5 : curves.RIGHT - 5] == curves.BLACK).all(axis=1)
    assert abs(int(dark.sum()) - 0.4 * length) < 20


def test_figures_without_a_curve_leave_no_file(tmp_path: Path) -> None:
    assert curves.draw(tmp_path, {"keypoint": {}}, AXES) is None
    assert list(tmp_path.iterdir()) == []
