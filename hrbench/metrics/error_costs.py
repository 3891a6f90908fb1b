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
from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from hrbench.metrics.average_precision import ALL, curves, figures
from hrbench.metrics.error_kinds import INVERSION, JITTER, KINDS, MISS, SWAP, Located
from hrbench.metrics.matching import (
    OF_ANY_SIZE,
    THRESHOLDS,
    Candidates,
    Matches,
    Pairs,
    assigned,
)
from hrbench.metrics.nms import soft_order
from hrbench.metrics.oks import oks
from hrbench.metrics.people import Results
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


def costs(pairs: Pairs, located: Located) -> Costs:
    """Measure what each kind of error costs."""
    results = pairs.results

    def without(kinds: Collection[int]) -> Pairs:
        return pairs.moved(located.corrected(results, kinds), located.rows)

    by_kind: dict[str, Cost] = {}
    for number, kind in enumerate(MOVED, start=1):
        moved = without(MOVED[:number])
        by_kind[KINDS[kind]] = Cost(
            precision(_found(without([kind])), results), precision(_found(moved), results)
        )
    best = rescored(moved)
    by_score = rescored(pairs)
    found, mended = _found(pairs), _found(best)
    by_kind[SCORE] = Cost(
        precision(_found(by_score), by_score.results), precision(mended, best.results)
    )
    by_kind[FALSE_POSITIVE] = Cost(
        precision(_without_false(found), results), precision(_without_false(mended), best.results)
    )
    by_kind[MISSED_PERSON] = Cost(
        _precision_of_found(found, results),
        _precision_of_found(_without_false(mended), best.results),
    )
    return Costs(precision(found, results), by_kind, mended)


def precision(matches: Matches, results: Results) -> float:
    """Return AP in per cent; NaN where nobody is to be found."""
    return figures(curves(matches, results))["AP"]


def _found(pairs: Pairs) -> Matches:
    """Match results with people of all sizes."""
    return assigned(Candidates.among(pairs, THRESHOLDS[0]), ranges=OF_ANY_SIZE)


def rescored(pairs: Pairs) -> Pairs:
    """Return results with the best scores: how well each fits, lowered if it is like a better one.

    Of an image those beyond the first 20, which COCO does not look at, get -1.
    """
    truth, results, sigmas = pairs.truth, pairs.results, pairs.sigmas
    wanted = (truth.num_keypoints > 0) & ~truth.crowd
    best = np.zeros(len(results.scores))
    np.maximum.at(best, pairs.poses, np.where(wanted[pairs.people], pairs.fit, 0))
    scores, areas = np.full(len(best), -1.0), results.extents
    for rows in rows_by_image(results.image_ids):
        keypoints = results.keypoints[rows]
        overlap = oks(keypoints, areas[rows], sigmas, np.ones(keypoints.shape[:3], dtype=np.bool_))
        order, lowered = soft_order(overlap, best[rows], SOFTNESS)
        scores[np.take_along_axis(rows, order, axis=1)] = lowered
    return replace(pairs, results=replace(results, scores=scores))


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
