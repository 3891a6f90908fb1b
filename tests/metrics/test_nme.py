import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from hrbench.metrics.nme import (
    FaceTruth,
    area_under_curve,
    curve,
    failure_rate,
    normalisers,
    score_faces,
)


def faces(*sizes: float) -> FaceTruth:
    """Faces of two points at (0, 0) and (100, 0), with sizes to divide by."""
    points = np.tile([[0.0, 0.0], [100.0, 0.0]], (len(sizes), 1, 1))
    named = {"inter-ocular": np.array(sizes), "box": np.full(len(sizes), 400.0)}
    return FaceTruth(np.arange(len(sizes)) + 7, points, named)


def off(*pixels: tuple[float, float]) -> NDArray[np.float64]:
    """Predictions so far below the two points of each face."""
    points = faces(*(100.0 for _ in pixels)).keypoints.copy()
    points[:, :, 1] += np.reshape(pixels, (-1, 2))
    return points


def test_an_error_is_the_mean_distance_over_the_size_and_the_nme_their_mean() -> None:
    figures = score_faces(faces(100, 200), off((4, 8), (4, 8)), normaliser="inter-ocular").figures
    assert figures["NME"] == pytest.approx((6 + 3) / 2)
    assert figures["NME (box)"] == pytest.approx(1.5)
    assert figures["median_error_px"] == 6


def test_figures_come_in_the_order_in_which_they_are_reported() -> None:
    names = list(score_faces(faces(100), off((1, 1)), normaliser="inter-ocular").figures)
    assert names == [
        "NME",
        "FR@0.08",
        "FR@0.10",
        "AUC@0.08",
        "AUC@0.10",
        "NME (box)",
        "median_error_px",
    ]


def test_a_failure_is_above_its_limit_and_not_at_it() -> None:
    errors = np.array([0.08, 0.0801, 0.5, 0.01])
    assert failure_rate(errors, 0.08) == 50


def test_the_area_is_what_lies_between_errors_and_limit() -> None:
    # Steps at 0.02 and 0.06 to a half and to one, up to 0.1: 0.04 / 2 + 0.04 = 0.06 of 0.1.
    assert area_under_curve(np.array([0.02, 0.06]), 0.1) == pytest.approx(60)
    assert area_under_curve(np.array([0.0]), 0.08) == 100
    assert area_under_curve(np.array([0.2]), 0.08) == 0


def test_the_curve_counts_faces_with_at_most_so_much_error() -> None:
    drawn = curve(np.array([0.0, 0.0504, 0.1, 0.3]))
    assert len(drawn["thresholds"]) == len(drawn["share"]) == 101
    assert drawn["thresholds"][50] == 0.05
    assert [drawn["share"][i] for i in (0, 50, 51, 99, 100)] == [25, 25, 50, 50, 75]


@given(st.lists(st.floats(0, 0.2), min_size=1, max_size=20))
def test_the_area_is_that_of_the_curve(errors: list[float]) -> None:
    # The curve's sum over 100 steps is off by one step at most.
    under = np.mean(curve(np.array(errors))["share"][1:])
    assert area_under_curve(np.array(errors), 0.1) == pytest.approx(under, abs=1 + 1e-9)


def test_each_point_has_its_own_error_under_its_number_or_name() -> None:
    found = score_faces(faces(100, 200), off((4, 8), (4, 8)), normaliser="inter-ocular")
    assert found.groups["keypoint"]["1"] == {"NME": pytest.approx(6), "median_error_px": 8}
    named = score_faces(
        faces(100), off((4, 8)), normaliser="inter-ocular", keypoint_names=["chin", "nose"]
    )
    assert list(named.groups["keypoint"]) == ["chin", "nose"]


def test_without_faces_nothing_has_a_value_and_the_reason_says_so() -> None:
    found = score_faces(faces(), off(), normaliser="inter-ocular")
    assert all(math.isnan(value) for value in found.figures.values())
    assert set(found.reasons.values()) == {"there are no faces"}


def test_a_face_without_a_size_leaves_no_figure_that_needs_it() -> None:
    found = score_faces(faces(100, 0), off((1, 1), (1, 1)), normaliser="inter-ocular")
    assert math.isnan(found.figures["NME"])
    assert math.isnan(found.figures["FR@0.08"])
    assert found.reasons["NME"] == "inter-ocular is not above 0 in 1 faces; the first is 8"
    assert "NME (box)" not in found.reasons
    assert found.figures["median_error_px"] == 1


def test_predictions_of_other_faces_or_nan_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(2, 2, 2\) for a truth of \(1, 2, 2\)"):
        score_faces(faces(100), off((1, 1), (1, 1)), normaliser="box")
    with pytest.raises(ValueError, match="1 of them NaN"):
        score_faces(faces(100), off((1, math.nan)), normaliser="box")


def test_normalisers_lie_between_the_means_of_two_groups() -> None:
    points = np.array([[[0.0, 0.0], [0.0, 2.0], [4.0, 1.0], [3.0, 4.0]]])
    found = normalisers(points, {"corners": ([0], [3]), "pupils": ([0, 1], [2])})
    assert found["corners"].tolist() == [5]
    assert found["pupils"].tolist() == [4]
