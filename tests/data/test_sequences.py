import numpy as np
import pytest

from hrbench.data.sequences import (
    Sequences,
    chunks,
    join,
    mirrored,
    mirrored_intrinsics,
    padded,
)

ORDER = np.array([0, 2, 1])  # a middle, a left and a right keypoint


def counting(*lengths: int) -> Sequences:
    """Sequences whose frame t has x = 100 s + t, and keypoints y = 0, 1, 2."""
    keypoints, joints = [], []
    for number, length in enumerate(lengths):
        x = np.repeat(100 * number + np.arange(length), 3).reshape(-1, 3)
        y = np.tile(np.arange(3), (length, 1))
        keypoints.append(np.stack([x, y], axis=2).astype(np.float64))
        joints.append(np.stack([x, y, x + y], axis=2).astype(np.float64))
    return join(keypoints, joints, ORDER, ORDER)


def test_every_frame_is_a_window_and_its_mirror_image_another() -> None:
    assert chunks([2, 1]).tolist() == [[0, 0, 1, 0], [0, 1, 2, 0], [1, 0, 1, 0]]
    both = [[0, 0, 1, 0], [0, 1, 2, 0], [0, 0, 1, 1], [0, 1, 2, 1], [1, 0, 1, 0], [1, 0, 1, 1]]
    assert chunks([2, 1], mirror=True).tolist() == both


def test_windows_that_do_not_fit_lie_around_the_middle() -> None:
    assert chunks([7], 3)[:, 1:3].tolist() == [[-1, 2], [2, 5], [5, 8]]
    assert chunks([5, 6], 3)[:, 1:3].tolist() == [[0, 3], [3, 6]] * 2


def test_a_sequence_without_frames_has_no_windows() -> None:
    assert chunks([0, 1]).tolist() == [[1, 0, 1, 0]]
    assert chunks([]).shape == (0, 4)


def test_keypoints_reach_further_than_joints_and_stay_in_their_sequence() -> None:
    keypoints, joints = counting(4, 3).cut(np.array([[0, 0, 2, 0], [1, 1, 3, 0]]), pad=2)
    assert keypoints[..., 0, 0].tolist() == [[0, 0, 0, 1, 2, 3], [100, 100, 101, 102, 102, 102]]
    assert joints[..., 0, 0].tolist() == [[0, 1], [101, 102]]
    assert (keypoints.shape, joints.shape) == ((2, 6, 3, 2), (2, 2, 3, 3))


def test_a_causal_window_ends_with_its_frame() -> None:
    keypoints, joints = counting(4).cut(np.array([[0, 1, 2, 0]]), pad=1, shift=1)
    assert keypoints[..., 0, 0].tolist() == [[0, 0, 1]]
    assert joints[..., 0, 0].tolist() == [[1]]


def test_windows_outside_repeat_the_first_and_last_frame() -> None:
    _, joints = counting(5).cut(np.array([[0, -1, 2, 0], [0, 3, 6, 0]]), pad=0)
    assert joints[..., 0, 0].tolist() == [[0, 0, 1], [3, 4, 4]]


def test_a_mirror_image_is_a_window_of_the_same_frames() -> None:
    sequences = counting(2, 3)
    plain, other = (sequences.cut(np.array([[1, 0, 1, side]]), pad=1) for side in (0, 1))
    for there, here in zip(other, plain, strict=True):
        assert there.tolist() == mirrored(here, ORDER).tolist()
    assert other[0][0, 2].tolist() == [[-101, 0], [-101, 2], [-101, 1]]


def test_windows_stay_in_the_precision_of_networks() -> None:
    assert [part.dtype for part in counting(2).cut(chunks([2]), pad=0)] == [np.float32] * 2


def test_whole_sequences_begin_and_end_with_repeated_frames() -> None:
    sequence = np.arange(3.0).reshape(1, 3, 1, 1)
    assert padded(sequence, 2, 0).ravel().tolist() == [0, 0, 0, 1, 2, 2, 2]
    assert padded(sequence, 2, 2).ravel().tolist() == [0, 0, 0, 0, 0, 1, 2]


def test_a_mirror_is_its_own_inverse() -> None:
    points = np.array([[1.0, 5], [2, 6], [3, 7]])
    assert mirrored(points, ORDER).tolist() == [[-1, 5], [-3, 7], [-2, 6]]
    assert mirrored(mirrored(points, ORDER), ORDER).tolist() == points.tolist()
    assert points[0, 0] == 1  # a copy


def test_a_mirrored_camera_has_its_centre_and_one_coefficient_negated() -> None:
    row = np.arange(9.0)
    assert mirrored_intrinsics(row).tolist() == [0, 1, -2, 3, 4, 5, 6, -7, 8]
    assert row[2] == 2  # a copy


def test_windows_of_two_lengths_are_no_batch() -> None:
    with pytest.raises(ValueError, match=r"windows of \[1, 2\] frames cannot be one batch"):
        counting(4).cut(np.array([[0, 0, 1, 0], [0, 0, 2, 0]]), pad=0)


def test_keypoints_and_joints_of_other_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match=r"of \[2\] frames of keypoints, \[3\] of joints"):
        join([np.zeros((2, 3, 2))], [np.zeros((3, 3, 3))], ORDER, ORDER)
