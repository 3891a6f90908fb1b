"""Which result finds which person: COCO's greedy matching, for all images at once.

Shapes: R results, D of them ranked, P people, T thresholds, A area ranges, M pairs.

Source: the COCO keypoint evaluation, cocodataset.org/#keypoints-eval, as pycocotools computes
it, with one difference: people and results are told apart by their rows, not by their ids, so
that an annotation with id 0 can be found (pycocotools counts it as missed).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats
from hrbench.metrics.oks import oks_with_truth
from hrbench.metrics.people import Results, Truth

Rows = NDArray[np.intp]
Mask = NDArray[np.bool_]
Ranges = Mapping[str, tuple[float, float]]

THRESHOLDS = np.linspace(0.5, 0.95, 10)  # of the OKS
AREA_RANGES = {  # square pixels, both ends included; COCO scores no small people
    "all": (0.0, 1e10),
    "medium": (32.0**2, 96.0**2),
    "large": (96.0**2, 1e10),
}
RESULTS_PER_IMAGE = 20
OF_ANY_SIZE = {"all": AREA_RANGES["all"]}
PAIRS_AT_ONCE = 1 << 14  # stay in the cache, and bound the memory of crowded images


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """Whom each result found, at every OKS threshold and area range."""

    rows: Rows  # (D,) of the results; images by id, the best 20 of each by score
    found: NDArray[np.int32]  # (A, T, D) rows of people; -1: nobody
    ignored: Mask  # (A, T, D) neither right nor wrong
    optional: Mask  # (A, P) people who need not be found


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Results beside people: each with each person of its image."""

    truth: Truth
    results: Results
    sigmas: Floats  # (K,)
    poses: Rows  # (M,) rows of the results
    people: Rows  # (M,) rows of the truth
    fit: Floats  # (M,) OKS

    @classmethod
    def of(cls, truth: Truth, results: Results, sigmas: Floats) -> "Pairs":
        """Find all pairs, and how well each fits."""
        everyone = np.arange(len(results.scores))
        return cls(truth, results, sigmas, *close_pairs(truth, results, everyone, sigmas, 0))

    def moved(self, results: Results, rows: Rows) -> "Pairs":
        """Return the same with results of which only these rows lie elsewhere."""
        is_moved = np.zeros(len(results.scores), dtype=bool)
        is_moved[rows] = True
        again = np.flatnonzero(is_moved[self.poses])
        pairs, fit = (self.poses[again], self.people[again]), self.fit.copy()
        fit[again] = oks_with_truth(results, self.truth, self.sigmas, *pairs)
        return replace(self, results=results, fit=fit)


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Results beside people: those that are looked at, and whom each may find."""

    truth: Truth
    results: Results
    sigmas: Floats  # (K,)
    rows: Rows  # (D,) of the results, as in `Matches`
    rank: Rows  # (D,) by score within the image
    extents: Floats  # (D,) square pixels around the keypoints
    ranked: Rows  # (M,) positions in `rows`
    people: Rows  # (M,) rows of the truth
    fit: Floats  # (M,) OKS

    @classmethod
    def of(cls, truth: Truth, results: Results, sigmas: Floats, least: float) -> "Candidates":
        """Find the pairs of a result and a person of its image with an OKS of `least`."""
        rows, rank = rank_by_image(results)
        pairs = close_pairs(truth, results, rows, sigmas, least)
        extents = results.extents[rows]
        return cls(truth, results, sigmas, rows, rank, extents, *pairs)

    @classmethod
    def among(cls, pairs: Pairs, least: float) -> "Candidates":
        """Find the same where all pairs are known."""
        results = pairs.results
        rows, rank = rank_by_image(results)
        place = np.full(len(results.scores), -1)
        place[rows] = np.arange(len(rows))
        near = (pairs.fit >= least) & (place[pairs.poses] >= 0)
        kept = (place[pairs.poses[near]], pairs.people[near], pairs.fit[near])
        extents = results.extents[rows]
        return cls(pairs.truth, results, pairs.sigmas, rows, rank, extents, *kept)


def match(
    truth: Truth,
    results: Results,
    sigmas: Floats,
    thresholds: Floats = THRESHOLDS,
    ranges: Ranges = AREA_RANGES,
) -> Matches:
    """Give each result, by falling score, the free person whom it fits best.

    `thresholds` (T,) of the OKS rise.
    """
    candidates = Candidates.of(truth, results, sigmas, thresholds[0])
    return assigned(candidates, thresholds, ranges)


def assigned(
    candidates: Candidates, thresholds: Floats = THRESHOLDS, ranges: Ranges = AREA_RANGES
) -> Matches:
    """Do the same among candidates with an OKS of the first threshold, or of less."""
    truth, rows, rank = candidates.truth, candidates.rows, candidates.rank
    ranked, people, fit = candidates.ranked, candidates.people, candidates.fit
    optional = _outside(truth.areas, ranges) | truth.crowd | (truth.num_keypoints == 0)
    ignored_alone = _outside(candidates.extents, ranges)
    found = np.full((len(ranges), len(thresholds), len(rows)), -1, dtype=np.int32)
    ignored = np.empty(found.shape, dtype=bool)
    for area, last_choice in enumerate(optional):
        order = np.lexsort((-people, -fit, last_choice[people], ranked, rank[ranked]))
        ends = np.searchsorted(rank[ranked][order], range(1, RESULTS_PER_IMAGE))
        pairs = (ranked[order], people[order], fit[order])
        blocks = np.split(np.arange(len(order)), ends)
        _choose(found[area], *pairs, blocks, truth.crowd, thresholds)
        owner = np.append(last_choice, False)[found[area]]  # row -1 is nobody
        ignored[area] = np.where(found[area] < 0, ignored_alone[area], owner)
    return Matches(rows, found, ignored, optional)


def rank_by_image(results: Results) -> tuple[Rows, Rows]:
    """Return the rows of each image's best 20, images by id, and their rank within the image."""
    order = np.lexsort((-results.scores, results.image_ids))
    image_ids = results.image_ids[order]
    rank = np.arange(len(order)) - np.searchsorted(image_ids, image_ids)
    return order[rank < RESULTS_PER_IMAGE], rank[rank < RESULTS_PER_IMAGE]


def close_pairs(
    truth: Truth, results: Results, rows: Rows, sigmas: Floats, least: float
) -> tuple[Rows, Rows, Floats]:
    """Return position in `rows`, person and OKS of each pair of one image with `least` OKS."""
    close = []
    for ranked, people in pairs_of_one_image(results.image_ids[rows], truth.image_ids):
        fit = oks_with_truth(results, truth, sigmas, rows[ranked], people)
        near = fit >= least
        close.append((ranked[near], people[near], fit[near]))
    ranked, people, fit = (np.concatenate(column) for column in zip(*close, strict=True))
    return ranked, people, fit


def pairs_of_one_image(
    result_images: NDArray[np.int64], person_images: NDArray[np.int64]
) -> Iterator[tuple[Rows, Rows]]:
    """Yield blocks of (positions, people): every result with every person of its image."""
    by_image = person_images.argsort(kind="stable")
    sorted_images = person_images[by_image]
    first = np.searchsorted(sorted_images, result_images)
    counts = np.searchsorted(sorted_images, result_images, side="right") - first
    ends = counts.cumsum()
    total = int(ends[-1]) if len(ends) else 0
    for start in range(0, max(total, 1), PAIRS_AT_ONCE):
        pair = np.arange(start, min(start + PAIRS_AT_ONCE, total))
        ranked = np.searchsorted(ends, pair, side="right")
        yield ranked, by_image[first[ranked] + pair - (ends - counts)[ranked]]


def _choose(
    found: NDArray[np.int32],
    ranked: Rows,
    people: Rows,
    fit: Floats,
    blocks: list[Rows],
    crowd: Mask,
    thresholds: Floats,
) -> None:
    """Write into `found` (T, D) whom each result takes.

    A block holds the pairs of all results of one rank, so that no two of its results are of
    the same image and all may choose at once. The pairs of a result lie together, the person
    whom it would take first in front.
    """
    taken = np.zeros((len(thresholds), len(crowd)), dtype=bool)
    for block in filter(len, blocks):
        candidates = people[block]
        choosers, starts = np.unique(ranked[block], return_index=True)
        free = (fit[block] >= thresholds[:, None]) & (crowd[candidates] | ~taken[:, candidates])
        place = np.where(free, np.arange(len(block)), len(block))
        first = np.minimum.reduceat(place, starts, axis=1)
        threshold, chooser = np.nonzero(first < len(block))
        person = candidates[first[threshold, chooser]]
        found[threshold, choosers[chooser]] = person
        taken[threshold, person] = True


def _outside(areas: Floats, ranges: Ranges) -> Mask:
    """Return (A, ...): whether an area lies outside of each range."""
    return np.array([(areas < low) | (areas > high) for low, high in ranges.values()])
