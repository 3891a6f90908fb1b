import math

import numpy as np
import pytest
from numpy.typing import NDArray

from hrbench.metrics.topk import score_classes

NAMES = ("ant", "bee", "cat", "dog", "elk", "fox", "gnu")


def answers(*firsts: int) -> NDArray[np.int64]:
    """Five answers each, of seven classes: the first, and then those after it."""
    return (np.array(firsts, dtype=np.int64)[:, None] + np.arange(5)) % len(NAMES)


def classes(*numbers: int) -> NDArray[np.int64]:
    return np.array(numbers, dtype=np.int64)


def test_the_first_answer_and_the_first_five_count() -> None:
    # Right; right as the second; as the fifth; not among 2, 3, 4, 5, 6.
    scores = score_classes(classes(0, 1, 4, 1), answers(0, 0, 0, 2), NAMES)
    assert scores.figures == {"top-1": 25.0, "top-5": 75.0}
    assert scores.reasons == {}


def test_each_class_that_has_pictures_has_its_top_1() -> None:
    scores = score_classes(classes(2, 2, 2, 2, 0), answers(2, 2, 2, 5, 1), NAMES)
    assert scores.groups["class"] == {"ant": 0.0, "cat": 75.0}


def test_a_class_has_the_answer_it_is_most_often_mistaken_for() -> None:
    truth = classes(0, 0, 0, 0, 0, 3, 3, 4)
    found = answers(0, 6, 1, 6, 1, 5, 2, 4)
    scores = score_classes(truth, found, NAMES)
    assert scores.groups["confusion"] == {
        "ant": {"answer": "bee", "share": 40.0},  # as often as gnu, which comes later
        "dog": {"answer": "cat", "share": 50.0},
    }
    more = score_classes(classes(*truth, 0), np.concatenate((found, answers(6))), NAMES)
    assert more.groups["confusion"]["ant"] == {"answer": "gnu", "share": 50.0}


def test_five_answers_to_five_classes_say_nothing() -> None:
    found = np.array([[0, 1, 2, 3, 4], [0, 1, 2, 3, 4]])
    scores = score_classes(classes(0, 1), found, NAMES[:5])
    assert scores.figures["top-1"] == 50
    assert math.isnan(scores.figures["top-5"])
    assert scores.reasons == {"top-5": "5 answers hold all of the 5 classes"}


def test_fewer_classes_have_as_many_answers_as_classes() -> None:
    scores = score_classes(classes(0, 1, 2), np.array([[0, 1, 2]] * 3), NAMES[:3])
    assert scores.figures["top-1"] == pytest.approx(100 / 3)
    assert "all of the 3 classes" in scores.reasons["top-5"]


def test_without_pictures_there_are_no_figures() -> None:
    scores = score_classes(classes(), np.zeros((0, 5), dtype=np.int64), NAMES)
    assert all(math.isnan(value) for value in scores.figures.values())
    assert scores.reasons == dict.fromkeys(("top-1", "top-5"), "there are no pictures")
    assert scores.groups == {"class": {}, "confusion": {}}


@pytest.mark.parametrize(
    ("truth", "found", "names", "words"),
    [
        ([0], answers(0, 1), NAMES, r"answers \(2, 5\) to 1 pictures of 7 classes"),
        ([0], answers(0)[:, :4], NAMES, r"answers \(1, 4\)"),
        ([7], answers(0), NAMES, "classes 7 to 7, not 0 to 6"),
        ([-1], answers(0), NAMES, "classes -1 to -1"),
        ([0], answers(0), (*NAMES[:6], "ant"), "2 classes are called ant"),
    ],
)
def test_answers_to_something_else_are_refused(
    truth: list[int], found: NDArray[np.int64], names: tuple[str, ...], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        score_classes(classes(*truth), found, names)
