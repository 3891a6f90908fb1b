"""The synthetic Human3.6M before it is written: who does what, before which cameras.

Everything follows from the seed and from what is asked for, whoever asks.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from hrbench.arrays import Floats
from hrbench.world.h36m.camera import LensCamera, sample_cameras
from hrbench.world.h36m.motion import MANNERS, sample_motion
from hrbench.world.people.skeleton import INDEX, JOINTS, Body, sample_body

ACTIONS = tuple(MANNERS)
SUBJECTS = {"train": (1, 5, 6, 7, 8), "test": (9, 11)}
NAMES = (
    *("hip", "right_hip", "right_knee", "right_foot", "left_hip", "left_knee", "left_foot"),
    *("spine", "thorax", "neck_nose", "head", "left_shoulder", "left_elbow", "left_wrist"),
    *("right_shoulder", "right_elbow", "right_wrist"),
)
KEPT = [0, 1, 2, 3, 6, 7, 8, 12, 13, 14, 15, 17, 18, 19, 25, 26, 27]  # of the 32
_FRAMES = (120, 201)  # of a sequence: at least, and fewer than
_NECK_NOSE = len(JOINTS)  # comes after the skeleton's own joints
# Human3.6M repeats joints where chains begin and end; its fingers and toes are seldom used.
_LAYOUT = [
    {**INDEX, "neck_nose": _NECK_NOSE}[joint]
    for joint in (
        *("pelvis", "right_hip", "right_knee", "right_ankle", "right_toes", "right_toes"),
        *("left_hip", "left_knee", "left_ankle", "left_toes", "left_toes"),
        *("pelvis", "spine", "thorax", "neck_nose", "head_top"),
        *("thorax", "left_shoulder", "left_elbow", "left_wrist"),
        *("left_wrist", "left_fingers", "left_wrist", "left_fingers"),
        *("thorax", "right_shoulder", "right_elbow", "right_wrist"),
        *("right_wrist", "right_fingers", "right_wrist", "right_fingers"),
    )
]
# What a stream of random numbers is for. No two uses share one.
BODY, PLACES, LENSES, LENGTH, MOTION, DETECTIONS, OUTFIT, LAMP, BACKGROUND, GRAIN = range(10)


@dataclass(frozen=True, slots=True, order=True)
class Take:
    """A subject's doing of an action."""

    subject: int
    action: int  # its number in `ACTIONS`

    @property
    def person(self) -> str:
        """The subject's name."""
        return f"S{self.subject}"

    @property
    def name(self) -> str:
        """The sequence's name. Human3.6M numbers one of two takes, here every other action's."""
        return ACTIONS[self.action] + ("" if self.action % 2 else " 1")


def takes(split: str) -> list[Take]:
    """Return all takes of a split."""
    return [Take(s, action) for s in SUBJECTS[split] for action in range(len(ACTIONS))]


def stream(seed: int, use: int, *numbers: int) -> np.random.Generator:
    """Return the random numbers for one use, one subject, one action, ..."""
    return np.random.default_rng((seed, use, len(numbers), *numbers))


@lru_cache(maxsize=16)
def body(seed: int, subject: int) -> Body:
    """Return a subject's build."""
    return sample_body(stream(seed, BODY, subject))


@lru_cache(maxsize=16)
def cameras(seed: int, subject: int, size: tuple[int, int]) -> tuple[LensCamera, ...]:
    """Return the cameras of a subject: everybody's lenses are the same, their places are not."""
    return sample_cameras(stream(seed, PLACES, subject), stream(seed, LENSES), size)


@lru_cache(maxsize=256)
def length(seed: int, take: Take) -> int:
    """Return how many frames a take has."""
    return int(stream(seed, LENGTH, take.subject, take.action).integers(*_FRAMES))


@lru_cache(maxsize=4)
def motion(seed: int, take: Take) -> Floats:
    """Return (T, J, 3) joints of the skeleton in mm in the world."""
    rng = stream(seed, MOTION, take.subject, take.action)
    return sample_motion(rng, body(seed, take.subject), ACTIONS[take.action], length(seed, take))


def human36m(joints: Floats) -> Floats:
    """Return Human3.6M's (..., 32, 3) joints of the skeleton's (..., J, 3)."""
    neck_nose = (joints[..., INDEX["neck"], :] + joints[..., INDEX["nose"], :]) / 2
    return np.concatenate((joints, neck_nose[..., None, :]), axis=-2)[..., _LAYOUT, :]
