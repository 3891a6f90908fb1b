"""The AP that each kind of error costs, by hand and as the published code has it."""

import math

import numpy as np
import pytest
from metrics import crowds
from metrics.examples import results, sigmas, truth
from numpy.typing import NDArray

from hrbench.metrics.error_costs import Cost, Costs, costs, rescored
from hrbench.metrics.error_kinds import FOUND, locate
from hrbench.metrics.matching import Candidates, Pairs
from hrbench.metrics.people import Results, Truth

# AP with nothing but a kind put right, and with all up to it, of crowds.crowd(): the means over
# thresholds that github.com/matteorr/coco-analyze gives at commit 9eb8a0a, see test_error_kinds.
AP = 24.37843929
PUBLISHED = {
    "miss": (42.18542663, 42.18542663),
    "swap": (32.93146830, 55.29303099),
    "inversion": (28.38151743, 62.28430059),
    "jitter": (27.60104254, 67.46480470),
    "score": (52.03873164, 89.17369349),
    "false positive": (48.31683168, 89.30693069),
}
PERSON = [[0, 0], [1000, 0]]  # area 2000: no keypoint is near the other
FAR = [[9000, 9000], [9500, 9000]]


def of(people: Truth, poses: Results) -> Costs:
    pairs = Pairs.of(people, poses, sigmas(2))
    return costs(pairs, locate(Candidates.among(pairs, FOUND), [(0, 1)]))


def best_scores(people: Truth, poses: Results) -> NDArray[np.float64]:
    return rescored(Pairs.of(people, poses, sigmas(2))).results.scores


def test_what_each_kind_costs_is_what_the_published_code_says() -> None:
    pairs = Pairs.of(*crowds.crowd(), crowds.SIGMAS)
    found = costs(pairs, locate(Candidates.among(pairs, FOUND), crowds.PAIRS))
    assert found.precision == pytest.approx(AP, abs=1e-8)
    ours = {kind: (cost.alone, cost.after) for kind, cost in found.by_kind.items()}
    assert ours.pop("missed person")[1] == pytest.approx(100)
    assert list(ours) == list(PUBLISHED)
    for kind, values in PUBLISHED.items():
        assert ours[kind] == pytest.approx(values, abs=1e-8)


def test_without_errors_nothing_costs_anything() -> None:
    found = of(truth([PERSON]), results([PERSON], [1]))
    assert found.precision == pytest.approx(100)
    assert all(cost == Cost(found.precision, found.precision) for cost in found.by_kind.values())


def test_a_pose_of_nobody_before_the_right_one_costs_half_of_ap() -> None:
    found = of(truth([PERSON]), results([FAR, PERSON], [0.9, 0.8]))
    assert found.precision == pytest.approx(50)
    alone = {kind: round(cost.alone) for kind, cost in found.by_kind.items()}
    assert {kind for kind, value in alone.items() if value == 100} == {"score", "false positive"}
    assert alone["missed person"] == alone["jitter"] == 50


def test_one_of_two_people_without_a_pose_costs_half_of_ap() -> None:
    found = of(truth([PERSON, FAR]), results([PERSON], [1]))
    assert found.precision == pytest.approx(100 * 51 / 101)  # of 101 levels of recall
    assert found.by_kind["missed person"].alone == pytest.approx(100)
    assert found.by_kind["false positive"].after == pytest.approx(100 * 51 / 101)


def test_a_miss_of_one_of_two_keypoints_costs_what_its_thresholds_are() -> None:
    found = of(truth([PERSON]), results([[[0, 0], [9000, 0]]], [1]))
    assert found.precision == pytest.approx(10)  # an OKS of 0.5
    assert found.by_kind["miss"].alone == pytest.approx(90)  # of 0.92, half of 1 + 0.5^(1/4)
    assert found.by_kind["jitter"].alone == pytest.approx(10)


def test_where_nobody_is_to_be_found_there_is_no_ap() -> None:
    found = of(truth([PERSON], visibility=[[0, 0]]), results([PERSON], [1]))
    assert all(
        math.isnan(value)
        for value in (
            found.precision,
            *(value for cost in found.by_kind.values() for value in (cost.alone, cost.after)),
        )
    )


def test_thresholds_at_which_nobody_is_found_say_nothing_of_missed_people() -> None:
    beside = math.sqrt(-4000 * math.log(0.72))  # an OKS of 0.72: found at five thresholds of ten
    pose = [[x + beside, y] for x, y in PERSON]
    found = of(truth([PERSON]), results([pose], [1]))
    assert found.precision == pytest.approx(50)
    assert found.by_kind["missed person"].alone == pytest.approx(100)


def test_the_best_score_is_the_fit_and_less_for_a_pose_like_a_better_one() -> None:
    beside = math.sqrt(-4000 * math.log(0.6))
    lesser = [[x + beside, y] for x, y in PERSON]
    poses = results([lesser, PERSON, FAR, PERSON], [0.9, 0.1, 0.8, 0.7], images=[1, 1, 1, 2])
    scores = best_scores(truth([PERSON]), poses)
    assert scores[1] == pytest.approx(1)
    assert scores[0] == pytest.approx(0.6)  # of no height: no pose is like it
    assert scores[2:].tolist() == pytest.approx([0, 0], abs=1e-9)
    tall = [[0, 0], [1000, 500]]
    twice = best_scores(truth([tall]), results([tall, tall], [0.9, 0.1]))
    assert sorted(twice) == pytest.approx([math.exp(-2), 1])  # an OKS of 1 with the other


def test_poses_beyond_the_first_twenty_of_an_image_come_last() -> None:
    many = np.zeros((25, 2, 2)) + np.arange(25)[:, None, None]
    scores = best_scores(truth([PERSON]), results(many, np.ones(25)))
    assert (scores == -1).sum() == 5
