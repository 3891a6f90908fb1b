"""What is wrong with each keypoint of a found person: nothing, or one of four kinds of error.

A pose has found the person with whom COCO's matching pairs it at an OKS of 0.1 or more. Each of
the person's labelled keypoints is held against every place where the same keypoint, or its left
or right partner, is labelled in the image; how near it lies is its term of the OKS there. The
nearest place decides:

    miss       no place is near, with 0.5 or more
    good       its own, above 0.85
    jitter     its own, up to 0.85
    inversion  its partner's, of the same person
    swap       one of another person's

Shapes: F found people, K keypoints, P people, R results.

Source: Ronchi and Perona 2017, section 3, as github.com/matteorr/coco-analyze computes it at
commit 9eb8a0a; an exact 0.85, which it gives no kind, is jitter here.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats
from hrbench.metrics.average_precision import ALL
from hrbench.metrics.keypoints import partners
from hrbench.metrics.matching import OF_ANY_SIZE, Candidates, assigned, pairs_of_one_image
from hrbench.metrics.oks import similarity
from hrbench.metrics.people import Results, Truth

Rows = NDArray[np.intp]

KINDS = ("good", "jitter", "inversion", "swap", "miss")
GOOD, JITTER, INVERSION, SWAP, MISS = range(len(KINDS))
NOT_LABELLED = -1
FOUND = 0.1  # OKS with which a pose is somebody's, however badly placed
AS_LABELLED = 0.85  # similarity above which a keypoint lies as well as people label it
NEAR = 0.5  # similarity from which a keypoint lies near a place
NOWHERE = -1.0  # similarity with a place that is not labelled


@dataclass(frozen=True, slots=True, eq=False)
class Located:
    """The people that were found, and how each of their keypoints is placed."""

    rows: Rows  # (F,) of the results
    people: Rows  # (F,) rows of whom they found
    kinds: NDArray[np.int8]  # (F, K) positions in KINDS; NOT_LABELLED
    mended: Floats  # (F, K, 2) x, y of the keypoints with every error put right

    def count(self, kind: int) -> int:
        """Return how many keypoints are of a kind."""
        return int((self.kinds == kind).sum())

    def corrected(self, results: Results, kinds: Collection[int]) -> Results:
        """Return results without the errors of these kinds."""
        keypoints = results.keypoints.copy()
        wrong = np.isin(self.kinds, list(kinds))[..., None]
        keypoints[self.rows] = np.where(wrong, self.mended, keypoints[self.rows])
        return replace(results, keypoints=keypoints)


def locate(candidates: Candidates, flip_pairs: Sequence[tuple[int, int]]) -> Located:
    """Tell the kind of every labelled keypoint of the people that were found.

    The candidates have an OKS of FOUND at least.
    """
    truth, results, sigmas = candidates.truth, candidates.results, candidates.sigmas
    matches = assigned(candidates, np.array([FOUND]), OF_ANY_SIZE)
    right = (matches.found[ALL, 0] >= 0) & ~matches.ignored[ALL, 0]
    rows, people = matches.rows[right], matches.found[ALL, 0][right].astype(np.intp)
    points = results.keypoints[rows]
    near = _nearness(points, results.image_ids[rows], truth, people, sigmas, flip_pairs)
    best, place = near.max(axis=0), near.argmax(axis=0)  # of equally near ones the first
    own = place == 0
    kinds = np.select(
        [best < NEAR, own & (best > AS_LABELLED), own, place == 2],
        [MISS, GOOD, JITTER, INVERSION],
        SWAP,
    ).astype(np.int8)
    kinds[truth.visibility[people] == 0] = NOT_LABELLED
    put_right = _put_right(truth, people, kinds, best, sigmas)
    return Located(rows, people, kinds, np.where((kinds > GOOD)[..., None], put_right, points))


def _nearness(
    points: Floats,
    image_ids: NDArray[np.int64],
    truth: Truth,
    people: Rows,
    sigmas: Floats,
    flip_pairs: Sequence[tuple[int, int]],
) -> Floats:
    """Return (4, F, K): with one's place, others' places, one's partner's, others' partners'."""
    same, partner = np.arange(len(sigmas)), partners(len(sigmas), flip_pairs)
    return np.stack([
        similar
        for order in (same, partner)
        for similar in (
            _similarity(points, truth, people, order, sigmas),
            _of_others(points, image_ids, truth, people, order, sigmas),
        )
    ])  # fmt: skip


def _similarity(points: Floats, truth: Truth, people: Rows, order: Rows, sigmas: Floats) -> Floats:
    """Return (M, K): how near points (M, K, 2) are to the keypoints `order` (K,) of people (M,)."""
    labelled = truth.visibility[people][:, order] > 0
    offset = points - truth.keypoints[people][:, order]
    squared = np.where(labelled, np.square(offset).sum(axis=2), 0)
    return np.where(labelled, similarity(squared, sigmas, truth.areas[people]), NOWHERE)


def _of_others(
    points: Floats,
    image_ids: NDArray[np.int64],
    truth: Truth,
    people: Rows,
    order: Rows,
    sigmas: Floats,
) -> Floats:
    """Return (F, K): the most that points are near to those of any other person of the image."""
    most = np.full(points.shape[:2], NOWHERE)
    for places, persons in pairs_of_one_image(image_ids, truth.image_ids):
        other = persons != people[places]
        near = _similarity(points[places[other]], truth, persons[other], order, sigmas)
        np.maximum.at(most, places[other], near)
    return most


def _put_right(
    truth: Truth, people: Rows, kinds: NDArray[np.int8], best: Floats, sigmas: Floats
) -> Floats:
    """Return (F, K, 2): beside the own place, as far away as the published code leaves an error.

    It takes the distance for a similarity of 0.5 of a miss, of 0.85 of jitter, and the one with
    the wrong place of the others, by exp(-d^2 / (2 sigma^2 area)). The OKS has (2 sigma)^2 there,
    so that what is put right has the fourth root of that: 0.84 after a miss, 0.96 after jitter.
    """
    left = np.select([kinds == MISS, kinds == JITTER], [NEAR, AS_LABELLED], best)
    spread = -2 * np.log(np.clip(left, NEAR, 1)) * truth.areas[people][:, None]
    beside = np.sqrt(spread) * sigmas
    return np.asarray(truth.keypoints[people] + np.stack((beside, 0 * beside), axis=2))
