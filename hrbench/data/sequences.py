"""Sequences of keypoints, and windows of them for networks that lift over time.

A window is a row of a table: sequence, first frame, frame after the last, mirrored or not (1 or
0). Its frames may lie outside of the sequence, which goes on there as it begins and ends.

Letters: S sequences of T frames, N windows of L frames, K keypoints, J joints.

Source: Pavllo et al. 2019, appendix A.5; details as VideoPose3D, common/generators.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from hrbench.geometry import Floats

Points = TypeVar("Points", NDArray[np.float32], NDArray[np.float64])

MIRRORED_INTRINSICS = [2, 7]  # the centre's x and the tangential coefficient that goes with x


@dataclass(frozen=True, slots=True, eq=False)
class Sequences:
    """Sequences laid end to end, and behind them their mirror images in the same order.

    F frames in all. Mirroring a batch takes twice as long as all else about it, so it is done
    once for all.
    """

    keypoints: NDArray[np.float32]  # (2 F, K, 2) with x = 0 in the middle, as `cameras.screen` has
    joints: NDArray[np.float32]  # (2 F, J, 3) camera frame
    bounds: NDArray[np.int64]  # (S + 1,) first frame of each sequence, and F

    def cut(
        self, pairs: NDArray[np.int64], pad: int, shift: int = 0
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return windows of keypoints, and the joints of their middles.

        Keypoints are cut with `pad` more frames on each side; all of them lie `shift` frames
        earlier, which is `pad` for a network that sees no later frame and 0 for any other.

        Shapes: pairs (N, 4); keypoints (N, L + 2 pad, K, 2), joints (N, L, J, 3).

        Raises:
            ValueError: windows are not all of one length.
        """
        lengths = np.unique(pairs[:, 2] - pairs[:, 1]).tolist()
        if len(lengths) != 1:
            raise ValueError(f"windows of {lengths} frames cannot be one batch")
        seen = np.arange(-pad, lengths[0] + pad) - shift
        answered = np.arange(lengths[0])
        return (
            self.keypoints.take(self._rows(pairs, seen), axis=0),
            self.joints.take(self._rows(pairs, answered), axis=0),
        )

    def _rows(self, pairs: NDArray[np.int64], steps: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the (N, steps) rows that are so many steps from each window's start."""
        sequence, start, _, mirror = pairs.T[..., None]
        first, after = self.bounds[sequence], self.bounds[sequence + 1]
        frames = np.clip(first + start + steps, first, after - 1)
        return np.asarray(frames + mirror * self.bounds[-1])


def join(
    keypoints: Sequence[Floats],
    joints: Sequence[Floats],
    keypoint_order: NDArray[np.int64],
    joint_order: NDArray[np.int64],
) -> Sequences:
    """Return sequences as one table, with their mirror images.

    Shapes: keypoints S times (T, K, 2), joints S times (T, J, 3); the orders (K,) and (J,) are
        `geometry.flip_order`'s.

    Raises:
        ValueError: keypoints and joints of a sequence differ in length.
    """
    lengths, others = [len(frames) for frames in keypoints], [len(frames) for frames in joints]
    if lengths != others:
        raise ValueError(f"sequences of {lengths} frames of keypoints, {others} of joints")
    points = np.concatenate(keypoints, dtype=np.float32)
    poses = np.concatenate(joints, dtype=np.float32)
    return Sequences(
        keypoints=np.concatenate([points, mirrored(points, keypoint_order)]),
        joints=np.concatenate([poses, mirrored(poses, joint_order)]),
        bounds=np.cumsum([0, *lengths], dtype=np.int64),
    )


def chunks(lengths: Sequence[int], size: int = 1, *, mirror: bool = False) -> NDArray[np.int64]:
    """Return the (N, 4) windows of `size` frames that cover sequences of those lengths.

    Where they do not fit, the first begins and the last ends outside, by as much or one frame
    more at the end. With `mirror`, each sequence's windows are followed by their mirror images.
    """
    frames = np.asarray(lengths, dtype=np.int64)
    counts = -(-frames // size)
    early = (counts * size - frames) // 2
    times = counts * (1 + mirror)
    sequence = np.repeat(np.arange(len(frames)), times)
    place = np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)
    mirrors, number = np.divmod(place, counts[sequence])
    start = number * size - early[sequence]
    return np.stack([sequence, start, start + size, mirrors], axis=1)


def padded(keypoints: Points, pad: int, shift: int) -> Points:
    """Return whole sequences with `pad` frames more on each side; `shift` as in `Sequences.cut`.

    Shapes: keypoints (B, T, K, 2), returns (B, T + 2 pad, K, 2).
    """
    frames = keypoints.shape[1]
    steps = np.arange(-pad, frames + pad) - shift
    return keypoints.take(steps.clip(0, frames - 1), axis=1)


def mirrored(points: Points, order: NDArray[np.int64]) -> Points:
    """Return points seen in a mirror: x negated, and left exchanged with right.

    Its own inverse, so it brings answers for mirror images back too.

    Shapes: points (..., K, 2) or (..., K, 3) with x = 0 in the middle; order (K,), as
        `geometry.flip_order` returns it.
    """
    turned = points.take(order, axis=-2)
    turned[..., 0] *= -1
    return turned


def mirrored_intrinsics(rows: Points) -> Points:
    """Return what VideoPose3D makes of a camera for mirror images.

    Shapes: (..., 9) fx, fy, cx, cy, k1, k2, k3 and two tangential coefficients, to the same.
    """
    turned = rows.copy()
    turned[..., MIRRORED_INTRINSICS] *= -1
    return turned
