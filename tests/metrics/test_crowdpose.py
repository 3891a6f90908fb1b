import math
from dataclasses import replace

import numpy as np
import pytest
from metrics.examples import poses, sigmas, truth

from hrbench.metrics.crowdpose import CrowdTruth, score_crowd
from hrbench.metrics.matched import matched
from hrbench.metrics.people import Poses, Truth
from hrbench.metrics.scores import Scores

PLACES = [[[0, 0], [9, 9]], [[300, 0], [309, 9]], [[600, 0], [609, 9]]]


def crowd(people: Truth, images: list[int], index: list[float]) -> CrowdTruth:
    return CrowdTruth(people, np.array(images), np.array(index))


def score(people: CrowdTruth, predicted: Poses) -> Scores:
    found = matched(people.people, predicted, sigmas=sigmas(2), flip_pairs=[(0, 1)])
    assert len(found.selection.kept) == len(predicted.image_ids)
    return score_crowd(people, found, ["left", "right"])


def test_each_level_is_scored_on_its_own_images() -> None:
    # One person in each of three images: that of the easy one is found exactly, that of the
    # medium one after a false alarm, that of the hard one not at all.
    people = crowd(truth(PLACES, images=[1, 2, 3]), [1, 2, 3], [0.1, 0.5, 2.0])
    found = poses([PLACES[0], PLACES[2], PLACES[1]], [0.9, 0.8, 0.7], images=[1, 2, 2])
    scores = score(people, found)
    assert scores.figures["AP_easy"] == 100
    assert scores.figures["AP_medium"] == 50
    assert scores.figures["AP_hard"] == 0
    assert scores.groups["crowding"]["medium"] == {"images": 1, "AP": 50}
    assert scores.groups["keypoint"]["left"]["labelled"] == 2
    assert scores.figures["median_error_px"] == 0
    assert scores.figures["AR"] == pytest.approx(200 / 3)
    assert list(scores.figures) == [
        *("AP", "AP50", "AP75", "AR", "AR50", "AR75", "AP_easy", "AP_medium", "AP_hard"),
        *("median_error_px", "median_error_share"),
    ]


def test_the_ap_of_a_level_is_rounded_as_officially() -> None:
    # Two easy people, one of them found: precision 1 at 51 of 101 recalls, or 50.4950...
    people = crowd(truth(PLACES[:2]), [1], [0.0])
    scores = score(people, poses([PLACES[0]], [0.9]))
    assert scores.figures["AP_easy"] == 50.5
    assert scores.figures["AP"] == pytest.approx(100 * 51 / 101)


@pytest.mark.parametrize(
    ("index", "level"),
    [(0.0, "easy"), (0.19, "easy"), (0.2, "medium"), (0.79, "medium"), (0.8, "hard"), (3, "hard")],
)
def test_levels_end_before_their_upper_bound(index: float, level: str) -> None:
    people = crowd(truth([PLACES[0]], images=[7]), [7], [index])
    assert people.images_of(level).tolist() == [7]
    assert sum(len(people.images_of(name)) for name in ("easy", "medium", "hard")) == 1


def test_a_level_without_images_or_people_has_no_figure_and_says_why() -> None:
    people = crowd(truth([PLACES[0]], images=[1]), [1, 2], [0.1, 0.9])
    scores = score(people, poses([PLACES[0]], [0.9]))
    assert math.isnan(scores.figures["AP_medium"])
    assert scores.reasons == {
        "AP_medium": "no image is medium by its crowd index",
        "AP_hard": "nobody in the hard images is labelled",
    }
    assert scores.groups["crowding"]["hard"]["images"] == 1


def test_nobody_labelled_and_nobody_found_leave_no_figure() -> None:
    people = crowd(truth([PLACES[0]], crowd=True), [1], [0.1])
    scores = score(people, poses([PLACES[1]], [0.9]))
    assert scores.reasons["AP"] == "nobody in these images is labelled"
    assert scores.reasons["AP_easy"] == "nobody in the easy images is labelled"
    assert scores.reasons["median_error_px"].startswith("no pose fits a labelled person")
    assert list(scores.reasons) == list(scores.figures)


def test_an_image_that_nothing_was_predicted_on_counts() -> None:
    people = crowd(truth(PLACES[:2], images=[1, 2]), [1, 2], [0.1, 0.1])
    scores = score(people, poses([PLACES[0]], [0.9], images=[1]))
    assert scores.figures["AR"] == 50
    assert scores.figures["AP_easy"] == 50.5


def test_a_crowd_index_that_is_no_number_is_refused() -> None:
    people = crowd(truth([PLACES[0]]), [1], [0.1])
    with pytest.raises(ValueError, match="crowd index is not a number"):
        replace(people, crowd_index=np.array([math.nan]))
    with pytest.raises(ValueError, match="1 images with 2 crowd indices"):
        replace(people, crowd_index=np.array([0.1, 0.2]))
