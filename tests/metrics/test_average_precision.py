import math

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

from hrbench.metrics.average_precision import by_recall, curves, figures
from hrbench.metrics.matching import match
from hrbench.metrics.people import Results, Truth
from hrbench.metrics.reference import pycocotools_evaluation

NO_POSES = np.zeros((0, 1, 2))


def score(people: Truth, poses: Results) -> dict[str, float]:
    made = match(people, poses, sigmas(people.visibility.shape[1]))
    return figures(curves(made, poses))


def test_everybody_found_and_nobody_else_gives_a_hundred() -> None:
    places = [[[0, 0]], [[300, 0]]]
    assert score(truth(places), results(places, [0.9, 0.8]))["AP"] == pytest.approx(100)


def test_one_of_two_people_found_reaches_51_of_101_recall_levels() -> None:
    figures = score(truth([[[0, 0]], [[300, 0]]]), results([[[0, 0]]], [0.9]))
    assert figures["AP"] == pytest.approx(100 * 51 / 101)  # 0, 0.01 ... 0.50
    assert figures["AR"] == pytest.approx(50)


def test_a_false_alarm_in_front_halves_the_precision_and_one_behind_does_not() -> None:
    people, places = truth([[[0, 0]]]), [[[0, 0]], [[300, 0]]]
    assert score(people, results(places, [0.8, 0.9]))["AP"] == pytest.approx(50)
    assert score(people, results(places, [0.9, 0.8]))["AP"] == pytest.approx(100)


def test_a_pose_with_an_oks_of_072_counts_at_five_of_ten_thresholds() -> None:
    offset = math.sqrt(-4000 * math.log(0.72))
    figures = score(truth([[[0, 0]]]), results([[[offset, 0]]], [1]))
    assert [figures["AP"], figures["AR"]] == pytest.approx([50, 50])
    assert [figures["AP50"], figures["AP75"]] == pytest.approx([100, 0])


def test_without_poses_nothing_is_reached() -> None:
    assert score(truth([[[0, 0]]]), results(NO_POSES, []))["AP"] == 0


def test_a_size_that_nobody_has_is_nan() -> None:
    figures = score(truth([[[0, 0]]], areas=2000), results([[[0, 0]]], [1]))
    assert figures["APM"] == pytest.approx(100)
    assert math.isnan(figures["APL"])
    assert math.isnan(figures["ARL"])


def test_without_anybody_to_be_found_all_figures_are_nan() -> None:
    crowd = truth([[[0, 0]]], crowd=True)
    assert all(map(math.isnan, score(crowd, results([[[0, 0]]], [1])).values()))


def test_precision_is_full_up_to_the_recall_that_is_reached_and_nothing_beyond() -> None:
    people, poses = truth([[[0, 0]], [[300, 0]]]), results([[[0, 0]]], [0.9])
    drawn = by_recall(curves(match(people, poses, sigmas(1)), poses))
    assert drawn["AP50"].tolist() == pytest.approx([100] * 51 + [0] * 50)


def test_the_mean_of_a_curve_is_the_figure_that_it_is_named_by() -> None:
    offset = math.sqrt(-4000 * math.log(0.72))
    people, poses = truth([[[0, 0]]], areas=2000), results([[[offset, 0]]], [1])
    made = curves(match(people, poses, sigmas(1)), poses)
    said = figures(made)
    means = {name: line.mean() for name, line in by_recall(made).items()}
    assert means == pytest.approx({name: said[name] for name in means}, nan_ok=True)
    assert list(means) == ["AP", "AP50", "AP75", "APM", "APL"]


@settings(max_examples=150)
@given(
    seed=st.integers(0, 2**32 - 1),
    people=st.integers(0, 12),
    number=st.integers(1, 60),
    keypoints=st.integers(1, 20),
)
def test_curves_and_figures_are_those_of_pycocotools(
    seed: int, people: int, number: int, keypoints: int
) -> None:
    rng = np.random.default_rng(seed)
    crowd = random_people(rng, people, keypoints)
    poses = random_results(rng, crowd, number)
    spread = rng.uniform(0.02, 0.2, keypoints)
    evaluation = pycocotools_evaluation(annotations(crowd), poses, spread)
    ours = curves(match(crowd, poses, spread), poses)
    for name in ("precision", "recall", "scores"):
        official = np.squeeze(evaluation.eval[name], axis=(-3, -1))
        assert np.array_equal(getattr(ours, name), official), name
    stats = [math.nan if value < 0 else 100 * value for value in evaluation.stats]
    assert list(figures(ours).values()) == pytest.approx(stats, rel=1e-12, nan_ok=True)
