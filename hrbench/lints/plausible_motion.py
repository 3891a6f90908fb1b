"""What makes sequences of joints and their keypoints implausible: units, axes, other cameras.

Letters: T frames; J joints, 17 of Human3.6M.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from hrbench.cameras import Projection
from hrbench.data.clips import Clip
from hrbench.data.faults import Fault, fault_of, said_of
from hrbench.geometry import Floats

PARENTS = [0, 0, 1, 2, 0, 4, 5, 0, 7, 8, 9, 8, 11, 12, 8, 14, 15]  # of Human3.6M's 17 joints
PERSON = (2000.0, 8000.0)  # mm of all bones together; 4,000 or so of a grown-up
STEPS = (1.0, 1000.0, 0.001)  # from what a file has to mm: as it should be, or a unit mistaken
LOOKED_AT = 64  # frames of a sequence
SCREEN = 3.0  # keypoints in pixels go beyond; those over the picture's size do not
FAR = 0.3  # of the extent in the picture: keypoints farther from the joints are not theirs
FEET, HEAD = [3, 6], 10  # joints


def unit(names: Sequence[str], joints: Sequence[Floats], place: str) -> tuple[float, list[Fault]]:
    """Return what makes mm of a file's joints, 1 if nothing does, and what is wrong with them.

    Args:
        names: of the sequences.
        joints: (T, J, 3) of each, in mm if the file is in the unit that its kind has.
        place: what file they are of, for messages.
    """
    sizes = np.array([_size(motion) for motion in joints if len(motion)])
    names = [name for name, motion in zip(names, joints, strict=True) if len(motion)]
    low, high = PERSON
    for step in STEPS:
        if ((low <= step * sizes) & (step * sizes <= high)).all():
            size = "large" if step < 1 else "small"
            kind = (
                f"sequences of {place} whose joints are a thousand times too {size} for their unit "
                "(metres or millimetres), and taken as such"
            )
            return step, [] if step == 1 else said_of(kind, names)
    odd = [
        f"{name}: {size:.4g} mm"
        for name, size in zip(names, sizes.tolist(), strict=True)
        if not low <= size <= high
    ]
    kind = (
        f"sequences of {place} whose bones together are not as long as a person's "
        f"({low:,.0f} to {high:,.0f} mm)"
    )
    return 1.0, fault_of(kind, odd, name="bones")


def _size(joints: Floats) -> float:
    """Return how long all bones are together, in the middle one of some frames."""
    some = joints[_some(len(joints))].astype(np.float64)
    return float(np.median(np.linalg.norm(some - some[:, PARENTS], axis=2).sum(axis=1)))


def _some(count: int) -> NDArray[np.intp]:
    return np.unique(np.linspace(0, count - 1, min(count, LOOKED_AT)).astype(np.intp))


def keypoints(clips: Sequence[Clip], project: Projection, place: str) -> list[Fault]:
    """Return whose keypoints are not where the camera sees the joints.

    Args:
        clips: with the keypoints that are lifted.
        project: how a camera draws.
        place: what file the keypoints are of, for messages.
    """
    if not clips:
        return []
    looks = [_look(clip, project) for clip in clips]
    if all(np.nanmax(np.abs(points), initial=0) <= SCREEN for points, _ in looks):
        kind = f"sequences of {place} whose keypoints are over the picture's size, not in pixels"
        return fault_of(kind, list(_names(clips)), name="unit")
    across, down = _stature(np.concatenate([points for points, _ in looks]))
    if abs(across) > abs(down) or down < 0:
        words = "y before x" if abs(across) > abs(down) else "y counted upwards"
        kind = f"sequences of {place} whose people lie or stand on their heads, as with {words}"
        return fault_of(kind, list(_names(clips)), name="axes")
    apart = [_apart(points, seen) for points, seen in looks]
    kind = (
        f"sequences of {place} whose keypoints are not where the camera sees the joints; are they "
        "of other cameras, frames or subjects?"
    )
    return said_of(kind, [n for n, a in zip(_names(clips), apart, strict=True) if a > FAR])


def _stature(keypoints: Floats) -> tuple[float, float]:
    """Return how far feet are from the head, to the right and down, in the middle."""
    feet = keypoints[:, FEET].mean(axis=1)
    ways = feet - keypoints[:, HEAD]
    known = ways[np.isfinite(ways).all(axis=1)]
    across, down = np.median(known, axis=0).tolist() if len(known) else (0.0, 0.0)
    return across, down


def _names(clips: Sequence[Clip]) -> Iterator[str]:
    return (f"{' '.join(clip.key[:2])}, camera {clip.camera.name}" for clip in clips)


def _look(clip: Clip, project: Projection) -> tuple[Floats, Floats]:
    """Return the keypoints of some frames, and where the camera sees the joints."""
    rows = _some(len(clip.frames))
    return clip.keypoints[rows], project(clip.camera, clip.joints[rows])


def _apart(points: Floats, seen: Floats) -> float:
    """Return the middle distance of keypoints from joints, over the joints' extent."""
    extent = np.linalg.norm(seen.max(axis=1) - seen.min(axis=1), axis=1)[:, None]
    shares = np.linalg.norm(points - seen, axis=2) / np.maximum(extent, 1)
    return float(np.nanmedian(shares)) if np.isfinite(shares).any() else 0.0
