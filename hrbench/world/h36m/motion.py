"""How people move through the actions of Human3.6M, at 50 frames a second.

Legs, trunk and each arm go from pose to pose at a pace of their own; who walks swings the legs
instead. The foot that bears the weight stays where it is, and carries the body along.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from hrbench.arrays import Floats
from hrbench.world.people.pose import sample_angles
from hrbench.world.people.skeleton import BONES, INDEX, JOINTS, Body, rotations

FRAMES_A_SECOND = 50
FLOOR_RADIUS = 1200.0  # mm: people stay so near to the middle
_PARENTS = (0, *(INDEX[bone.parent] for bone in BONES))
_HIPS = [INDEX["left_hip"], INDEX["right_hip"]]
_KNEES = [INDEX["left_knee"], INDEX["right_knee"]]
_ANKLES = [INDEX["left_ankle"], INDEX["right_ankle"]]
_LEGS = [INDEX["pelvis"], *_HIPS, *_KNEES, *_ANKLES]
_TRUNK = [INDEX["spine"], INDEX["neck"]]
_ARMS = {
    side: [INDEX[f"{side}_{joint}"] for joint in ("shoulder", "elbow", "wrist")]
    for side in ("left", "right")
}
_PITCH = 1  # of roll, pitch, yaw
_SOLE = 0.02  # of the stature: from the lowest joint to the floor
_WEIGHT = 15.0  # mm: a foot higher than the other by this bears a third of its weight

Stance = Callable[[Floats], bool]  # whether (J, 3) angles are one


def upright(angles: Floats) -> bool:
    """Tell whether somebody stands on a straight leg."""
    hips, knees = np.degrees(angles[_HIPS, _PITCH]), np.degrees(angles[_KNEES, _PITCH])
    return bool(((abs(hips) < 15) & (knees < 15)).any())


def seated(angles: Floats) -> bool:
    """Tell whether somebody sits as on a chair."""
    hips, knees = np.degrees(angles[_HIPS, _PITCH]), np.degrees(angles[_KNEES, _PITCH])
    return bool((hips < -70).all() and (knees < 112).all())


def low(angles: Floats) -> bool:
    """Tell whether somebody sits or crouches."""
    return bool((np.degrees(angles[_HIPS, _PITCH]) < -60).all())


def any_stance(_: Floats) -> bool:
    """Tell that every pose will do."""
    return True


@dataclass(frozen=True, slots=True)
class Manner:
    """How somebody moves during an action."""

    stances: tuple[Stance, ...] = (upright,)  # taken in turn
    seconds: float = 1.0  # from pose to pose, about
    turning: float = 50.0  # degrees from pose to pose, standard deviation
    walks: bool = False
    swinging: tuple[str, ...] = ("left", "right")  # the arms that swing with the legs


_SITS = Manner((seated,), turning=15.0)
_STANDS = Manner()
MANNERS = {
    "Directions": _STANDS,
    "Discussion": Manner(seconds=0.8),
    "Eating": _SITS,
    "Greeting": Manner(seconds=0.7),
    "Phoning": _SITS,
    "Photo": Manner((upright, low), seconds=1.2),
    "Posing": Manner((any_stance,), seconds=1.2),
    "Purchases": Manner((upright, any_stance)),
    "Sitting": _SITS,
    "SittingDown": Manner((low, low, upright), seconds=1.2, turning=25.0),
    "Smoking": Manner((seated, seated, low), turning=15.0),
    "Waiting": Manner((any_stance,), seconds=1.4),
    "WalkDog": Manner(walks=True, swinging=("left",)),
    "Walking": Manner(walks=True),
    "WalkTogether": Manner(walks=True, swinging=("right",)),
}


def sample_motion(rng: np.random.Generator, body: Body, action: str, frames: int) -> Floats:
    """Return (frames, J, 3) joints in mm of somebody on the floor around the origin."""
    manner = MANNERS[action]
    angles = np.zeros((frames, len(JOINTS), 3))
    parts = [(_LEGS, manner.stances), (_TRUNK, (any_stance,))]
    parts += [(arm, (any_stance,)) for arm in _ARMS.values()]
    for joints, stances in parts:
        times = _pose_times(rng, frames, manner.seconds)
        poses = [_draw(rng, stances[i % len(stances)])[joints] for i in range(len(times))]
        angles[:, joints] = between(times, np.array(poses), frames)
    headings = _headings(rng, manner, frames)
    if manner.walks:
        _walk(rng, angles, manner.swinging)
    return _grounded(rng, body, joints_over_time(body.offsets, angles, headings))


def joints_over_time(offsets: Floats, angles: Floats, headings: Floats) -> Floats:
    """Return (T, J, 3) joints around the pelvis in mm for (T, J, 3) angles.

    `headings` are (T,) radians by which the whole body is turned about the upright axis; the
    rest is `joint_positions` of the skeleton, for all frames at once.
    """
    local = rotations(angles.reshape(-1, 3)).reshape(*angles.shape, 3)
    facing = np.zeros((len(headings), 3))
    facing[:, 2] = headings
    turned, positions = local.copy(), np.zeros_like(angles)
    turned[:, 0] = rotations(facing) @ local[:, 0]
    for joint, parent in list(enumerate(_PARENTS))[1:]:
        turned[:, joint] = turned[:, parent] @ local[:, joint]
        positions[:, joint] = positions[:, parent] + turned[:, parent] @ offsets[joint]
    return positions


def between(times: Floats, values: Floats, frames: int) -> Floats:
    """Return (frames, ...) values that rest at each of the (N,) times at one of (N, ...) values.

    In between they follow a cubic, in frames counted from 0.
    """
    now = np.arange(frames)
    after = np.clip(np.searchsorted(times, now, side="right"), 1, len(times) - 1)
    before = after - 1
    part = (now - times[before]) / (times[after] - times[before])
    part = (part * part * (3 - 2 * part)).reshape(-1, *(1,) * (values.ndim - 1))
    return np.asarray(values[before] + part * (values[after] - values[before]))


def _pose_times(rng: np.random.Generator, frames: int, seconds: float) -> Floats:
    """Return times in frames from before the first to after the last."""
    mean = seconds * FRAMES_A_SECOND
    steps = mean * rng.uniform(0.6, 1.4, int(frames / (0.6 * mean)) + 4)
    times = np.cumsum(steps) - steps[0] * rng.random() - steps[0]
    return np.asarray(times[: np.searchsorted(times, frames) + 1])


def _draw(rng: np.random.Generator, stance: Stance) -> Floats:
    angles = sample_angles(rng)
    while not stance(angles):
        angles = sample_angles(rng)
    return angles


def _headings(rng: np.random.Generator, manner: Manner, frames: int) -> Floats:
    """Return (frames,) directions in radians; who walks goes round a circle."""
    times = _pose_times(rng, frames, manner.seconds)
    turns = np.radians(manner.turning) * rng.normal(size=len(times))
    start = rng.uniform(-np.pi, np.pi)
    if not manner.walks:
        return start + between(times, np.cumsum(turns), frames)
    speed = rng.uniform(1.2, 1.8) * rng.choice((-1, 1)) / FRAMES_A_SECOND
    return np.asarray(start + speed * np.arange(frames) + between(times, 0.3 * turns, frames))


def _walk(rng: np.random.Generator, angles: Floats, swinging: Sequence[str]) -> None:
    """Overwrite (T, J, 3) angles of legs and swinging arms by those of a walk."""
    swing, lift, arms = np.radians(rng.uniform((16, 40, 12), (24, 58, 30)))
    start, steps = rng.uniform(0, 2 * np.pi), rng.uniform(0.75, 1.0)  # a second, of one leg
    phases = start + 2 * np.pi * steps / FRAMES_A_SECOND * np.arange(len(angles))
    angles[:, _LEGS] *= 0.3
    angles[:, [*_HIPS, *_KNEES], _PITCH] = 0
    for side, phase in (("left", phases), ("right", phases + np.pi)):
        forward = np.sin(phase)
        hip, knee = INDEX[f"{side}_hip"], INDEX[f"{side}_knee"]
        angles[:, hip, _PITCH] = np.radians(-4) - swing * forward
        angles[:, knee, _PITCH] = np.radians(6) + lift * ((1 + np.cos(phase + 0.5)) / 2) ** 2
        if side in swinging:
            shoulder, elbow, _ = _ARMS[side]
            roll = np.radians(6) * (1 if side == "left" else -1)
            angles[:, _ARMS[side]] = 0
            angles[:, shoulder, :2] = np.stack((np.full_like(phase, roll), arms * forward), axis=-1)
            angles[:, elbow, _PITCH] = np.radians(-20) + 0.5 * arms * forward


def _grounded(rng: np.random.Generator, body: Body, joints: Floats) -> Floats:
    """Put (T, J, 3) joints around the pelvis on the floor, where their feet carry them."""
    ankles = joints[:, _ANKLES]
    weights = np.exp(-(ankles[..., 2] - ankles[..., 2].min(axis=1, keepdims=True)) / _WEIGHT)
    weights /= weights.sum(axis=1, keepdims=True)
    steps = np.diff(ankles[..., :2], axis=0)
    bearing = (weights[1:] + weights[:-1])[..., None] / 2
    path = np.zeros((len(joints), 2))
    path[1:] = -np.cumsum((bearing * steps).sum(axis=1), axis=0)
    placed = joints.copy()
    placed[..., :2] += (path + _place(rng, path))[:, None]
    placed[..., 2] += _SOLE * body.stature - joints[..., 2].min(axis=1, keepdims=True)
    return placed


def _place(rng: np.random.Generator, path: Floats) -> Floats:
    """Return the (2,) shift in mm that brings a (T, 2) path to somewhere on the floor."""
    middle = (path.min(axis=0) + path.max(axis=0)) / 2
    reach = float(np.linalg.norm(path - middle, axis=1).max())
    angle = rng.uniform(-np.pi, np.pi)
    radius = max(0.0, FLOOR_RADIUS - reach) * np.sqrt(rng.random())
    return np.asarray(radius * np.array([np.cos(angle), np.sin(angle)]) - middle)
