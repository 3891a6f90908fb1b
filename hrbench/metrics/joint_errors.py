"""How far predicted joints lie from the true ones, by each of Human3.6M's error measures.

Letters: N frames in the order of time, J joints. All positions are (N, J, 3), in one frame of
reference and in millimetres, and so are all errors. Whatever the precision of the input, the
arithmetic is in float64. In memory the frames of a coordinate lie together, see `by_coordinate`, as
what is done to each frame is done to many at a time then.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats
from hrbench.metrics.rotations import best_rotations

Joints = NDArray[np.floating]


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """The similarities that lay N poses upon N others: scale * pose @ rotation + translation."""

    poses: Floats  # (N, J, 3) after it
    rotation: Floats  # (N, 3, 3) multiplied from the right, never a reflection
    scale: Floats  # (N,)
    translation: Floats  # (N, 3)
    residual: Floats  # (N,) squared distances left, over those of the true joints to their mean


def by_coordinate(joints: Joints) -> Floats:
    """Return (N, J, 3) joints in float64, the N values of each coordinate together in memory.

    Joints that are so already are returned as they are.
    """
    return np.ascontiguousarray(joints.T, dtype=np.float64).T


def distances(predicted: Joints, truth: Joints) -> Floats:
    """Return the (N, J) distances of joints to the true ones.

    Raises:
        ValueError: the two are not of one shape.
    """
    predicted, truth = _pair(predicted, truth)
    return lengths(predicted - truth)


def lengths(vectors: Floats) -> Floats:
    """Return (N, J) the lengths of (N, J, 3) vectors."""
    squared = np.einsum("njc,njc->nj", vectors, vectors)
    return np.asarray(np.sqrt(squared, out=squared))


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
    return np.asarray(lengths(np.diff(predicted - truth, axis=0)).mean(axis=-1))


def rescaled(predicted: Joints, truth: Joints) -> Floats:
    """Return poses times the one number each that leaves the least squared distance.

    The origin stays: nothing is centred. Poses of no extent, which no number helps, stay too.
    """
    predicted, truth = _pair(predicted, truth)
    scale = _products(predicted, truth) / _above_zero(_products(predicted, predicted))
    return np.asarray(predicted * scale[:, None, None])


def turned_by(poses: Floats, matrices: Floats) -> Floats:
    """Return poses times (N, 3, 3) matrices from the right."""
    planes = np.ascontiguousarray(matrices.transpose(1, 2, 0))
    return np.asarray(np.einsum("cjn,cdn->djn", poses.T, planes).T)


def procrustes(predicted: Joints, truth: Joints, *, with_scale: bool = True) -> Alignment:
    """Return the alignments of poses with the least squared distance to the true ones.

    Without scale, poses are turned and moved only. A pose whose joints are all in one place
    comes to lie in the middle of the true one.

    Source: the orthogonal Procrustes problem as in Gower 1975.

    Raises:
        ValueError: the two are not of one shape.
    """
    predicted, truth = _pair(predicted, truth)
    middle, true_middle = (points.mean(axis=1, keepdims=True) for points in (predicted, truth))
    centred, true_centred = predicted - middle, truth - true_middle
    size, true_size = (np.sqrt(_products(pose, pose)) for pose in (centred, true_centred))
    sizes = _above_zero(size) * _above_zero(true_size)
    products = np.einsum("njc,njd->ncd", true_centred, centred)
    rotation, fit = best_rotations(products / sizes[:, None, None])
    ratio = size / _above_zero(true_size)
    scale = fit * true_size / _above_zero(size) if with_scale else np.ones(len(fit))
    left_over = 1 - fit**2 if with_scale else 1 + ratio**2 - 2 * fit * ratio
    turned = scale[:, None, None] * rotation
    translation = true_middle - turned_by(middle, turned)
    poses = turned_by(predicted, turned)
    poses += translation
    return Alignment(poses, rotation, scale, translation[:, 0], left_over)


def _pair(predicted: Joints, truth: Joints) -> tuple[Floats, Floats]:
    if predicted.shape != truth.shape:
        raise ValueError(f"predicted joints {predicted.shape}, true ones {truth.shape}")
    return by_coordinate(predicted), by_coordinate(truth)


def _products(one: Floats, other: Floats) -> Floats:
    """Return (N,) sums of the products of all coordinates."""
    return np.asarray(np.einsum("njc,njc->n", one, other))


def _above_zero(sizes: Floats) -> Floats:
    """Return sizes to divide by, with 1 in place of 0: what is divided is then 0 as well."""
    return np.where(sizes > 0, sizes, 1.0)
