import math

import numpy as np
import pytest
from metrics.examples import results, sigmas, truth

from hrbench.metrics.oks import oks, oks_with_truth

FIRST = np.array([0])


def test_two_poses_ten_pixels_apart_are_alike_by_exp_minus_one() -> None:
    keypoints = np.array([[[0.0, 0.0]], [[6.0, 8.0]]])
    overlap = oks(keypoints, np.array([40.0, 60.0]), sigmas(1), np.ones((2, 1), dtype=bool))
    alike = math.exp(-1)  # 10^2 / (2 * 50)
    assert overlap == pytest.approx(np.array([[1, alike], [alike, 1]]))


def test_an_exact_copy_has_an_overlap_of_one_even_without_area() -> None:
    keypoints = np.random.default_rng(0).random((1, 17, 2)).repeat(2, axis=0)
    overlap = oks(keypoints, np.zeros(2), sigmas(17), np.ones((2, 17), dtype=bool))
    assert (overlap == 1).all()


def test_only_the_keypoints_visible_in_the_covered_pose_count() -> None:
    keypoints = np.array([[[0.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [99.0, 99.0]]])
    visible = np.array([[True, True], [True, False]])
    overlap = oks(keypoints, np.full(2, 50.0), sigmas(2), visible)
    assert overlap[0, 1] == 1.0  # by its first keypoint alone
    assert overlap[1, 0] == pytest.approx(0.5)


def test_a_pose_without_a_visible_keypoint_is_covered_by_nobody() -> None:
    overlap = oks(np.zeros((2, 1, 2)), np.full(2, 50.0), sigmas(1), np.array([[True], [False]]))
    assert overlap.tolist() == [[1, 0], [1, 0]]


def test_keypoints_that_are_not_labelled_do_not_count() -> None:
    people = truth([[[0, 0], [math.nan, math.nan]]], visibility=[[1, 0]], areas=50)
    pose = results([[[6, 8], [500, 500]]], [1])
    assert oks_with_truth(pose, people, sigmas(2), FIRST, FIRST)[0] == pytest.approx(math.exp(-1))


def test_where_nothing_is_labelled_the_box_grown_by_its_own_size_counts() -> None:
    people = truth([[[0, 0], [0, 0]]], visibility=[[0, 0]], areas=50)  # grown: -40..80, -50..100
    pose = results([[[80, -50], [86, 108]]], [1])
    expected = (1 + math.exp(-1)) / 2  # on the border, and 6 and 8 pixels outside
    assert oks_with_truth(pose, people, sigmas(2), FIRST, FIRST)[0] == pytest.approx(expected)


def test_a_person_without_area_fits_an_exact_pose_only() -> None:
    people = truth([[[5, 5]]], areas=0)
    poses = results([[[5, 5]], [[5.001, 5]]], [1, 1])
    fit = oks_with_truth(poses, people, sigmas(1), np.arange(2), np.zeros(2, dtype=int))
    assert fit.tolist() == [1, 0]
