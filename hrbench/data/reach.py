"""How far into their images crops reach, whatever an augmentation draws for them.

A bound, a few pixels wider than what is read: nothing that is cut lies outside of it.
Letters and frames are those of `geometry`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hrbench.data.augment import HALF_BODY_PADDING
from hrbench.data.sample import People
from hrbench.geometry import UNIT, Floats
from hrbench.spec import Augment

Edges = NDArray[np.int64]  # (n, 4) left, top, right and bottom, exclusive, in image pixels

MARGIN = 4  # pixels: the second one that is interpolated, rounding, a mirror that moves by one
ALL = 2**30  # pixels to every side: the whole of any image
SHRINKS = 1.999  # pixels for one of an official face crop from which it is of the whole image: 2


@dataclass(frozen=True, slots=True)
class Most:
    """The largest that an augmentation draws."""

    scale: float
    rotation: float  # radians


def most(augment: Augment | None) -> Most:
    """Return the largest factor and turn that are drawn; None draws nothing."""
    if augment is None:
        return Most(1.0, 0.0)
    turns = augment.rotation * (1 if augment.draws == "uniform" else 2)
    return Most(1 + augment.scale, float(np.radians(turns)))


def of_warps(
    people: People,
    size: tuple[int, int],
    upper_body: Sequence[int],
    scales: Sequence[float],
    augment: Augment | None,
) -> Edges:
    """Return (M, 4) left, top, right and bottom, exclusive, of what affine crops are cut from.

    Of images without boxes, right is left of left.

    Args:
        people: N boxes in M images.
        size: width and height of a crop.
        upper_body: indices of keypoints.
        scales: of the crops that are predicted on.
        augment: what is drawn for those that are trained on; None: they are predicted on.
    """
    limit = most(augment)
    factor = max(scales) if augment is None else limit.scale
    edges = np.full((len(people), 4), [ALL, ALL, -ALL, -ALL], dtype=np.int64)
    for rows, centers, extents in _boxes(people, size, upper_body, augment):
        half = _turned(extents * (factor / 2), limit.rotation)
        edges[rows] = joined(edges[rows], _edges(centers, half))
    return of_images(people, edges)


def of_faces(people: People, size: tuple[int, int], augment: Augment | None) -> Edges:
    """Return (M, 4) as `of_warps`, of what official face crops are cut from.

    The image of one that is much larger than its crop is made smaller as a whole.
    """
    limit = most(augment)
    extents = people.scales[:, 0].astype(np.float64) * UNIT * limit.scale
    turned = np.sqrt(0.5 if limit.rotation else 0.25)  # the half of a diagonal, or of an edge
    edges = _edges(people.centers, np.repeat(extents[:, None] * turned, 2, axis=1))
    edges[extents >= SHRINKS * size[0]] = -ALL, -ALL, ALL, ALL
    return of_images(people, edges)


def of_images(people: People, edges: Edges) -> Edges:
    """Return (M, 4) edges around all of an image's boxes, given (N, 4) of each box."""
    around = np.full((len(people.images), 4), [ALL, ALL, -ALL, -ALL], dtype=np.int64)
    np.minimum.at(around[:, :2], people.image, edges[:, :2])
    np.maximum.at(around[:, 2:], people.image, edges[:, 2:])
    return around


def within(edges: Edges, sizes: NDArray[np.int64]) -> Edges:
    """Return (M, 4) edges cut to images of (M, 2) width and height: of one pixel at least."""
    low = np.clip(edges[:, :2], 0, np.maximum(sizes - 1, 0))
    high = np.clip(edges[:, 2:], np.minimum(low + 1, sizes), sizes)
    return np.concatenate([low, high], axis=1)


def _boxes(
    people: People, size: tuple[int, int], upper_body: Sequence[int], augment: Augment | None
) -> Iterator[tuple[NDArray[np.int64], Floats, NDArray[np.float64]]]:
    """Yield rows of boxes that crops may be around, their centers, and (n, 2) width and height."""
    aspect = size[0] / size[1]
    extents = people.scales.astype(np.float64) * UNIT
    # Some grids take a crop's height from its width.
    extents[:, 1] = np.maximum(extents[:, 1], extents[:, 0] / aspect)
    yield np.arange(len(people)), people.centers, extents
    if augment is None or not augment.half_body:
        return
    upper = np.isin(np.arange(people.num_keypoints), upper_body)
    many = people.visible.sum(axis=1) > augment.half_body_above
    for half in (upper, ~upper):
        chosen = people.visible & half
        rows = np.flatnonzero(many & (chosen.sum(axis=1) >= 2))
        yield rows, *_around(people.keypoints[rows], chosen[rows], aspect)


def _around(
    points: NDArray[np.float64], chosen: NDArray[np.bool_], aspect: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (n, 2) centers and extents of half bodies, as `augment.half_body_crop` has them."""
    inside = chosen[..., None]
    low = np.where(inside, points, np.inf).min(axis=1)
    width, height = (np.where(inside, points, -np.inf).max(axis=1) - low).T
    width = np.maximum(width, height * aspect)
    centers = np.where(inside, points, 0).sum(axis=1) / chosen.sum(axis=1)[:, None]
    return centers, np.stack([width, width / aspect], axis=1) * HALF_BODY_PADDING


def _turned(half: NDArray[np.float64], most_turned: float) -> NDArray[np.float64]:
    """Return (n, 2) half extents of the upright boxes around all turns of some, up to one."""
    across = half[:, ::-1]
    turn = np.minimum(np.arctan2(across, half), most_turned)  # where it is widest
    return half * np.cos(turn) + across * np.sin(turn)


def _edges(centers: Floats, half: NDArray[np.float64]) -> Edges:
    """Return (n, 4) whole edges of boxes by their centers and half extents, with the margin."""
    low, high = np.floor(centers - half) - MARGIN, np.ceil(centers + half) + MARGIN + 1
    return np.concatenate([low, high], axis=1).clip(-ALL, ALL).astype(np.int64)


def joined(one: Edges, other: Edges) -> Edges:
    """Return the (n, 4) edges around both."""
    low, high = np.minimum(one[:, :2], other[:, :2]), np.maximum(one[:, 2:], other[:, 2:])
    return np.concatenate([low, high], axis=1)
