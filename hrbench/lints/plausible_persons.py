"""What makes persons with a centre and a size implausible, as MPII's are annotated.

What single persons may be, but most are not: then it is the file's, and `--allow` with its name
lets it pass. Official files have none of it.

Letters: N persons, K joints.
"""

import numpy as np
from numpy.typing import NDArray

from hrbench.data.faults import Fault, fault_of
from hrbench.geometry import UNIT
from hrbench.lints import thresholds
from hrbench.lints.plausible_faces import again

SEVERAL = 4  # joints, from which on a person has a size and a place
REACH = 1.5  # heights from their center: a person's joints are nearer
LARGE = 20.0  # times a person's height, or one over it, is no extent of the joints


def faults(
    image: NDArray[np.int64],
    joints: NDArray[np.float64],
    visible: NDArray[np.bool_],
    centers: NDArray[np.float64],
    scales: NDArray[np.float64],
) -> list[Fault]:
    """Return what is implausible about persons, by their rows in the file.

    Args:
        image: (N,) number of each one's image.
        joints: (N, K, 2) in image pixels.
        visible: (N, K) those that are annotated.
        centers: (N, 2).
        scales: (N,) heights over `UNIT`.
    """
    several = visible.sum(axis=1) >= SEVERAL
    low = np.where(visible[..., None], joints, np.inf).min(axis=1)
    high = np.where(visible[..., None], joints, -np.inf).max(axis=1)
    height = UNIT * np.abs(scales)
    extent = np.where(several[:, None], high - low, 1).max(axis=1)
    away = np.abs(joints - centers[:, None]).max(axis=2) > REACH * height[:, None]
    outside = several & (2 * (away & visible).sum(axis=1) > visible.sum(axis=1))
    small = several & (high <= thresholds.UNIT).all(axis=1)
    twice = several & again(image.tolist(), np.where(visible[..., None], joints, np.nan))
    checks = {
        ("persons whose joints are in 0 … 1; they should be in pixels", "unit"): small,
        ("persons whose joints are not around their center", "outside"): outside & ~small,
        ("persons whose scale is not their height over 200 pixels", "scale"): (
            several & ~small & ((extent > LARGE * height) | (extent < height / LARGE))
        ),
        ("persons who stand twice, with the same joints", "twice"): twice,
    }
    implausible = []
    for (kind, name), odd in checks.items():
        rows = [f"row {row}" for row in np.flatnonzero(odd).tolist()]
        fatal = 2 * len(rows) >= int(several.sum())
        implausible += fault_of(kind, rows, fatal=fatal, name=name)
    return implausible
