import math

import pytest
from metrics.examples import results, sigmas, truth

from hrbench.metrics.keypoints import KeypointErrors, by_keypoint, keypoint_errors
from hrbench.metrics.matching import match
from hrbench.metrics.people import Results, Truth

NAMES = ("nose", "left_eye", "right_eye")
PERSON = [[20, 0], [0, 0], [40, 0]]  # area 2000: the OKS is a half at 37 pixels


def errors(people: Truth, poses: Results) -> KeypointErrors:
    matches = match(people, poses, sigmas(3) / 5)  # a half at 7.4 pixels
    return keypoint_errors(people, poses, matches, sigmas(3) / 5, [(1, 2)])


def test_an_error_is_in_pixels_and_in_per_cent_of_the_root_of_the_area() -> None:
    pose = results([[[23, 4], [0, 0], [40, 0]]], [1])
    nose = by_keypoint(errors(truth([PERSON], areas=10_000), pose), NAMES)["nose"]
    assert nose["median_error_px"] == pytest.approx(5)
    assert nose["median_error_share"] == pytest.approx(5)
    assert nose["OKS"] == pytest.approx(math.exp(-(5**2) / (8 * 0.1**2 * 10_000)))
    assert nose["labelled"] == 1


def test_keypoints_of_people_not_found_and_those_not_labelled_do_not_count() -> None:
    far = [[520, 0], [500, 0], [540, 0]]
    people = truth([PERSON, far], visibility=[[2, 2, 0], [2, 2, 2]])
    rows = by_keypoint(errors(people, results([PERSON], [1])), NAMES)
    assert [rows[name]["labelled"] for name in NAMES] == [1, 1, 0]
    assert math.isnan(rows["right_eye"]["median_error_px"])


def test_an_exchanged_pair_counts_as_swapped_and_a_lone_keypoint_cannot() -> None:
    people = truth([PERSON], visibility=[[2, 2, 2]])
    people = truth([[*PERSON, *PERSON]], areas=2000)
    swapped = results([[*PERSON, PERSON[0], PERSON[2], PERSON[1]]], [1])
    spread = sigmas(6) / 5
    matches = match(people, swapped, spread)
    assert matches.found[0, 0].tolist() == [0]  # four of six in place
    found = keypoint_errors(people, swapped, matches, spread, [(1, 2), (4, 5)])
    rows = by_keypoint(found, ["nose", "a", "b", "chin", "c", "d"])
    assert [rows[name]["swapped"] for name in ("a", "b", "c", "d")] == [0, 0, 100, 100]
    assert math.isnan(rows["nose"]["swapped"])


def test_a_keypoint_near_both_places_is_not_swapped() -> None:
    close = [[20, 0], [18, 0], [22, 0]]
    pose = results([[[20, 0], [22, 0], [18, 0]]], [1])
    rows = by_keypoint(errors(truth([close]), pose), NAMES)
    assert rows["left_eye"]["swapped"] == 0


def test_a_person_without_area_has_an_error_in_pixels_only() -> None:
    rows = by_keypoint(errors(truth([PERSON], areas=0), results([PERSON], [1])), NAMES)
    assert rows["nose"]["median_error_px"] == 0
    assert math.isnan(rows["nose"]["median_error_share"])
