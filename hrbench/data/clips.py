"""Sequences of joints in the world, and as cameras see them, with the keypoints to lift.

Letters: T frames; J joints, 17 of Human3.6M.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hrbench.cameras import Camera, Cameras, Projection
from hrbench.errors import DataError
from hrbench.geometry import Floats

Key = tuple[str, str, str]  # subject, sequence, camera
Positions = Mapping[Key, NDArray[np.floating]]  # (T', J, 2) px of each clip, a score after them


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """One subject's sequence in the world."""

    subject: str  # "S9"
    name: str  # "Walking 1": action, space, take, as VideoPose3D spells it
    joints: Floats  # (T, 17, 3) mm


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """One sequence as one camera sees it."""

    subject: str
    name: str
    camera: Camera
    frames: NDArray[np.int64]  # (T,) their numbers, from 0, at 50 a second
    joints: Floats  # (T, 17, 3) mm in the camera's frame
    keypoints: Floats  # (T, 17, 2) px; NaN where detections have no such joint

    @property
    def action(self) -> str:
        """What is done, "Walking"."""
        return self.name.split(" ")[0]

    @property
    def key(self) -> Key:
        """Subject, sequence and camera."""
        return self.subject, self.name, self.camera.name

    def at(self, rows: NDArray[np.int64] | slice, keypoints: Floats | None = None) -> "Clip":
        """Return some of its frames, with keypoints of their own if some are given."""
        return replace(
            self,
            frames=self.frames[rows],
            joints=self.joints[rows],
            keypoints=self.keypoints[rows] if keypoints is None else keypoints,
        )


def views(motions: Sequence[Motion], cameras: Cameras, project: Projection) -> list[Clip]:
    """Return every motion as each camera of its subject sees it, with the true keypoints.

    Raises:
        DataError: a subject has no cameras.
    """
    clips = []
    for motion in motions:
        if motion.subject not in cameras:
            known = ", ".join(cameras)
            raise DataError(f"no camera of {motion.subject} is known, only of {known}")
        frames = np.arange(len(motion.joints))
        for camera in cameras[motion.subject]:
            joints = camera.to_camera(motion.joints)
            keypoints = project(camera, joints)
            clips.append(Clip(motion.subject, motion.name, camera, frames, joints, keypoints))
    return clips


def with_keypoints(clips: Sequence[Clip], positions: Positions, where: str) -> list[Clip]:
    """Return the clips with other keypoints; those after a clip's last frame are cut off.

    Args:
        clips: what is lifted.
        positions: the keypoints of each clip, those of the 17 joints.
        where: what file they are of, for messages.

    Raises:
        DataError: a clip has none, too few, of another number of joints, or some are no numbers.
    """
    return [replace(clip, keypoints=_of(clip, positions, where)) for clip in clips]


def _of(clip: Clip, positions: Positions, where: str) -> NDArray[np.floating]:
    who = f"{where}: {' '.join(clip.key[:2])}, camera {clip.camera.name}"
    if clip.key not in positions:
        raise DataError(
            f"{who}: has no keypoints; every sequence of the 3D file needs them, so take both "
            "files from one source, or leave it out: --set "
            f"'protocol.excluded=[\"{clip.subject}/{clip.name}\"]'"
        )
    keypoints, joints = positions[clip.key], clip.joints.shape[1]
    if keypoints.ndim != 3 or keypoints.shape[1] != joints or keypoints.shape[2] < 2:
        raise DataError(f"{who}: keypoints of shape {keypoints.shape}, not (frames, {joints}, 2)")
    if len(keypoints) < len(clip.frames):
        raise DataError(
            f"{who}: {len(keypoints)} frames of keypoints for {len(clip.frames)} of joints; take "
            "both files from one source"
        )
    kept = keypoints[: len(clip.frames), :, :2]
    unknown = ~np.isfinite(kept).all(axis=2)
    broken = unknown & ~unknown.all(axis=0)  # a joint that no frame has is not detected at all
    if broken.any():
        frame, joint = np.argwhere(broken)[0].tolist()
        raise DataError(f"{who}: frame {frame}, joint {joint} is not a number; mend the file")
    return kept
