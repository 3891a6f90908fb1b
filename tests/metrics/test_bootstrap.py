import math

import numpy as np
import pytest
from scipy.stats import bootstrap as scipys

from hrbench.metrics.bootstrap import drawn, intervals, replicated
from hrbench.metrics.topk import ClassOutcomes, class_outcomes

CLASSES = ("ant", "bee", "cat")


def right_of(count: int, right: int) -> ClassOutcomes:
    truth = np.arange(count) % 3
    answers = np.stack([truth, (truth + 1) % 3, (truth + 2) % 3], axis=1)
    answers[right:] = answers[right:, ::-1]
    return class_outcomes(truth, answers, CLASSES)


def test_each_replicate_draws_as_many_units_as_there_are() -> None:
    counts = np.concatenate(list(drawn(7, replicates=50)))
    assert counts.shape == (50, 7)
    assert (counts.sum(axis=1) == 7).all()
    assert len(np.unique(counts, axis=0)) > 40


def test_the_same_units_are_drawn_each_time_whatever_the_blocks() -> None:
    first, again = (np.concatenate(list(drawn(2_000_000, replicates=2))) for _ in range(2))
    assert np.array_equal(first, again)


def test_an_interval_is_that_of_scipy() -> None:
    outcomes = right_of(200, 150)
    low, high = intervals(replicated(outcomes, 10_000))["top-1"]
    theirs = scipys(
        (100.0 * outcomes.first,), np.mean, n_resamples=10_000, method="percentile", rng=1
    ).confidence_interval
    assert low == pytest.approx(theirs.low, abs=0.5)
    assert high == pytest.approx(theirs.high, abs=0.5)


def test_replicates_without_a_sample_count_for_nothing() -> None:
    ends = intervals({"some": np.array([1.0, math.nan, 3.0]), "none": np.array([math.nan])})
    assert ends["some"] == pytest.approx((1.05, 2.95))
    assert all(map(math.isnan, ends["none"]))


def test_there_is_nothing_to_draw_without_units() -> None:
    assert replicated(right_of(0, 0)) == {}
