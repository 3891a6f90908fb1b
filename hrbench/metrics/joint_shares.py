"""What the error of lifted joints is made of: root, rotation, scale, the pose itself; depth.

Poses are measured from the hip, so that where a person stands is no part of any error. What an
error is owed to is asked of the similarity that lays a pose upon the true one (P-MPJPE's): its
translation puts the *root* right, from which all joints are measured; then there are its
rotation and its scale. A part is what the error falls by when it alone is put right, as a mean
over the orders in which the three can be (Shapley's value), so that no order is preferred. What
is left with all three put right is the *pose*, and is P-MPJPE. Together they are MPJPE. A part
is below 0 where putting it right helps only with the others.

Letters: N frames, S sequences, J joints that count, C columns.

Source: Shapley 1953; the similarity as in `joint_errors.procrustes`.
"""

import math
from collections.abc import Sequence
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats
from hrbench.metrics.joint_errors import Alignment, distances, procrustes, turned_by
from hrbench.metrics.mpjpe import (
    HEADLINE,
    HIP,
    Average,
    JointTruth,
    Root,
    chosen,
    counted_joints,
    from_hips,
    weighted_mean,
)

STEPS = ("root", "rotation", "scale")
DEPTH = 2  # the axis along which the camera looks; the others span its picture
COLUMNS = (
    *(HEADLINE, "root_mm", "rotation_mm", "scale_mm", "pose_mm", "depth_mm", "plane_mm"),
    *("squared", "squared_depth"),
)


def breakdown(
    truth: JointTruth,
    joints: NDArray[np.floating],
    *,
    average: Average,
    num_joints: int,
    root: Root,
    joint_names: Sequence[str],
) -> dict[str, Any]:
    """Return the parts of MPJPE in mm, as `score_joints` takes its arguments.

    `groups["action_share"]` has them over `all` and of each action, `groups["joint_share"]` of
    each joint that counts. `depth_mm` and `plane_mm` are the mean errors along the camera's axis
    and within its picture's plane, `depth_share` the per cent of the squared error in depth.
    """
    used = [(number, rows) for number, rows in enumerate(truth.rows()) if len(rows)]
    if not used:
        return {}
    counted = counted_joints(joint_names, num_joints)
    hip, values = joint_names.index(HIP), []
    for _, rows in used:
        poses = from_hips(truth, joints, rows, hip, root)
        values.append(columns(*(chosen(each, counted) for each in poses)))
    return _groups(
        np.array(values),
        np.array([truth.actions[number] for number, _ in used]),
        np.array([len(rows) for _, rows in used], dtype=np.int64),
        average,
        [name for name, counts in zip(joint_names, counted.tolist(), strict=True) if counts],
    )


def columns(predicted: Floats, target: Floats) -> Floats:
    """Return (J, C), of each joint the mean parts of its error, in the order of COLUMNS."""
    parts = shares(predicted, target)
    off = predicted - target
    squared = np.square(off)
    all_squared, squared_depth = squared.sum(axis=2), squared[..., DEPTH]
    plane = np.sqrt(all_squared - squared_depth)
    each = (np.sqrt(all_squared), *parts, np.abs(off[..., DEPTH]), plane)
    return np.stack([part.mean(axis=0) for part in (*each, all_squared, squared_depth)], axis=1)


def shares(predicted: Floats, target: Floats) -> list[Floats]:
    """Return what of each joint's error is owed to each of STEPS, and to the pose: (N, J) each."""
    best, steps = procrustes(predicted, target), frozenset(STEPS)
    left = {
        done: distances(put_right(predicted, best, done), target)
        for done in {frozenset(o[:n]) for o in permutations(STEPS) for n in range(len(o) + 1)}
    }
    gains = dict.fromkeys(STEPS, np.zeros(predicted.shape[:2]))
    for order in permutations(STEPS):
        for place, step in enumerate(order):
            before, after = frozenset(order[:place]), frozenset(order[: place + 1])
            gains[step] = gains[step] + (left[before] - left[after]) / math.factorial(len(STEPS))
    return [*gains.values(), left[steps]]


def put_right(poses: Floats, best: Alignment, steps: frozenset[str]) -> Floats:
    """Return (N, J, 3) poses after some of the STEPS towards their best alignment."""
    if "rotation" in steps:
        poses = turned_by(poses, best.rotation)
    if "scale" in steps:
        poses = poses * best.scale[:, None, None]
    return poses + best.translation[:, None] if "root" in steps else poses


def _groups(
    values: Floats,
    actions: NDArray[np.str_],
    frames: NDArray[np.int64],
    average: Average,
    joints: Sequence[str],
) -> dict[str, Any]:
    """Return rows for (S, J, C) means of sequences with so many frames each."""
    flat = values.reshape(len(values), -1)

    def of(chosen: NDArray[np.bool_]) -> Floats:
        return weighted_mean(flat[chosen], frames[chosen]).reshape(values.shape[1:])

    by_action = {action: of(actions == action) for action in np.unique(actions).tolist()}
    everything = (
        of(np.ones(len(actions), dtype=np.bool_))
        if average == "frames"
        else np.asarray(np.mean([*by_action.values()], axis=0))
    )
    over_joints = {"all": everything, **by_action}
    return {
        "action_share": {name: _row(means.mean(axis=0)) for name, means in over_joints.items()},
        "joint_share": {name: _row(means) for name, means in zip(joints, everything, strict=True)},
    }


def _row(means: Floats) -> dict[str, float]:
    *shown, squared, squared_depth = means.tolist()
    share = 100 * squared_depth / squared if squared else math.nan
    return {**dict(zip(COLUMNS, shown, strict=False)), "depth_share": share}
