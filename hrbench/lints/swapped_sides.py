"""Which annotated objects, and which pairs of keypoints, probably have left and right swapped.

Two views of the same vectors, from the left keypoint of a pair to the right one:

- within an object they point much the same way, so one that points against the others is odd;
- where all objects are seen from one side, as animals from above, they all lie to the same hand
  of the way from head to tail, so an object with another hand is odd.

What is odd need not be wrong (arms cross, people turn round), so a person should look.

Shapes: N objects, K keypoints, P pairs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats

Mask = NDArray[np.bool_]
Pairs = Sequence[tuple[int, int]]

SHORT = 0.05  # of the object's extent: a shorter vector says nothing of its direction
UNITED = 0.7  # length of the others' sum over the sum of their lengths: they point one way
AGAINST = -0.5  # cosine between a vector and the others' sum
UPRIGHT = 0.5  # sine between a vector and the way from head to tail
ONE_SIDED = 0.95  # share of objects of the same hand where all are seen from one side
FEWEST = 10  # objects in which a pair can be judged, to judge it over all objects


@dataclass(frozen=True, slots=True, eq=False)
class Suspects:
    """What a person should look at."""

    objects: Mask  # (N,) an odd one among objects whose pairs are mostly right
    pairs: Mask  # (P,) odd in most objects: named or ordered the wrong way round


def suspects(keypoints: Floats, labelled: Mask, flip_pairs: Pairs) -> Suspects:
    """Return what is odd, given (N, K, 2) x, y and (N, K) which of them are labelled."""
    if not flip_pairs or not len(keypoints):
        nothing = np.zeros(len(keypoints), dtype=np.bool_)
        return Suspects(nothing, np.zeros(len(flip_pairs), dtype=np.bool_))
    points = np.where(labelled[..., None], keypoints, np.nan)
    across = _across(points, flip_pairs)
    odd = _against_the_others(across)
    hand = _hand(points, across, flip_pairs)
    pairs = _mostly(odd > 0, ~np.isnan(odd), 0.5) | _other_hand(hand)
    usual = np.sign(np.nansum(hand, axis=0))
    one_sided = _mostly(hand == usual, ~np.isnan(hand), ONE_SIDED)
    turned = one_sided & (hand == -usual)
    return Suspects((((odd > 0) & ~pairs) | turned).any(axis=1), pairs)


def _across(points: Floats, flip_pairs: Pairs) -> Floats:
    """Return (N, P, 2) from left to right over the extent; NaN where too short or not labelled."""
    left, right = np.array(flip_pairs).T
    known = ~np.isnan(points)
    low = np.where(known, points, np.inf).min(axis=1)
    high = np.where(known, points, -np.inf).max(axis=1)
    extent = (high - low).max(axis=1, initial=0, where=known.any(axis=1))
    share: Floats = np.divide(
        points[:, right] - points[:, left],
        extent[:, None, None],
        out=np.full((len(points), len(flip_pairs), 2), np.nan),
        where=extent[:, None, None] > 0,
    )
    share[np.linalg.norm(share, axis=2) < SHORT] = np.nan
    return share


def _against_the_others(across: Floats) -> Floats:
    """Return (N, P): 1 where a pair points against the others, else 0; NaN where they differ.

    Of two pairs that differ neither can be called the odd one, so both are.
    """
    lengths = np.nan_to_num(np.linalg.norm(across, axis=2))
    vectors = np.nan_to_num(across)
    others = vectors.sum(axis=1, keepdims=True) - vectors
    total = lengths.sum(axis=1, keepdims=True) - lengths
    reach = np.linalg.norm(others, axis=2)
    enough = (lengths > 0).sum(axis=1, keepdims=True) > min(2, across.shape[1] - 1)
    clear = enough & (lengths > 0) & (reach > UNITED * total)
    against = (vectors * others).sum(axis=2) < AGAINST * lengths * reach
    return np.where(clear, against.astype(np.float64), np.nan)


def _hand(points: Floats, across: Floats, flip_pairs: Pairs) -> Floats:
    """Return (N, P): 1 or -1, on which hand of the object's axis its right is; else NaN."""
    axis = _axis(points, flip_pairs)[:, None]
    turn = axis[..., 0] * across[..., 1] - axis[..., 1] * across[..., 0]
    lengths = np.linalg.norm(axis, axis=2) * np.linalg.norm(across, axis=2)
    return np.where(np.abs(turn) > UPRIGHT * lengths, np.sign(turn), np.nan)


def _axis(points: Floats, flip_pairs: Pairs) -> Floats:
    """Return (N, 2): between the two places in the middle that are farthest apart over all."""
    left, right = np.array(flip_pairs).T
    alone = np.setdiff1d(np.arange(points.shape[1]), [left, right])
    middle = np.concatenate([points[:, alone], (points[:, left] + points[:, right]) / 2], axis=1)
    apart = np.linalg.norm(middle[:, :, None] - middle[:, None], axis=3)
    head, tail = np.unravel_index(np.nansum(apart, axis=0).argmax(), apart.shape[1:])
    return np.asarray(middle[:, tail] - middle[:, head])


def _mostly(shown: Mask, known: Mask, share: float) -> Mask:
    """Return (P,): whether a pair is found so in more than a share of enough objects."""
    counts = known.sum(axis=0)
    return np.asarray((counts >= FEWEST) & ((shown & known).sum(axis=0) > share * counts))


def _other_hand(hand: Floats) -> Mask:
    """Return (P,): which pairs have one hand throughout, and most pairs the other."""
    usual = np.sign(np.nansum(hand, axis=0))
    settled = _mostly(hand == usual, ~np.isnan(hand), ONE_SIDED)
    majority = np.sign((usual * settled).sum())
    return np.asarray(settled & (usual == -majority) & (majority != 0))
