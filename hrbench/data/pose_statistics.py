"""Poses as numbers of mean 0 and deviation 1, and back.

Letters: N poses of J joints in D dimensions, U of which joints are used.

Source: Martinez et al. 2017, section 3.2; details as 3d-pose-baseline, src/data_utils.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hrbench.errors import DataError
from hrbench.geometry import Floats

# Of Human3.6M's 17: stacked hourglasses find no neck_nose (9), and the hip (0) is the origin.
KEYPOINTS_IN = (*range(9), *range(10, 17))
JOINTS_OUT = tuple(range(1, 17))


@dataclass(frozen=True, slots=True, eq=False)
class PoseStatistics:
    """Mean and standard deviation of each coordinate, and which joints are used."""

    mean: NDArray[np.float64]  # (J, D) in the poses' unit and frame
    std: NDArray[np.float64]  # (J, D) of the population, not of a sample
    used: NDArray[np.int64]  # (U,) numbers of joints

    @property
    def coordinates(self) -> NDArray[np.int64]:
        """The (U D,) numbers of the used joints' coordinates in a pose that is laid flat."""
        dimensions = self.mean.shape[1]
        return np.asarray((self.used[:, None] * dimensions + np.arange(dimensions)).ravel())

    def normalise(self, poses: Floats) -> NDArray[np.float64]:
        """Return (N, U D) deviations of (N, J, D) poses from the mean, joint after joint."""
        deviations = (poses[:, self.used] - self.mean[self.used]) / self.std[self.used]
        return np.asarray(deviations, dtype=np.float64).reshape(len(poses), -1)

    def restore(self, normalised: Floats) -> NDArray[np.float64]:
        """Return (N, J, D) poses for (N, U D) deviations; joints not used have their mean."""
        # float32, as officially: it decides the last bits of the errors in millimetres.
        deviations = np.zeros((len(normalised), self.mean.size), dtype=np.float32)
        deviations[:, self.coordinates] = normalised
        restored = deviations.reshape(-1, *self.mean.shape) * self.std + self.mean
        return np.asarray(restored, dtype=np.float64)


def measure(poses: Floats, used: Sequence[int]) -> PoseStatistics:
    """Return the statistics of (N, J, D) training poses.

    Raises:
        DataError: a used coordinate is the same in all poses.
    """
    mean = poses.mean(axis=0, dtype=np.float64)
    std = poses.std(axis=0, dtype=np.float64)
    chosen = np.array(used, dtype=np.int64)
    still = np.argwhere(std[chosen] == 0)
    if len(still):
        joint, dimension = chosen[still[0, 0]], "xyz"[still[0, 1]]
        raise DataError(
            f"joint {joint} has the same {dimension} in all {len(poses)} training poses, so it "
            f"cannot be normalised: train with more frames"
        )
    return PoseStatistics(mean, std, chosen)


def centred(joints: Floats) -> Floats:
    """Return (..., J, 3) joints relative to joint 0, the hip."""
    return joints - joints[..., :1, :]
