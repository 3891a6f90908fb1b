"""COCO's ten figures: average precision and recall over OKS thresholds, by person size.

Shapes: T thresholds, Q recall levels, A area ranges, D ranked results, P people.

Source: the COCO keypoint evaluation, cocodataset.org/#keypoints-eval.
"""

import math
from dataclasses import dataclass

import numpy as np

from hrbench.arrays import Floats
from hrbench.metrics.matching import AREA_RANGES, Matches
from hrbench.metrics.people import Results

RECALL_LEVELS = np.linspace(0, 1, 101)
RECALLS = np.arange(101.0)  # the same in per cent, what curves of precision are drawn over
ALL, MEDIUM, LARGE = range(len(AREA_RANGES))
EVERY = slice(None)
SELECTIONS: dict[str, tuple[slice | int, int]] = {  # OKS threshold, area range
    "": (EVERY, ALL),
    "50": (0, ALL),
    "75": (5, ALL),
    "M": (EVERY, MEDIUM),
    "L": (EVERY, LARGE),
}


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """Precision against recall; -1 throughout an area range that holds nobody to be found."""

    precision: Floats  # (T, Q, A) the best at this recall or a higher one, 0 to 1
    scores: Floats  # (T, Q, A) of the result at which the recall is reached
    recall: Floats  # (T, A) of all results together, 0 to 1


def curves(matches: Matches, results: Results) -> Curves:
    """Return the curves of all results in the order of falling scores."""
    shape = (matches.found.shape[1], len(RECALL_LEVELS), len(AREA_RANGES))
    precision, scores = np.full(shape, -1.0), np.full(shape, -1.0)
    recall = np.full(shape[::2], -1.0)
    ranked = results.scores[matches.rows]
    order = np.argsort(-ranked, kind="stable")
    ladder = np.append(ranked[order], 0)
    for area, people in enumerate((~matches.optional).sum(axis=1)):
        if not people:
            continue
        # One threshold at a time: all of them at once would take ten times the memory.
        for threshold, found in enumerate(matches.found[area]):
            counted = ~matches.ignored[area, threshold, order]
            right = found[order] >= 0
            hits = np.cumsum(right & counted)
            false_alarms = np.cumsum(~right & counted)
            reached = hits / people
            best = _best_to_come(hits / (hits + false_alarms + np.spacing(1.0)))
            at = np.searchsorted(reached, RECALL_LEVELS)
            recall[threshold, area] = reached.max(initial=0)
            precision[threshold, :, area] = best[at]
            scores[threshold, :, area] = ladder[at]
    return Curves(precision, scores, recall)


def figures(curves: Curves) -> dict[str, float]:
    """Return AP ... APL, AR ... ARL in per cent; NaN in a size that holds nobody to be found."""
    kinds = {"AP": curves.precision, "AR": curves.recall}
    return {
        f"{kind}{suffix}": _percentage(values[threshold, ..., area])
        for kind, values in kinds.items()
        for suffix, (threshold, area) in SELECTIONS.items()
    }


def by_recall(curves: Curves) -> dict[str, Floats]:
    """Return (Q,) precision by the figure that it is the curve of, and whose value is its mean.

    In per cent; NaN in a size that holds nobody to be found.
    """
    drawn = np.where(curves.precision < 0, np.nan, 100 * curves.precision)
    return {
        f"AP{suffix}": drawn[threshold, :, area].reshape(-1, len(RECALL_LEVELS)).mean(axis=0)
        for suffix, (threshold, area) in SELECTIONS.items()
    }


def _best_to_come(precision: Floats) -> Floats:
    """Return (D + 1,): the maximum from each place on; 0 after the last."""
    return np.append(np.maximum.accumulate(precision[::-1])[::-1], 0)


def _percentage(values: Floats) -> float:
    return math.nan if (values < 0).any() else 100 * float(values.mean())
