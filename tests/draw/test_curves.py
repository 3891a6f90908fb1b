from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hrbench.draw import curves
from hrbench.metrics.metric import CurveAxes
from hrbench.report import charts

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


def coloured(picture: NDArray[np.uint8], color: str) -> NDArray[np.bool_]:
    """Where a picture, BGR, has a colour of `charts`."""
    rgb = [int(color[start : start + 2], 16) for start in (1, 3, 5)]
    return np.asarray((picture == rgb[::-1]).all(axis=2))


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
    figure = charts.curve(FACES, AXES, curves.SIZE)
    figure.set_dpi(curves.FINENESS)
    figure.draw_without_rendering()
    column, row = figure.axes[0].transData.transform((0.05, 50)).astype(int)
    ink = coloured(picture, charts.INK)
    assert ink[600 - row - 2 : 600 - row + 2, column - 2 : column + 2].any()
    assert not ink[600 - row + 20 : 600 - row + 60, column + 20 : column + 60].any()


def test_a_line_goes_from_nothing_to_all_over_the_whole_of_what_it_is_drawn_over() -> None:
    (chart,) = charts.curve(FACES, AXES, curves.SIZE).axes
    assert chart.get_xlim() == (0, 0.1)
    assert chart.get_ylim() == (0, 100)
    assert (chart.get_xlabel(), chart.get_ylabel()) == ("error", "keypoints within it (%)")


def test_several_lines_are_named_above_one_alone_is_not() -> None:
    hip = PCKH | {"hip": [0.0, 20.0, 30.0]}
    (legend,) = charts.curve(hip, AXES, curves.SIZE).legends
    assert [text.get_text() for text in legend.get_texts()] == ["mean", "hip"]
    assert charts.curve(FACES, AXES, curves.SIZE).legends == []


def test_a_joint_that_nobody_has_is_neither_drawn_nor_named(tmp_path: Path) -> None:
    without = PCKH | {"hip": [None, None, None]}
    assert not coloured(drawn(tmp_path, without), charts.COLORS[1]).any()
    (legend,) = charts.curve(without, AXES, curves.SIZE).legends
    assert [text.get_text() for text in legend.get_texts()] == ["mean"]
    assert (tmp_path / "curve.csv").read_text("utf-8").splitlines()[1] == "0,0,"


def test_a_curve_without_any_number_has_its_axes_alone(tmp_path: Path) -> None:
    empty = drawn(tmp_path, FACES | {"share": [None, None, None]})
    assert coloured(empty, charts.PALE).sum() > 1000
    (chart,) = charts.curve(FACES | {"share": [None] * 3}, AXES, curves.SIZE).axes
    assert list(chart.get_lines()) == []


def test_a_line_of_several_pieces_has_a_gap(tmp_path: Path) -> None:
    thresholds: list[float | None] = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]
    curve: Curve = {"thresholds": thresholds, "mean": [50, 50, None, None, 50, 50]}
    ink = coloured(drawn(tmp_path, curve), charts.INK)
    figure = charts.curve(curve, AXES, curves.SIZE)
    figure.set_dpi(curves.FINENESS)
    figure.draw_without_rendering()
    (left, row), (right, _) = figure.axes[0].transData.transform([(0, 50), (0.5, 50)])
    dark = ink[600 - int(row) - 1, int(left) + 5 : int(right) - 5]
    assert abs(int(dark.sum()) - 0.4 * (right - left)) < 20


def test_what_looks_like_a_formula_in_a_name_is_written_as_it_is() -> None:
    (legend,) = charts.curve(PCKH | {r"$\hip": [1, 2, 3]}, AXES, curves.SIZE).legends
    assert legend.get_texts()[-1].get_text() == r"$\hip"
    assert not legend.get_texts()[-1].get_parse_math()


def test_figures_without_a_curve_leave_no_file(tmp_path: Path) -> None:
    assert curves.draw(tmp_path, {"keypoint": {}}, AXES) is None
    assert list(tmp_path.iterdir()) == []
    assert curves.draw_reliability(tmp_path, {"keypoint": {}, "reliability": {}}) is None


BINS = {
    "pose 1": {"above": 0.0, "to": 10.0, "answers": 3, "score": 5.0, "right": 0.0},
    "pose 2": {"above": 90.0, "to": 100.0, "answers": 4, "score": 95.0, "right": 75.0},
    "first answer 1": {"above": 40.0, "to": 50.0, "answers": 2, "score": 45.0, "right": 50.0},
}


def test_a_curve_of_reliability_goes_through_its_bins_beside_the_diagonal(tmp_path: Path) -> None:
    figure = charts.reliability(BINS, curves.SIZE)
    (chart,) = figure.axes
    pose, first, diagonal = chart.get_lines()
    assert np.array(pose.get_xydata()).tolist() == [[5, 0], [95, 75]]
    assert np.array(first.get_xydata()).tolist() == [[45, 50]]
    assert np.array(diagonal.get_xydata()).tolist() == [[0, 0], [100, 100]]
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["pose", "first answer"]
    path = curves.draw_reliability(tmp_path, {"reliability": BINS})
    assert path == tmp_path / "reliability.png"
    picture = cv2.imread(str(path))
    assert picture is not None
    assert picture.shape == (600, 800, 3)
