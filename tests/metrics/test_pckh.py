"""PCKh on persons whose heads are 10 pixels, so that an error of 5 is half a head."""

import math
from pathlib import Path

import numpy as np
import pytest
from metrics.examples import in_boxes, setting
from numpy.typing import NDArray
from scipy.io import loadmat

from hrbench import catalog
from hrbench.metrics.named.pckh import PCKH
from hrbench.metrics.pckh import (
    KEYPOINTS,
    THRESHOLDS,
    HeadTruth,
    mean_of_keypoints,
    pixel_errors,
    score_pckh,
    share_within,
)

PARTS = ["head", "shoulder", "elbow", "wrist", "hip", "knee", "ankle"]


def persons(count: int = 2, *, missing: dict[str, list[int]] | None = None) -> HeadTruth:
    """People at (101, 51), counted from 1, with heads of 10 pixels."""
    absent = np.zeros((count, 16), dtype=bool)
    for name, rows in (missing or {}).items():
        absent[rows, KEYPOINTS.index(name)] = True
    return HeadTruth(np.tile([101.0, 51.0], (count, 16, 1)), absent, np.full(count, 10.0))


def predictions(count: int = 2) -> NDArray[np.float32]:
    """Everything in its place, at (100, 50) counted from 0."""
    return np.tile(np.array([100, 50], dtype=np.float32), (count, 16, 1))


def moved(**right: list[float]) -> NDArray[np.float32]:
    """Two people, with some keypoints so far to the right of their places."""
    found = predictions()
    for name, offsets in right.items():
        found[:, KEYPOINTS.index(name), 0] += offsets
    return found


def figures(truth: HeadTruth, found: NDArray[np.float32]) -> dict[str, float]:
    return score_pckh(truth, found).figures


def test_everything_in_its_place_is_a_hundred_per_cent_everywhere() -> None:
    scores = score_pckh(persons(), predictions())
    percentages = {name: value for name, value in scores.figures.items() if "PCKh" in name}
    assert set(percentages.values()) == {100.0}
    assert scores.figures["median_error_px"] == 0
    assert scores.reasons == {}


def test_the_figures_come_in_the_order_of_the_table_headline_first() -> None:
    assert list(figures(persons(), predictions())) == [
        "PCKh@0.5",
        *(f"PCKh@0.5:{part}" for part in PARTS),
        "PCKh@0.1",
        "PCKh@0.1 (official code)",
        "median_error_px",
        "median_error_share",
    ]


def test_an_error_of_exactly_half_a_head_counts_as_found() -> None:
    found = figures(persons(), moved(head_top=[5.0, 5.25]))
    assert found["PCKh@0.5:head"] == 50
    assert found["PCKh@0.5"] == pytest.approx(100 * 27 / 28)  # 14 keypoints of 2 persons


def test_the_errors_of_left_and_right_are_averaged_plainly() -> None:
    # Of the right hip one of two persons is right, of the left hip, labelled once, none.
    truth = persons(missing={"left_hip": [1]})
    found = figures(truth, moved(right_hip=[0, 20], left_hip=[20, 20]))
    assert found["PCKh@0.5:hip"] == 25
    assert found["PCKh@0.5"] == pytest.approx(100 * 25 / 27)  # one is not labelled, two are wrong


def test_pelvis_and_thorax_count_in_no_figure_but_their_own() -> None:
    scores = score_pckh(persons(), moved(pelvis=[50, 50], thorax=[50, 50]))
    assert scores.figures["PCKh@0.5"] == 100
    assert scores.figures["median_error_px"] == 0
    assert scores.groups["keypoint"]["pelvis"] == {
        "labelled": 2,
        "PCKh@0.5": 0,
        "PCKh@0.1": 0,
        "median_error_px": 50,
        "median_error_share": 500,
    }


def test_a_neck_counts_in_the_mean_only() -> None:
    found = figures(persons(), moved(upper_neck=[50, 50]))
    assert {found[f"PCKh@0.5:{part}"] for part in PARTS} == {100}
    assert found["PCKh@0.5"] == pytest.approx(100 * 26 / 28)


def test_a_tenth_is_taken_at_0_10_and_the_official_one_at_0_11() -> None:
    off = {name: [1.0625, 1.0625] for name in KEYPOINTS}  # 0.10625 heads
    found = figures(persons(), moved(**off))
    assert (found["PCKh@0.1"], found["PCKh@0.1 (official code)"]) == (0, 100)
    assert found["median_error_px"] == 1.0625
    assert found["median_error_share"] == pytest.approx(10.625)


def test_keypoints_are_weighed_by_how_often_they_are_labelled() -> None:
    labelled = np.array([3, 1] + [0] * 14)
    values = np.array([100.0, 0.0] + [0.0] * 14)
    assert mean_of_keypoints(values, labelled) == 75
    assert mean_of_keypoints(np.eye(16), labelled)[:2].tolist() == [0.75, 0.25]


def test_the_predictions_are_counted_from_1_in_their_own_precision() -> None:
    truth = HeadTruth(np.full((1, 16, 2), 16777217.0), np.zeros((1, 16), bool), np.ones(1))
    rounded = pixel_errors(truth, np.full((1, 16, 2), 16777216, dtype=np.float32))
    exact = pixel_errors(truth, np.full((1, 16, 2), 16777216, dtype=np.float64))
    assert rounded[0, 0] == pytest.approx(math.sqrt(2))  # 2^24 + 1 is no float32
    assert exact[0, 0] == 0


def test_the_curve_rises_from_exact_hits_to_the_headline() -> None:
    scores = score_pckh(persons(), moved(right_wrist=[2.0, 4.5], left_wrist=[0, 0]))
    curve = scores.groups["curve"]
    assert list(curve) == ["thresholds", "mean", *PARTS]
    assert curve["thresholds"] == THRESHOLDS.tolist()
    assert len(THRESHOLDS) == 51
    assert curve["wrist"][0] == 50
    assert [curve["wrist"][index] for index in (19, 20, 44, 46, 50)] == [50, 75, 75, 100, 100]
    assert curve["mean"][50] == scores.figures["PCKh@0.5"]


def test_a_keypoint_that_nobody_has_leaves_its_figures_without_a_value() -> None:
    scores = score_pckh(persons(missing={"left_wrist": [0, 1]}), predictions())
    reason = "left_wrist: not labelled on anybody"
    names = ["PCKh@0.5", "PCKh@0.5:wrist", "PCKh@0.1", "PCKh@0.1 (official code)"]
    assert scores.reasons == dict.fromkeys(names, reason)
    assert all(math.isnan(scores.figures[name]) for name in names)
    assert scores.figures["PCKh@0.5:head"] == 100
    assert math.isnan(scores.groups["keypoint"]["left_wrist"]["median_error_px"])


def test_a_pelvis_that_nobody_has_changes_no_figure() -> None:
    scores = score_pckh(persons(missing={"pelvis": [0, 1]}), predictions())
    assert scores.figures["PCKh@0.5"] == 100
    assert scores.reasons == {}


def test_nobody_at_all_is_said_once_for_each_figure() -> None:
    scores = score_pckh(persons(0), predictions(0))
    assert set(scores.reasons.values()) == {"nobody is labelled"} | {
        f"{names}: not labelled on anybody"
        for names in ("head_top", *(f"left_{p} and right_{p}" for p in PARTS[1:]))
    }
    assert scores.reasons.keys() == scores.figures.keys()


def test_what_is_missing_may_have_any_position() -> None:
    truth = persons(missing={"head_top": [1]})
    truth.keypoints[1, KEYPOINTS.index("head_top")] = math.nan
    assert figures(truth, predictions())["PCKh@0.5:head"] == 100


def test_shares_of_missing_keypoints_are_within_nothing() -> None:
    shares = np.full((2, 16), math.nan)
    shares[0, 0] = 0.5
    within = share_within(np.sort(shares.T), np.array([1] + [0] * 15))
    assert within[[49, 50], 0].tolist() == [0, 100]
    assert np.isnan(within[:, 1:]).all()


def test_some_of_the_persons_are_a_truth_of_their_own() -> None:
    truth = persons(3, missing={"head_top": [2]})
    chosen = truth.rows(np.array([2, 0]))
    assert chosen.missing[:, KEYPOINTS.index("head_top")].tolist() == [True, False]
    assert len(chosen.head_sizes) == 2


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (predictions(3), r"predictions \(3, 16, 2\) for a truth of \(2, 16, 2\)"),
        (moved(head_top=[math.nan, 0]), "1 of their numbers not finite"),
    ],
)
def test_predictions_that_do_not_fit_are_refused(found: NDArray[np.float32], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        score_pckh(persons(), found)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"keypoints": np.zeros((2, 17, 2))}, "2 heads with keypoints"),
        ({"keypoints": np.full((2, 16, 2), math.nan)}, "a labelled keypoint has no position"),
        ({"head_sizes": np.array([10.0, 0.0])}, "the size of a head is not above 0"),
    ],
)
def test_a_truth_that_cannot_be_scored_against_is_refused(
    changes: dict[str, NDArray[np.float64]], words: str
) -> None:
    truth = persons()
    columns = {name: getattr(truth, name) for name in ("keypoints", "missing", "head_sizes")}
    with pytest.raises(ValueError, match=words):
        HeadTruth(**(columns | changes))


def test_the_keypoints_are_those_of_the_dataset() -> None:
    dataset = catalog.load_dataset("mpii")
    assert dataset.keypoints == KEYPOINTS
    pairs = {frozenset(pair) for pair in dataset.flip_pairs}
    assert pairs == {frozenset({f"left_{part}", f"right_{part}"}) for part in PARTS[1:]}


def test_predictions_for_the_test_server_are_counted_from_1(tmp_path: Path) -> None:
    keypoints = np.arange(64, dtype=np.float32).reshape(2, 16, 2)
    assert PCKH.upload is not None
    said = PCKH.upload(tmp_path, in_boxes(keypoints), setting(16))
    assert said == f"2 persons to hand in: {tmp_path / 'pred.mat'}"
    assert [path.name for path in tmp_path.iterdir()] == ["pred.mat"]
    read = loadmat(tmp_path / "pred.mat")["preds"]
    assert read.dtype == np.float32
    assert read.tolist() == (keypoints + 1).tolist()
