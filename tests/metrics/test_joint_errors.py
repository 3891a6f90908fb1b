import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from hrbench.metrics.joint_errors import (
    distances,
    mpjpe,
    mpjve,
    n_mpjpe,
    p_mpjpe,
    procrustes,
    rescaled,
)

Floats = NDArray[np.float64]
SEEDS = st.integers(0, 10_000)
CORNER = np.array([[[0.0, 0, 0], [100, 0, 0], [0, 200, 0], [0, 0, 300]]])


def poses(seed: int, frames: int = 3) -> Floats:
    return np.random.default_rng(seed).normal(0, 300, (frames, 17, 3))


def rotations(seed: int, frames: int = 3) -> Floats:
    found: Floats = np.linalg.qr(np.random.default_rng(seed).normal(size=(frames, 3, 3)))[0]
    return np.asarray(found * np.linalg.det(found)[:, None, None])


def test_an_error_is_the_mean_distance_over_the_joints_of_a_frame() -> None:
    truth = np.zeros((2, 2, 3))
    found = np.array([[[3.0, 4, 0], [0, 0, 0]], [[1, 2, 2], [0, 6, 8]]])
    assert distances(found, truth).tolist() == [[5, 0], [3, 10]]
    assert mpjpe(found, truth).tolist() == [2.5, 6.5]


def test_a_turned_moved_and_enlarged_pose_is_without_error_once_it_is_aligned() -> None:
    quarter = np.array([[0.0, 1, 0], [-1, 0, 0], [0, 0, 1]])  # x becomes y
    found = 2 * CORNER @ quarter + [10, 20, 30]
    aligned = procrustes(found, CORNER)
    assert p_mpjpe(found, CORNER) == pytest.approx(0, abs=1e-9)
    assert aligned.scale == pytest.approx(0.5)
    assert aligned.rotation[0] == pytest.approx(quarter.T, abs=1e-12)
    # Back by the same way: minus (10, 20, 30), turned and halved.
    assert aligned.translation[0] == pytest.approx(np.array([-10, 5, -15]))
    assert aligned.residual == pytest.approx(0, abs=1e-12)


def test_without_scale_a_pose_of_twice_the_size_keeps_its_size() -> None:
    line = np.array([[[-30.0, 0, 0], [30, 0, 0], [0, 0, 0]]])
    aligned = procrustes(2 * line + 7, line, with_scale=False)
    assert aligned.scale.tolist() == [1]
    assert distances(aligned.poses, line)[0] == pytest.approx(np.array([30, 30, 0]))
    assert aligned.residual == pytest.approx(2 * 30**2 / (2 * 30**2))


def test_a_mirrored_pose_is_not_mirrored_back() -> None:
    mirrored = CORNER * [-1, 1, 1]
    assert np.linalg.det(procrustes(mirrored, CORNER).rotation) == pytest.approx(1)
    assert p_mpjpe(mirrored, CORNER)[0] > 10


def test_the_best_scale_is_that_of_the_least_squares() -> None:
    truth = np.array([[[0.0, 0, 0], [100, 0, 0], [0, 100, 0]]])
    found = np.array([[[0.0, 0, 0], [200, 0, 0], [0, 100, 0]]])
    factor = (200 * 100 + 100 * 100) / (200**2 + 100**2)  # 0.6
    assert rescaled(found, truth) == pytest.approx(factor * found)
    assert n_mpjpe(found, truth) == pytest.approx((0 + 20 + 40) / 3)


def test_the_scale_is_about_the_origin_and_nothing_is_centred() -> None:
    truth = np.array([[[10.0, 0, 0], [20, 0, 0]]])
    assert n_mpjpe(truth + 100, truth)[0] > 1


def test_velocities_are_compared_between_neighbouring_frames() -> None:
    truth = np.zeros((3, 1, 3))
    truth[:, 0, 0] = 0, 10, 20
    found = np.zeros((3, 1, 3))
    found[:, 0, 1] = 5, 5, 29  # still, then 24 across: apart by 10, then by (10, 24)
    assert mpjve(found, truth).tolist() == [10, 26]
    assert mpjve(found[:1], truth[:1]).shape == (0,)


def test_a_pose_of_no_extent_comes_to_lie_in_the_middle_and_cannot_be_rescaled() -> None:
    truth = np.array([[[-30.0, 0, 0], [30, 0, 0]]])
    nowhere = np.zeros((1, 2, 3))
    assert p_mpjpe(nowhere + 9, truth).tolist() == [30]
    assert n_mpjpe(nowhere, truth).tolist() == [30]
    assert procrustes(nowhere, truth, with_scale=False).residual.tolist() == [1]


def test_single_precision_is_measured_in_double() -> None:
    truth = np.zeros((1, 1, 3), dtype=np.float32)
    assert mpjpe(truth + np.float32(1), truth)[0] == math.sqrt(3)


def test_joints_of_other_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"predicted joints \(3, 16, 3\), true ones \(3, 17, 3\)"):
        p_mpjpe(poses(0)[:, 1:], poses(1))


@given(SEEDS)
def test_moving_both_alike_changes_the_plain_error_nowhere(seed: int) -> None:
    found, truth = poses(seed), poses(seed + 1)
    move = np.array([3.0, -2000, 5000])
    assert mpjpe(found + move, truth + move) == pytest.approx(mpjpe(found, truth))
    turn = rotations(seed)
    assert mpjpe(found @ turn, truth @ turn) == pytest.approx(mpjpe(found, truth))


@given(SEEDS, st.floats(0.01, 100))
def test_no_similarity_of_the_prediction_changes_the_aligned_error(
    seed: int, factor: float
) -> None:
    found, truth = poses(seed), poses(seed + 1)
    moved = factor * found @ rotations(seed) + np.array([1000.0, -20, 4000])
    assert p_mpjpe(moved, truth) == pytest.approx(p_mpjpe(found, truth), rel=1e-7)


@given(SEEDS, st.floats(0.01, 100))
def test_no_factor_on_the_prediction_changes_the_rescaled_error(seed: int, factor: float) -> None:
    found, truth = poses(seed), poses(seed + 1)
    assert n_mpjpe(-factor * found, truth) == pytest.approx(n_mpjpe(found, truth))


@given(SEEDS)
def test_a_constant_offset_changes_no_error_of_velocities(seed: int) -> None:
    found, truth = poses(seed), poses(seed + 1)
    assert mpjve(found + np.array([5.0, 6, 7]), truth) == pytest.approx(mpjve(found, truth))
    assert mpjve(found[::-1], truth[::-1])[::-1] == pytest.approx(mpjve(found, truth))


@given(SEEDS)
def test_each_alignment_leaves_less_squared_distance_than_the_one_before(seed: int) -> None:
    found, truth = poses(seed), poses(seed + 1)
    steps = (found, rescaled(found, truth), procrustes(found, truth).poses)
    plain, scaled, aligned = (np.square(distances(step, truth)).sum(axis=1) for step in steps)
    assert (aligned <= plain).all()
    assert (scaled <= plain).all()


@given(SEEDS)
def test_the_residual_is_the_share_of_squared_distance_that_is_left(seed: int) -> None:
    found, truth = poses(seed), poses(seed + 1)
    spread = np.square(truth - truth.mean(axis=1, keepdims=True)).sum(axis=(1, 2))
    for with_scale in (True, False):
        aligned = procrustes(found, truth, with_scale=with_scale)
        left = np.square(distances(aligned.poses, truth)).sum(axis=1)
        assert aligned.residual == pytest.approx(left / spread)
        again = aligned.scale[:, None, None] * found @ aligned.rotation
        assert again + aligned.translation[:, None] == pytest.approx(aligned.poses)


@given(SEEDS)
def test_a_frame_is_measured_by_itself(seed: int) -> None:
    found, truth = poses(seed, 5), poses(seed + 1, 5)
    for error in (mpjpe, p_mpjpe, n_mpjpe):
        alone = [error(found[[row]], truth[[row]])[0] for row in range(5)]
        assert error(found, truth) == pytest.approx(np.array(alone))
