"""Keypoints of other sets brought to Human3.6M's 17 joints.

Letters: K keypoints.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from hrbench.errors import DataError
from hrbench.formats.h36m.frame_names import JOINTS

H36M = JOINTS
COCO = (
    *("nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder"),
    *("right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hip"),
    *("right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle"),
)
_SAME = {  # our joint: COCO's keypoint
    **{name: name for name in H36M if name in COCO},
    **{f"{side}_foot": f"{side}_ankle" for side in ("left", "right")},
    "neck_nose": "nose",
}
_MIDDLES = {  # our joint: the two of COCO's that it lies between
    "hip": ("left_hip", "right_hip"),
    "thorax": ("left_shoulder", "right_shoulder"),
    "head": ("left_eye", "right_eye"),
}
Map = Callable[[NDArray[np.floating]], NDArray[np.floating]]


def from_coco(keypoints: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return (..., 17, 2) joints of Human3.6M for (..., 17, 2) keypoints of COCO.

    The hip is the middle of the hips, the thorax that of the shoulders, the spine that of these
    two, the head that of the eyes; neck_nose is the nose, and a foot the ankle.
    """
    place = {name: index for index, name in enumerate(COCO)}
    joints = {ours: keypoints[..., place[theirs], :] for ours, theirs in _SAME.items()}
    for ours, (one, other) in _MIDDLES.items():
        joints[ours] = (keypoints[..., place[one], :] + keypoints[..., place[other], :]) / 2
    joints["spine"] = (joints["hip"] + joints["thorax"]) / 2
    return np.stack([joints[name] for name in H36M], axis=-2)


def are_lifted(names: Sequence[str]) -> bool:
    """Return whether `to_h36m` knows what to do with keypoints of those names."""
    return set(H36M) <= set(names) or set(COCO) <= set(names)


def to_h36m(names: Sequence[str]) -> Map:
    """Return what brings (..., K, 2) keypoints of those names to the 17 joints.

    Raises:
        DataError: they are neither Human3.6M's nor COCO's.
    """
    if set(H36M) <= set(names):
        order = [list(names).index(name) for name in H36M]
        return lambda keypoints: keypoints[..., order, :]
    if set(COCO) <= set(names):
        order = [list(names).index(name) for name in COCO]
        return lambda keypoints: from_coco(keypoints[..., order, :])
    missing = [name for name in H36M if name not in names]
    raise DataError(
        f"these {len(names)} keypoints are neither Human3.6M's 17 joints ({', '.join(missing)} "
        "are missing) nor COCO's 17 keypoints, so they cannot be lifted"
    )
