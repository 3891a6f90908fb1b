import math

import pytest
from metrics.examples import poses, sigmas, truth

from hrbench.metrics.coco_keypoints import FIGURES, score_poses
from hrbench.metrics.matched import Matched, matched
from hrbench.metrics.people import Poses, Truth
from hrbench.metrics.scores import Scores


def found(people: Truth, predicted: Poses) -> Matched:
    return matched(people, predicted, sigmas=sigmas(2), flip_pairs=[(0, 1)])


def score(people: Truth, predicted: Poses) -> Scores:
    return score_poses(found(people, predicted), ["left", "right"])


def test_every_figure_has_a_unit_and_a_direction() -> None:
    scores = score(truth([[[0, 0], [9, 9]]]), poses([[[0, 0], [9, 9]]], [1]))
    assert list(scores.figures) == list(FIGURES)


def test_two_medium_people_one_found_exactly_and_twice() -> None:
    people = truth([[[0, 0], [9, 9]], [[300, 0], [309, 9]]])
    twice = poses([[[0, 0], [9, 9]]] * 2, [0.9, 0.8])
    assert found(people, twice).selection.kept.tolist() == [0]
    scores = score(people, twice)
    assert scores.figures["AP"] == pytest.approx(100 * 51 / 101)
    assert scores.figures["median_error_px"] == 0
    assert scores.groups["size"]["medium"] == {
        "people": 2,
        "AP": pytest.approx(100 * 51 / 101),
        "AR": pytest.approx(50),
    }
    assert scores.groups["keypoint"]["left"]["labelled"] == 1


def test_a_figure_without_data_is_nan_and_says_why() -> None:
    scores = score(truth([[[0, 0], [9, 9]]]), poses([[[500, 500], [500, 500]]], [1]))
    assert math.isnan(scores.figures["APL"])
    assert math.isnan(scores.figures["median_error_px"])
    assert scores.reasons == {
        "APL": "nobody with an area of 96 x 96 pixels or more is labelled",
        "ARL": "nobody with an area of 96 x 96 pixels or more is labelled",
        "median_error_px": "no pose fits a labelled person with an OKS of 0.5 or more",
        "median_error_share": "no pose fits a labelled person with an OKS of 0.5 or more",
    }


def test_an_empty_split_has_a_reason_for_every_figure() -> None:
    scores = score(truth([[[0, 0], [9, 9]]], crowd=True), poses([[[0, 0], [9, 9]]], [1]))
    assert scores.reasons["AP"] == "nobody in these images is labelled"
    assert scores.reasons["ARM"] == "nobody with an area of 32 x 32 to 96 x 96 pixels is labelled"
    assert list(scores.reasons) == list(FIGURES)


def test_sigmas_of_another_number_are_refused_with_all_numbers() -> None:
    people, predicted = truth([[[0, 0], [9, 9]]]), poses([[[0, 0], [9, 9]]], [1])
    message = "poses of 2 keypoints need as many sigmas .* there are 3 and 2"
    with pytest.raises(ValueError, match=message):
        matched(people, predicted, sigmas=sigmas(3), flip_pairs=[])
