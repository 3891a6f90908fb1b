"""The mean over folds and how sure it is."""

import math

import numpy as np
import pytest
from scipy import stats

from hrbench.metrics.folds import corrected

FIGURES = [61.0, 64.0, 58.0, 66.0, 61.0]  # mean 62, sum of squares 38, so that S² is 9.5


def test_the_interval_widens_by_what_folds_share() -> None:
    mean = corrected(FIGURES, 1 / 4)  # each measures a quarter of what it trains on
    reach = stats.t.ppf(0.975, 4) * math.sqrt((1 / 5 + 1 / 4) * 9.5)
    assert mean.value == pytest.approx(62)
    assert (mean.low, mean.high) == pytest.approx((62 - reach, 62 + reach))


def test_without_what_they_share_it_is_scipys_t_test() -> None:
    differences = np.array(FIGURES) - 60
    mean, test = corrected(differences.tolist(), 0), stats.ttest_1samp(differences, 0)
    interval = test.confidence_interval(0.95)
    assert mean.p == pytest.approx(test.pvalue)
    assert (mean.low, mean.high) == pytest.approx((interval.low, interval.high))


def test_it_holds_the_truth_of_overlapping_folds_more_often_than_a_plain_t() -> None:
    """Figures of a constant that is learned: the folds share most of what it is learned from."""
    rng, folds, held = np.random.default_rng(0), 5, {"corrected": 0, "plain": 0}
    for _ in range(400):
        samples = np.split(rng.normal(size=50), folds)
        figures = []
        for place, measured in enumerate(samples):
            learned = np.concatenate([*samples[:place], *samples[place + 1 :]]).mean()
            figures.append(float(((measured - learned) ** 2).mean()))
        truth = 1 + 1 / 40  # of the squared error of what is learned from 40
        for name, share in (("corrected", 1 / 4), ("plain", 0.0)):
            mean = corrected(figures, share)
            held[name] += mean.low <= truth <= mean.high
    assert held["corrected"] >= 0.95 * 400
    assert held["corrected"] > held["plain"]


def test_one_fold_or_folds_that_are_alike_have_no_interval() -> None:
    for figures in ([50.0], [50.0, 50.0]):
        mean = corrected(figures, 0.25)
        assert mean.value == 50
        assert math.isnan(mean.low)
        assert math.isnan(mean.p)
    assert corrected([0.0, 0.0], 0.25).p == 1
