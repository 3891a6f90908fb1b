"""Reliability curves and expected error, by hand and beside scikit-learn's and torchmetrics'."""

import json
import math

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.calibration import calibration_curve
from torchmetrics.functional.classification import binary_calibration_error

from hrbench.metrics.calibration import Answers, breakdown, of_equal_mass, of_equal_width


def answers(*pairs: tuple[float, bool]) -> Answers:
    scores, right = zip(*pairs, strict=True)
    return Answers(np.array(scores), np.array(right))


def drawn(count: int, seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Scores, and as many numbers between 0 and 1."""
    rng = np.random.default_rng(seed)
    return rng.beta(2, 1.5, count), rng.random(count)


def test_scores_that_are_always_sure_and_always_wrong_are_wholly_off() -> None:
    assert of_equal_width(answers(*[(1.0, False)] * 7)).error == pytest.approx(1)


def test_the_error_is_the_mean_gap_of_the_bins_by_their_answers() -> None:
    told = answers((0.62, True), (0.68, False), (0.95, True), (0.85, True))
    curve = of_equal_width(told)
    assert curve.counts.tolist() == [2, 1, 1]
    assert curve.scores == pytest.approx([0.65, 0.85, 0.95])
    assert curve.right.tolist() == [0.5, 1, 1]
    assert curve.error == pytest.approx((2 * 0.15 + 0.15 + 0.05) / 4)


def test_a_score_on_an_edge_is_of_the_lower_bin() -> None:
    curve = of_equal_width(answers((0.5, True), (0.0, False), (1.0, True)))
    assert curve.high == pytest.approx([0.1, 0.5, 1.0])


def test_answers_that_are_right_as_often_as_their_score_says_have_almost_no_error() -> None:
    scores, luck = drawn(200_000)
    told = Answers(scores, luck < scores)
    assert of_equal_width(told).error < 0.005
    assert of_equal_mass(told).error < 0.005


@pytest.mark.parametrize("planted", [0.05, 0.2])
def test_an_excess_of_confidence_is_found_at_its_size(planted: float) -> None:
    scores, luck = drawn(200_000)
    scores = planted + (1 - planted) * scores
    told = Answers(scores, luck < scores - planted)
    assert of_equal_width(told).error == pytest.approx(planted, abs=0.004)
    assert of_equal_mass(told).error == pytest.approx(planted, abs=0.004)


@pytest.mark.parametrize("seed", range(5))
def test_the_curves_are_those_of_scikit_learn(seed: int) -> None:
    scores, luck = drawn(777, seed)
    told = Answers(scores, luck < scores**2)
    for curve, strategy in ((of_equal_width(told), "uniform"), (of_equal_mass(told), "quantile")):
        right, mean = calibration_curve(told.right, scores, n_bins=10, strategy=strategy)
        np.testing.assert_allclose(curve.right, right, rtol=0, atol=1e-12)
        np.testing.assert_allclose(curve.scores, mean, rtol=0, atol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_the_expected_error_is_that_of_torchmetrics(seed: int) -> None:
    scores, luck = drawn(777, seed)
    right = luck < scores**2
    theirs = binary_calibration_error(torch.from_numpy(scores), torch.from_numpy(right), n_bins=10)
    assert of_equal_width(Answers(scores, right)).error == pytest.approx(float(theirs), abs=1e-6)


def test_scores_beyond_the_ends_are_taken_for_the_ends() -> None:
    beyond = of_equal_width(answers((-0.2, False), (1.3, True)))
    assert beyond.scores.tolist() == [0, 1]
    assert beyond.error == 0


def test_equal_scores_stay_in_one_bin_whatever_their_order() -> None:
    told = answers((0.3, True), (0.3, False), (0.3, False), (0.3, False))
    curve = of_equal_mass(told)
    assert curve.counts.tolist() == [4]
    assert curve.error == pytest.approx(0.05)


def test_bins_of_equal_mass_hold_as_many_answers_each() -> None:
    scores, luck = drawn(1000)
    assert of_equal_mass(Answers(scores, luck < scores)).counts.tolist() == [100] * 10


def test_groups_are_rows_in_per_cent_and_kinds_without_answers_are_left_out() -> None:
    nobody = Answers(np.zeros(0), np.zeros(0, dtype=np.bool_))
    groups = breakdown({"top-1": answers((0.75, True), (0.25, False)), "box": nobody})
    assert groups["calibration"] == {
        "top-1": {"answers": 2, "score": 50, "right": 50, "ECE": 25, "ECE_by_mass": 25}
    }
    assert list(groups["reliability"]) == ["top-1 1", "top-1 2"]
    assert groups["reliability"]["top-1 2"] == {
        "above": pytest.approx(70), "to": 80, "answers": 1, "score": 75, "right": 100,
    }  # fmt: skip
    assert json.loads(json.dumps(groups)) == groups
    assert breakdown({"box": nobody}) == {}


def test_without_answers_there_is_no_error() -> None:
    nobody = Answers(np.zeros(0), np.zeros(0, dtype=np.bool_))
    assert math.isnan(of_equal_width(nobody).error)
    assert math.isnan(of_equal_mass(nobody).error)


def test_scores_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="1 of them not finite"):
        answers((math.nan, True), (0.5, True))
