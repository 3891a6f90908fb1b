import numpy as np
import pytest

from hrbench.metrics.confusions import MOST, breakdown

ANIMALS = ("ant", "bee", "cat")


def test_planted_confusions_are_found_at_their_rates() -> None:
    truth = np.repeat([0, 1, 2], 100)
    first = truth.copy()
    first[:30] = 1  # 30 of 100 ants are bees
    first[30:35] = 2
    first[200:215] = 0
    rows = breakdown(truth, first, ANIMALS)["mistake"]
    assert list(rows) == ["ant for bee", "cat for ant", "ant for cat"]
    assert rows["ant for bee"] == {"pictures": 30, "of_class": 30, "of_mistakes": 60}
    assert rows["cat for ant"] == {"pictures": 15, "of_class": 15, "of_mistakes": 30}
    assert rows["ant for cat"] == {"pictures": 5, "of_class": 5, "of_mistakes": 10}


def test_a_share_is_of_the_classs_own_pictures() -> None:
    truth = np.array([0, 0, 0, 0, 1])
    rows = breakdown(truth, np.array([1, 0, 0, 0, 2]), ANIMALS)["mistake"]
    assert rows["ant for bee"]["of_class"] == 25
    assert rows["bee for cat"]["of_class"] == 100


def test_the_most_frequent_are_told_of_many() -> None:
    names = [str(number) for number in range(100)]
    truth = np.repeat(np.arange(100), np.arange(1, 101))  # the later a class, the more mistakes
    rows = breakdown(truth, (truth + 1) % 100, names)["mistake"]
    assert list(rows) == [f"{n} for {(n + 1) % 100}" for n in range(99, 99 - MOST, -1)]
    assert rows["99 for 0"]["of_mistakes"] == pytest.approx(100 * 100 / 5050)


def test_right_answers_have_no_mistakes() -> None:
    truth = np.arange(3)
    assert breakdown(truth, truth, ANIMALS) == {}
