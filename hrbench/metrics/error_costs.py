"""The AP that each kind of error costs.

It is measured by putting the errors of a kind right and scoring anew: of each kind alone, and of
one kind after the other in the published order, which ends where nothing is left.

    miss, swap, inversion, jitter  the keypoints are moved, see `error_kinds`
    score                          each pose gets its OKS with whom it fits best as its score;
                                   a pose like a better one less, by soft suppression
    false positive                 poses that find nobody are left out
    missed person                  people whom no pose finds need not be found

AP and matching are COCO's, of people of all sizes. Who finds whom is decided at each threshold.

Source: Ronchi and Perona 2017, section 3; github.com/matteorr/coco-analyze, commit 9eb8a0a.
It leaves out missed people after the false positives only, never alone.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from hrbench.arrays import Floats
from hrbench.metrics.average_precision import ALL, curves, figures
from hrbench.metrics.error_kinds import INVERSION, JITTER, KINDS, MISS, SWAP, Located
from hrbench.metrics.matching import (
    OF_ANY_SIZE,
    Candidates,
    Matches,
    assigned,
    close_pairs,
    match,
)
from hrbench.metrics.nms import soft_order
from hrbench.metrics.oks import oks
from hrbench.metrics.people import Results, Truth
from hrbench.metrics.selection import rows_by_image

MOVED = (MISS, SWAP, INVERSION, JITTER)  # in the order in which they are put right
SCORE, FALSE_POSITIVE, MISSED_PERSON = "score", "false positive", "missed person"
SOFTNESS = 0.5  # of the suppression of poses that are like a better one


@dataclass(frozen=True, slots=True)
class Cost:
    """AP in per cent; NaN where nobody is to be found."""

    alone: float  # with nothing but this kind put right
    after: float  # with this kind and all before it put right


@dataclass(frozen=True, slots=True, eq=False)
class Costs:
    """What each kind costs, and who is found where keypoints and scores are right."""

    precision: float  # AP of the poses as they are
    by_kind: dict[str, Cost]  # in the order in which they are put right
    mended: Matches


def costs(candidates: Candidates, located: Located) -> Costs:
    """Measure what each kind of error costs."""
    truth, results, sigmas = candidates.truth, candidates.results, candidates.sigmas

    def after(poses: Results) -> float:
        return precision(match(truth, poses, sigmas, ranges=OF_ANY_SIZE), poses)

    by_kind: dict[str, Cost] = {}
    for number, kind in enumerate(MOVED, start=1):
        moved = located.corrected(results, MOVED[:number])
        by_kind[KINDS[kind]] = Cost(after(located.corrected(results, [kind])), after(moved))
    best = rescored(truth, moved, sigmas)
    found = assigned(candidates, ranges=OF_ANY_SIZE)
    mended = match(truth, best, sigmas, ranges=OF_ANY_SIZE)
    by_kind[SCORE] = Cost(after(rescored(truth, results, sigmas)), precision(mended, best))
    by_kind[FALSE_POSITIVE] = Cost(
        precision(_without_false(found), results), precision(_without_false(mended), best)
    )
    by_kind[MISSED_PERSON] = Cost(
        _precision_of_found(found, results), _precision_of_found(_without_false(mended), best)
    )
    return Costs(precision(found, results), by_kind, mended)


def precision(matches: Matches, results: Results) -> float:
    """Return AP in per cent; NaN where nobody is to be found."""
    return figures(curves(matches, results))["AP"]


def rescored(truth: Truth, results: Results, sigmas: Floats) -> Results:
    """Return results with the best scores: how well each fits, lowered if it is like a better one.

    Of an image those beyond the first 20, which COCO does not look at, get -1.
    """
    everyone = np.arange(len(results.scores))
    poses, people, fit = close_pairs(truth, results, everyone, sigmas, 0)
    wanted = (truth.num_keypoints > 0) & ~truth.crowd
    best = np.zeros(len(everyone))
    np.maximum.at(best, poses, np.where(wanted[people], fit, 0))
    scores, areas = np.full(len(everyone), -1.0), results.extents
    for rows in rows_by_image(results.image_ids):
        keypoints = results.keypoints[rows]
        overlap = oks(keypoints, areas[rows], sigmas, np.ones(keypoints.shape[:3], dtype=np.bool_))
        order, lowered = soft_order(overlap, best[rows], SOFTNESS)
        scores[np.take_along_axis(rows, order, axis=1)] = lowered
    return replace(results, scores=scores)


def _without_false(matches: Matches) -> Matches:
    """Leave out the poses that find nobody."""
    return replace(matches, ignored=matches.ignored | (matches.found < 0))


def _precision_of_found(matches: Matches, results: Results) -> float:
    """Return AP in per cent where people whom no pose finds at a threshold need not be found.

    A threshold at which nobody is found says nothing; NaN if that is so at all of them.
    """
    people = np.arange(matches.optional.shape[1])
    of_thresholds = []
    for threshold in range(matches.found.shape[1]):
        one = slice(threshold, threshold + 1)
        missed = ~np.isin(people, matches.found[ALL, one])
        part = replace(
            matches,
            found=matches.found[:, one],
            ignored=matches.ignored[:, one],
            optional=matches.optional | missed,
        )
        of_thresholds.append(curves(part, results).precision[0, :, ALL].mean())
    defined = [value for value in of_thresholds if value >= 0]
    return 100 * float(np.mean(defined)) if defined else math.nan
