import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metrics.examples import (
    annotations,
    random_people,
    random_results,
    results,
    sigmas,
    truth,
)
from numpy.typing import NDArray

from hrbench.metrics import ranked as module
from hrbench.metrics.average_precision import RECALL_LEVELS, curves, figures
from hrbench.metrics.matching import match
from hrbench.metrics.people import Results, Truth
from hrbench.metrics.ranked import Ranked, ranked
from hrbench.metrics.reference import pycocotools_figures

IMAGES = np.arange(5, 9)
COPY = 100  # added to an image's id for each copy of it
worlds = given(
    seed=st.integers(0, 2**32 - 1),
    people=st.integers(0, 12),
    number=st.integers(1, 60),
    keypoints=st.integers(1, 20),
)


def table(people: Truth, poses: Results, spread: NDArray[np.float64]) -> Ranked:
    return ranked(people, poses, match(people, poses, spread), IMAGES)


def averages(made: Ranked, *counts: list[int]) -> dict[str, list[float]]:
    return {name: values.tolist() for name, values in made.averages(np.array(counts)).items()}


def copied(rows: Any, counts: NDArray[np.int64]) -> Any:
    """People or results of images, each as often as it is drawn, the copies with other ids."""
    parts = []
    for copy in range(counts.max(initial=0)):
        of = np.flatnonzero(np.isin(rows.image_ids, IMAGES[counts > copy]))
        fields = {name: getattr(rows, name)[of] for name in rows.__dataclass_fields__}
        parts.append({**fields, "image_ids": fields["image_ids"] + COPY * copy})
    return replace(rows, **{n: np.concatenate([part[n] for part in parts]) for n in parts[0]})


def test_an_image_that_is_drawn_twice_has_two_people() -> None:
    # One person in each of two images; that of the first is found, after a false alarm.
    people = truth([[[0, 0]], [[300, 0]]], images=[5, 6])
    poses = results([[[0, 0]], [[600, 0]]], [0.8, 0.9], images=[5, 6])
    made = table(people, poses, sigmas(1))
    found = averages(made, [1, 1, 0, 0], [2, 1, 0, 0], [1, 2, 0, 0], [1, 0, 0, 0], [0, 1, 0, 0])
    precision = [1 / 2, 2 / 3, 1 / 3, 1, 0]
    levels = [51, 67, 34, 101, 0]  # of 101 that recalls of 1/2, 2/3, 1/3, 1 and 0 reach
    expected = [p * n / 101 for p, n in zip(precision, levels, strict=True)]
    assert found["AP"] == pytest.approx(expected)
    assert found["AR50"] == pytest.approx([1 / 2, 2 / 3, 1 / 3, 1, 0])


def test_a_draw_without_people_has_no_figure() -> None:
    people = truth([[[0, 0]]], images=[5], areas=2000)
    found = averages(table(people, results([[[0, 0]]], [1], [5]), sigmas(1)), [0, 4, 0, 0])
    assert all(math.isnan(value) for (value,) in found.values())
    found = averages(table(people, results([[[0, 0]]], [1], [5]), sigmas(1)), [1, 3, 0, 0])
    assert found["APM"] == pytest.approx([1])
    assert math.isnan(found["APL"][0])


@pytest.mark.parametrize("people", [7, 25, 50, 100, 107, 700])
def test_a_level_is_reached_by_the_hit_whose_rounded_quotient_reaches_it(people: int) -> None:
    # Every second result is a hit, the first too: after hit k there are k - 1 false alarms.
    hits = np.tile(np.arange(2 * people) % 2 == 0, (1, 10, 1))
    owners = np.zeros(2 * people, np.int32)
    made = Ranked(owners, hits, np.ones_like(hits), np.array([[people]]))
    number = np.arange(people) + 1
    reached = np.searchsorted(number / people, RECALL_LEVELS)
    falling = number / (2 * number - 1 + np.spacing(1.0))
    assert averages(made, [1])["AP50"] == [falling[reached].mean()]


@settings(max_examples=150)
@worlds
def test_every_image_once_gives_the_ten_figures_to_the_bit(
    seed: int, people: int, number: int, keypoints: int
) -> None:
    rng = np.random.default_rng(seed)
    crowd = random_people(rng, people, keypoints)
    poses = random_results(rng, crowd, number)
    spread = rng.uniform(0.02, 0.2, keypoints)
    once = table(crowd, poses, spread).averages(np.ones((1, len(IMAGES)), np.int64))
    drawn = figures(curves(match(crowd, poses, spread), poses))
    assert [*once] == [*drawn]
    for name, value in drawn.items():
        assert np.array_equal(100 * once[name], [value], equal_nan=True), name


@settings(max_examples=60)
@worlds
def test_images_drawn_anew_give_what_pycocotools_makes_of_their_copies(
    seed: int, people: int, number: int, keypoints: int
) -> None:
    rng = np.random.default_rng(seed)
    crowd = random_people(rng, people, keypoints)
    poses = random_results(rng, crowd, number)
    poses = replace(poses, scores=rng.permutation(number) / number)  # no two alike in an image
    spread = rng.uniform(0.02, 0.2, keypoints)
    twice = np.full(len(IMAGES), 2)
    counts = np.stack([twice, *rng.multinomial(len(IMAGES), np.full(len(IMAGES), 1 / 4), size=3)])
    ours = table(crowd, poses, spread).averages(counts)
    for row, drawn in enumerate(counts):
        copies = copied(poses, drawn)
        if not len(copies.scores):
            continue
        theirs = pycocotools_figures(annotations(copied(crowd, drawn)), copies, spread)
        mine = {name: 100 * float(values[row]) for name, values in ours.items()}
        assert mine == pytest.approx(theirs, rel=1e-12, abs=1e-12, nan_ok=True)


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    crowd = random_people(rng, 12, 4)
    made = table(crowd, random_results(rng, crowd, 60), np.full(4, 0.1))
    counts = rng.multinomial(4, np.full(4, 1 / 4), size=7)
    whole = made.averages(counts)
    monkeypatch.setattr(module, "AT_ONCE", 2 * len(made.owners))
    for name, values in made.averages(counts).items():
        np.testing.assert_array_equal(values, whole[name])


def test_some_images_are_scored_alone() -> None:
    rng = np.random.default_rng(2)
    crowd = random_people(rng, 12, 4)
    poses = random_results(rng, crowd, 60)
    made = table(crowd, poses, np.full(4, 0.1))
    of = made.of(IMAGES < 7).averages(np.ones((1, 4), np.int64))
    alone = made.averages(np.array([[1, 1, 0, 0]]))
    for name, values in alone.items():
        np.testing.assert_array_equal(of[name], values)
