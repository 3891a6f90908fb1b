"""Differences of runs on the same images, beside SciPy's paired t-test and by hand."""

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import ttest_rel

from hrbench.metrics.paired import Together, difference, from_replicates, holm, together
from hrbench.metrics.ranks import ranks
from hrbench.metrics.topk import ClassOutcomes, class_outcomes

CLASSES = ("ant", "bee")


def run(right: NDArray[np.bool_], units: NDArray[np.int64] | None = None) -> ClassOutcomes:
    """A run with right and wrong answers to pictures of two classes in turn."""
    truth = np.arange(len(right)) % 2
    first = np.where(right, truth, 1 - truth)
    made = class_outcomes(truth, np.stack([first, 1 - first], axis=1), CLASSES)
    if units is None:
        return made
    fields = {name: getattr(made, name) for name in ("classes", "first", "among", "names")}
    return ClassOutcomes(units=units, **fields)


def of_shares(*shares: float, count: int = 400, seed: int = 0) -> list[ClassOutcomes]:
    """Runs that have shares of the same pictures right, hard ones wrong in most of them."""
    generator = np.random.default_rng(seed)
    hard = generator.random(count)
    return [run(0.7 * hard + 0.3 * generator.random(count) < share) for share in shares]


def test_a_difference_is_that_of_the_paired_t_test() -> None:
    runs = of_shares(0.5, 0.56)
    found = difference(together(runs, replicates=20_000), "top-1")
    before, after = (100.0 * one.first for one in runs)
    theirs = ttest_rel(after, before)
    low, high = theirs.confidence_interval(0.95)
    assert found.value == pytest.approx((after - before).mean())
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.1)
    assert found.p == pytest.approx(theirs.pvalue, rel=0.1)


def test_what_is_hard_for_both_cancels() -> None:
    runs = of_shares(0.5, 0.56)
    sample = together(runs)
    alone = [float(column["top-1"].std()) for column in sample.replicates]
    found = difference(sample, "top-1")
    assert found.high - found.low < 0.7 * 2 * 1.96 * math.hypot(*alone)


@pytest.mark.parametrize("share", [0.51, 0.53, 0.54, 0.6])
def test_the_p_value_and_the_interval_say_the_same(share: float) -> None:
    found = difference(together(of_shares(0.5, share)), "top-1")
    assert found.is_sure == (found.p < 0.05)


def test_the_other_way_round_it_is_the_same_difference() -> None:
    sample = together(of_shares(0.5, 0.56))
    there, back = difference(sample, "top-1"), difference(sample, "top-1", 1, 0)
    assert (back.value, back.low, back.high) == pytest.approx(
        (-there.value, -there.high, -there.low)
    )
    assert (back.p, back.smallest, back.needed) == (there.p, there.smallest, there.needed)


def test_a_difference_just_as_large_as_is_found_needs_as_many_images_as_there_are() -> None:
    drawn_anew = np.random.default_rng(0).normal(0, 1, 1000)
    drawn_anew /= drawn_anew.std(ddof=1)  # so that the error is 1
    found = from_replicates(2.8296, drawn_anew, 100, 99)  # t(99) at 0.975 and 0.8: 1.9842 + 0.8453
    assert found.smallest == pytest.approx(2.8295, abs=1e-3)
    assert found.needed == 100
    assert from_replicates(2.8296 / 2, drawn_anew, 100, 99).needed == pytest.approx(400, abs=1)


def test_two_runs_that_answer_alike_do_not_differ() -> None:
    right = np.arange(40) % 3 > 0
    found = difference(together([run(right), run(right)]), "top-1")
    assert (found.value, found.low, found.high, found.p) == (0, 0, 0, 1)
    assert not found.is_sure


def test_nothing_is_said_of_a_difference_that_the_images_do_not_tell() -> None:
    wrong, right = run(np.zeros(40, np.bool_)), run(np.ones(40, np.bool_))
    assert math.isnan(difference(together([wrong, right]), "top-1").p)  # no spread to go by
    one_bee = np.zeros(40, np.int64)
    one_bee[7] = 1
    answers = [np.stack([one_bee, 1 - one_bee], axis=1), np.array([[0, 1]] * 40)]
    sample = together([class_outcomes(one_bee, given, CLASSES) for given in answers])
    assert difference(sample, "class/bee").value == -100
    assert math.isnan(difference(sample, "class/bee").p)
    assert math.isnan(difference(together([run(right.first[:1])] * 2), "top-1").p)  # one picture


def test_runs_of_some_images_are_compared_on_those_that_both_have() -> None:
    right = np.arange(60) % 4 > 0
    whole, part = run(right), run(~right[10:40], np.arange(10, 40))
    sample = together([whole, part])
    alone = together([run(right[10:40]), run(~right[10:40])])
    assert sample.units.tolist() == list(range(10, 40))
    assert difference(sample, "top-1") == difference(alone, "top-1")
    with pytest.raises(ValueError, match="in common"):
        together([part, run(right[:5], np.arange(5))])


def test_p_values_are_adjusted_as_holm_did() -> None:
    # The smallest times 4, the next times 3 and so on, none below the one before, none above 1.
    adjusted = holm([0.01, math.nan, 0.04, 0.03, 0.005])
    assert [adjusted[row] for row in (0, 2, 3, 4)] == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert math.isnan(adjusted[1])
    assert holm([0.6, 0.9]) == [1, 1]
    assert holm([0.04]) == [0.04]
    assert holm([]) == []


def test_runs_that_nothing_tells_apart_share_their_places() -> None:
    sample = together(of_shares(0.8, 0.5, 0.51))
    assert [str(rank) for rank in ranks(sample, "top-1", higher_is_better=True)] == [
        "1",
        "2-3",
        "2-3",
    ]
    assert [str(rank) for rank in ranks(sample, "top-1", higher_is_better=False)] == [
        "3",
        "1-2",
        "1-2",
    ]


def test_the_ranks_of_two_runs_say_what_their_difference_says() -> None:
    for share in (0.51, 0.53, 0.55, 0.6):
        sample: Together = together(of_shares(0.5, share))
        said = [str(rank) for rank in ranks(sample, "top-1", higher_is_better=True)]
        assert said == (["2", "1"] if difference(sample, "top-1").is_sure else ["1-2", "1-2"])


def right_of(count: int, right: int) -> ClassOutcomes:
    answers = np.tile([0, 1], (count, 1))
    answers[right:] = [1, 0]
    return class_outcomes(np.zeros(count, np.int64), answers, ("ant", "bee"))


def test_two_runs_on_the_same_groups_draw_these() -> None:
    """Each group stands for one image: the difference is as sure as that of so many images."""
    few = (right_of(12, 5), right_of(12, 8))
    names = np.repeat([f"v{group:02}" for group in range(12)], 25)
    many = [replace(right_of(300, 25 * right), groups=names) for right in (5, 8)]
    one, other = (difference(together(runs), "top-1") for runs in (few, many))
    assert (other.value, other.low, other.p) == pytest.approx((one.value, one.low, one.p))
    mixed = together([many[0], replace(many[1], groups=None)])
    assert difference(mixed, "top-1").low > other.low  # of images, where only one has groups
