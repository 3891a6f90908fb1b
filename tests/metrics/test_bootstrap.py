import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import bootstrap as scipys

from hrbench.arrays import Floats
from hrbench.metrics.bootstrap import drawn, freedom, freedoms, interval, intervals, replicated
from hrbench.metrics.outcomes import Counts
from hrbench.metrics.topk import ClassOutcomes, class_outcomes
from hrbench.metrics.weighted import ratio

CLASSES = ("ant", "bee", "cat")


def right_of(count: int, right: int) -> ClassOutcomes:
    truth = np.arange(count) % 3
    answers = np.stack([truth, (truth + 1) % 3, (truth + 2) % 3], axis=1)
    answers[right:] = answers[right:, ::-1]
    return class_outcomes(truth, answers, CLASSES)


def one_stratum(units: int) -> NDArray[np.intp]:
    return np.zeros(units, np.intp)


def test_each_replicate_draws_one_less_than_there_are() -> None:
    counts = np.concatenate(list(drawn(one_stratum(7), replicates=50)))
    assert counts.shape == (50, 7)
    assert (counts.sum(axis=1) == 6).all()
    assert len(np.unique(counts, axis=0)) > 40


def test_each_stratum_is_drawn_of_its_own() -> None:
    strata = np.array([0, 1, 0, 1, 1])
    counts = np.concatenate(list(drawn(strata, replicates=50)))
    assert (counts[:, strata == 0].sum(axis=1) == 1).all()
    assert (counts[:, strata == 1].sum(axis=1) == 2).all()
    assert freedom(strata) == 3


def test_a_stratum_of_one_unit_makes_one_of_all() -> None:
    strata = np.array([0, 1, 1])
    counts = np.concatenate(list(drawn(strata, replicates=50)))
    assert (counts.sum(axis=1) == 2).all()
    assert set(counts[:, 0].tolist()) == {0, 1, 2}
    assert freedom(strata) == 2


def test_the_same_units_are_drawn_each_time_in_blocks_or_not() -> None:
    first, again = (
        np.concatenate(list(drawn(one_stratum(2_000_000), replicates=2))) for _ in range(2)
    )
    assert np.array_equal(first, again)


def test_a_standard_error_is_the_textbooks() -> None:
    outcomes = right_of(40, 30)
    error = replicated(outcomes, 50_000)["top-1"].std()
    assert error == pytest.approx(100 * np.std(outcomes.first, ddof=1) / math.sqrt(40), rel=0.02)


def test_the_interval_of_a_share_is_that_of_its_log_odds() -> None:
    # 200 pictures, 150 right: log(150 / 50) and 1.97 times its error, sqrt(1 / 150 + 1 / 50).
    reach = 1.972 * math.sqrt((1 / 150 + 1 / 50) * 200 / 199)
    expected = [100 / (1 + math.exp(-math.log(3) - sign * reach)) for sign in (-1, 1)]
    assert intervals(right_of(200, 150), 50_000)["top-1"] == pytest.approx(expected, abs=0.1)


def test_an_interval_is_nearly_that_of_scipy() -> None:
    outcomes = right_of(1000, 750)
    low, high = intervals(outcomes, 10_000)["top-1"]
    theirs = scipys(
        (100.0 * outcomes.first,), np.mean, n_resamples=10_000, method="BCa", random_state=1
    ).confidence_interval
    assert low == pytest.approx(theirs.low, abs=0.2)
    assert high == pytest.approx(theirs.high, abs=0.2)


@pytest.mark.parametrize("right", [1, 3, 29])
def test_the_interval_of_a_share_lies_between_0_and_100(right: int) -> None:
    low, high = intervals(right_of(30, right))["top-1"]
    assert 0 < low < 100 * right / 30 < high < 100


def test_the_interval_of_an_error_is_as_many_times_smaller_as_it_is_larger() -> None:
    drawn_anew = 10 + np.random.default_rng(0).normal(0, 1, 1000)
    low, high = interval(10.0, drawn_anew, 99, math.inf)
    assert 10 / low == pytest.approx(high / 10)
    assert high == pytest.approx(10 * math.exp(1.984 * 0.1), rel=0.01)


def test_figures_that_the_draws_do_not_tell_apart_have_no_interval() -> None:
    assert "top-1" not in intervals(right_of(30, 30))
    assert np.isnan(interval(10.0, np.array([10.0, 11.0, math.nan]), 9, math.inf)).all()
    assert np.isnan(interval(1e-4, np.array([1e-4, 50.0]), 1, 100.0)).all()  # two images, one at 0


def test_a_figure_of_a_few_units_has_as_few_degrees_of_freedom() -> None:
    few = class_outcomes(np.array([0] * 20 + [1] * 9), np.array([[0, 1, 2]] * 29), CLASSES)
    degrees = freedoms(few.figures, few.strata)
    assert (degrees["top-1"], degrees["class/ant"], degrees["class/bee"]) == (28, 19, 8)


def test_of_many_units_a_few_are_found_in_as_many_parts_at_most() -> None:
    truth = np.zeros(5000, np.int64)
    truth[::500] = 1
    many = class_outcomes(truth, np.array([[0, 1, 2]] * 5000), CLASSES)
    degrees = freedoms(many.figures, many.strata)
    assert degrees["top-1"] == degrees["class/ant"] == 4999
    assert 7 <= degrees["class/bee"] <= 9


def test_each_stratum_of_a_figure_takes_a_degree_of_freedom() -> None:
    def figures(counts: Counts) -> dict[str, Floats]:
        return {"all": ratio(counts.sum(axis=1), counts.sum(axis=1)), "four": ratio(
            counts[:, :4].sum(axis=1), counts[:, :4].sum(axis=1)
        )}  # fmt: skip

    assert freedoms(figures, np.array([0, 0, 1, 1, 2, 2])) == {"all": 3, "four": 2}


@pytest.mark.parametrize("count", [0, 1])
def test_there_is_nothing_to_draw_of_less_than_two_units(count: int) -> None:
    assert replicated(right_of(count, count)) == {}
    assert intervals(right_of(count, count)) == {}


def test_groups_are_drawn_as_wholes() -> None:
    """Images of a video are all right or all wrong: as sure as so many videos, not images."""
    videos, frames = 12, 25
    outcomes = right_of(videos * frames, 5 * frames)
    names = np.repeat([f"v{video:02}" for video in range(videos)], frames)
    grouped = replace(outcomes, groups=names)
    assert grouped.chosen == (12, "group")
    assert "Of 12 groups" in grouped.caveats[0]
    one_each = intervals(right_of(videos, 5))
    assert intervals(grouped)["top-1"] == pytest.approx(one_each["top-1"])
    alone = intervals(outcomes)["top-1"]
    assert alone[1] - alone[0] < 0.3 * (one_each["top-1"][1] - one_each["top-1"][0])


def test_the_spread_of_groups_is_scipys() -> None:
    rng = np.random.default_rng(1)
    owner = rng.integers(0, 40, 200)
    right = (rng.random(200) < 0.2 + 0.6 * (owner % 2)).astype(int)
    answers = np.where(right[:, None], [[0, 1, 2]], [[1, 0, 2]])
    outcomes = class_outcomes(np.zeros(200, np.int64), answers, CLASSES)
    found = replicated(replace(outcomes, groups=owner.astype(np.str_)), replicates=4000)["top-1"]
    sums = np.bincount(owner, right, 40), np.bincount(owner, minlength=40)

    def share(hits: Floats, all_: Floats, axis: int) -> Floats:
        return np.asarray(100 * hits.sum(axis) / all_.sum(axis))

    theirs = scipys(sums, share, paired=True, vectorized=True, n_resamples=4000, random_state=0)
    # Ours draw one group less, which widens it by the root of 40 / 39.
    assert found.std(ddof=1) == pytest.approx(theirs.standard_error * math.sqrt(40 / 39), rel=0.05)


def test_a_single_group_has_no_interval() -> None:
    outcomes = replace(right_of(30, 20), groups=np.array(["v0"] * 30))
    assert intervals(outcomes) == {}
