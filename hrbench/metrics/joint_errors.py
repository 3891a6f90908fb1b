"""How far predicted joints lie from the true ones, by each of Human3.6M's error measures.

Letters: N frames in the order of time, J joints. All positions are (N, J, 3), in one frame of
reference and in millimetres, and so are all errors. Whatever the precision of the input, the
arithmetic is in float64.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats

Joints = NDArray[np.floating]


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """The similarities that lay N poses upon N others: scale * pose @ rotation + translation."""

    poses: Floats  # (N, J, 3) after it
    rotation: Floats  # (N, 3, 3) multiplied from the right, never a reflection
    scale: Floats  # (N,)
    translation: Floats  # (N, 3)
    residual: Floats  # (N,) squared distances left, over those of the true joints to their mean


def distances(predicted: Joints, truth: Joints) -> Floats:
    """Return the (N, J) distances of joints to the true ones.

    Raises:
        ValueError: the two are not of one shape.
    """
    predicted, truth = _pair(predicted, truth)
    return np.asarray(np.linalg.norm(predicted - truth, axis=-1))


def mpjpe(predicted: Joints, truth: Joints) -> Floats:
    """Return the (N,) mean distances over joints: Human3.6M's protocol 1."""
    return np.asarray(distances(predicted, truth).mean(axis=-1))


def p_mpjpe(predicted: Joints, truth: Joints) -> Floats:
    """Return the (N,) mean distances after each pose is aligned, with scale: protocol 2."""
    return mpjpe(procrustes(predicted, truth).poses, truth)


def n_mpjpe(predicted: Joints, truth: Joints) -> Floats:
    """Return the (N,) mean distances after each pose has the scale that suits it best.

    Source: Rhodin et al. 2018, section 4.
    """
    return mpjpe(rescaled(predicted, truth), truth)


def mpjve(predicted: Joints, truth: Joints) -> Floats:
    """Return the (N - 1,) mean lengths of the errors' changes, in mm a frame.

    Source: Pavllo et al. 2019, section 5.
    """
    predicted, truth = _pair(predicted, truth)
    return mpjpe(np.diff(predicted, axis=0), np.diff(truth, axis=0))


def rescaled(predicted: Joints, truth: Joints) -> Floats:
    """Return poses times the one number each that leaves the least squared distance.

    The origin stays: nothing is centred. Poses of no extent, which no number helps, stay too.
    """
    predicted, truth = _pair(predicted, truth)
    product = np.sum(predicted * truth, axis=(-2, -1), keepdims=True)
    square = np.sum(predicted * predicted, axis=(-2, -1), keepdims=True)
    return np.asarray(predicted * (product / _above_zero(square)))


def procrustes(predicted: Joints, truth: Joints, *, with_scale: bool = True) -> Alignment:
    """Return the alignments of poses with the least squared distance to the true ones.

    Without scale, poses are turned and moved only. A pose whose joints are all in one place
    comes to lie in the middle of the true one.

    Source: the orthogonal Procrustes problem as in Gower 1975, with Umeyama's correction (1991)
    where the best matrix is a reflection.

    Raises:
        ValueError: the two are not of one shape.
    """
    predicted, truth = _pair(predicted, truth)
    middle, true_middle = (points.mean(axis=1, keepdims=True) for points in (predicted, truth))
    centred, true_centred = predicted - middle, truth - true_middle
    size, true_size = (np.linalg.norm(pose, axis=(1, 2)) for pose in (centred, true_centred))
    unit = centred / _above_zero(size)[:, None, None]
    true_unit = true_centred / _above_zero(true_size)[:, None, None]
    left, strengths, right = np.linalg.svd(true_unit.swapaxes(1, 2) @ unit)
    turn = np.sign(np.linalg.det(left @ right))
    right[:, -1] *= turn[:, None]
    strengths[:, -1] *= turn
    rotation = (left @ right).swapaxes(1, 2)
    trace = strengths.sum(axis=1)
    ratio = size / _above_zero(true_size)
    scale = trace * true_size / _above_zero(size) if with_scale else np.ones(len(trace))
    left_over = 1 - trace**2 if with_scale else 1 + ratio**2 - 2 * trace * ratio
    turned = scale[:, None, None] * rotation
    translation = true_middle - middle @ turned
    return Alignment(
        predicted @ turned + translation, rotation, scale, translation[:, 0], left_over
    )


def _pair(predicted: Joints, truth: Joints) -> tuple[Floats, Floats]:
    if predicted.shape != truth.shape:
        raise ValueError(f"predicted joints {predicted.shape}, true ones {truth.shape}")
    return predicted.astype(np.float64), truth.astype(np.float64)


def _above_zero(sizes: Floats) -> Floats:
    """Return sizes to divide by, with 1 in place of 0: what is divided is then 0 as well."""
    return np.where(sizes > 0, sizes, 1.0)
