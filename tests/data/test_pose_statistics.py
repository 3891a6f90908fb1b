import numpy as np
import pytest

from hrbench.data.pose_statistics import (
    JOINTS_OUT,
    KEYPOINTS_IN,
    centred,
    measure,
)
from hrbench.errors import DataError

POSES = np.array([[[0.0, 0], [1, 10], [7, 7]], [[0, 0], [3, 30], [9, 9]]])  # joint 0 never moves


def test_deviation_is_that_of_the_population() -> None:
    statistics = measure(POSES, used=[1])
    assert statistics.mean.tolist() == [[0, 0], [2, 20], [8, 8]]
    assert statistics.std.tolist() == [[0, 0], [1, 10], [1, 1]]


def test_used_joints_are_laid_out_one_after_the_other() -> None:
    statistics = measure(POSES, used=[1, 2])
    assert statistics.coordinates.tolist() == [2, 3, 4, 5]
    assert statistics.normalise(POSES).tolist() == [[-1, -1, -1, -1], [1, 1, 1, 1]]


def test_joints_that_are_not_used_come_back_as_their_mean() -> None:
    restored = measure(POSES, used=[1]).restore(np.array([[1.0, -2]]))
    assert restored.tolist() == [[[0, 0], [3, 0], [8, 8]]]


def test_normalising_is_undone() -> None:
    poses = np.random.default_rng(0).normal(500, 100, (20, 17, 3))
    statistics = measure(poses, used=range(17))
    np.testing.assert_allclose(statistics.restore(statistics.normalise(poses)), poses, atol=1e-4)


def test_sums_of_many_float32_do_not_drift() -> None:
    poses = np.full((200_000, 1, 1), 4000.1, dtype=np.float32)
    poses[::2] += 1
    assert measure(poses, used=[0]).mean.item() == pytest.approx(4000.6, abs=1e-3)
    assert measure(poses, used=[0]).std.item() == pytest.approx(0.5, abs=1e-3)


def test_a_coordinate_that_never_changes_is_refused() -> None:
    with pytest.raises(DataError, match=r"joint 0 has the same x in all 2 training poses"):
        measure(POSES, used=[1, 0])


def test_the_hip_becomes_the_origin() -> None:
    assert centred(np.array([[[1.0, 2, 3], [2, 4, 6]]])).tolist() == [[[0, 0, 0], [1, 2, 3]]]


def test_sixteen_keypoints_give_sixteen_joints() -> None:
    assert set(range(17)) - set(KEYPOINTS_IN) == {9}
    assert set(range(17)) - set(JOINTS_OUT) == {0}
