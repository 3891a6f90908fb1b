"""Keypoints as the official pose code keeps them: with a third column that is always 0."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def three(keypoints: ArrayLike, visible: ArrayLike) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Return (N, K, 2) keypoints and (N, K) whether they are visible, both as (N, K, 3)."""
    seen = np.asarray(visible, dtype=np.float64)
    points = np.pad(np.asarray(keypoints), ((0, 0), (0, 0), (0, 1)))
    return points, np.stack([seen, seen, np.zeros_like(seen)], axis=2)
