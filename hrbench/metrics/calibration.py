"""How far scores can be read as probabilities: reliability curves, expected calibration error.

Letters: N answers, each with a score and right or wrong.

Source: Naeini et al. 2015, with its ten bins, and Guo et al. 2017, section 2, for their equal
width; bins of equal mass after Nixon et al. 2019.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats

BINS = 10
EDGES = np.linspace(0, 1, BINS + 1)


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """N answers that were given with a score each."""

    scores: NDArray[np.floating]  # (N,) what is outside of 0 to 1 is taken for the nearer end
    right: NDArray[np.bool_]  # (N,)

    def __post_init__(self) -> None:
        if self.scores.shape != self.right.shape or not np.isfinite(self.scores).all():
            raise ValueError(
                f"scores {self.scores.shape} of answers {self.right.shape}, "
                f"{(~np.isfinite(self.scores)).sum()} of them not finite"
            )


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """The bins that hold an answer, by rising scores; a score on an edge is in the lower one."""

    low: Floats  # (B,)
    high: Floats  # (B,)
    counts: NDArray[np.int64]  # (B,)
    scores: Floats  # (B,) mean of the answers' scores
    right: Floats  # (B,) share of the answers that are right

    @property
    def error(self) -> float:
        """The mean gap between score and share, each answer counting the same; NaN for none."""
        gaps = self.counts * np.abs(self.scores - self.right)
        return float(gaps.sum() / self.counts.sum()) if self.counts.size else math.nan


def breakdown(by_kind: Mapping[str, Answers]) -> dict[str, Any]:
    """Return how each kind of score is calibrated, and its two curves; per cent throughout.

    `groups["calibration"]` has the expected error over bins of equal width, `ECE`, and of equal
    mass; `groups["reliability"]` and `groups["reliability_by_mass"]` have a row for each bin
    that holds an answer. Kinds without an answer are left out.
    """
    said = {kind: answers for kind, answers in by_kind.items() if answers.right.size}
    wide = {kind: of_equal_width(answers) for kind, answers in said.items()}
    full = {kind: of_equal_mass(answers) for kind, answers in said.items()}
    summary = {
        kind: {
            "answers": answers.right.size,
            "score": 100 * float(_clipped(answers).mean()),
            "right": 100 * float(answers.right.mean()),
            "ECE": 100 * wide[kind].error,
            "ECE_by_mass": 100 * full[kind].error,
        }
        for kind, answers in said.items()
    }
    if not said:
        return {}
    return {
        "calibration": summary,
        "reliability": _rows(wide),
        "reliability_by_mass": _rows(full),
    }


def of_equal_width(answers: Answers) -> Curve:
    """Return the curve over ten bins between 0 and 1."""
    return _curve(answers, EDGES)


def of_equal_mass(answers: Answers) -> Curve:
    """Return the curve over ten bins of as many answers each, as far as equal scores allow."""
    edges = np.quantile(_clipped(answers), EDGES) if answers.right.size else EDGES
    return _curve(answers, edges)


def _curve(answers: Answers, edges: Floats) -> Curve:
    scores = _clipped(answers)
    places = np.searchsorted(edges[1:-1], scores, side="left")
    counts, totals, right = (
        np.bincount(places, weights=weights, minlength=BINS)
        for weights in (None, scores, answers.right.astype(np.float64))
    )
    used = counts > 0
    number = counts[used]
    return Curve(
        edges[:-1][used],
        edges[1:][used],
        number.astype(np.int64),
        totals[used] / number,
        right[used] / number,
    )


def _clipped(answers: Answers) -> Floats:
    return answers.scores.astype(np.float64).clip(0, 1)


def _rows(curves: Mapping[str, Curve]) -> dict[str, dict[str, float]]:
    return {
        f"{kind} {place}": {
            "above": 100 * float(curve.low[row]),
            "to": 100 * float(curve.high[row]),
            "answers": int(curve.counts[row]),
            "score": 100 * float(curve.scores[row]),
            "right": 100 * float(curve.right[row]),
        }
        for kind, curve in curves.items()
        for place, row in enumerate(range(len(curve.counts)), start=1)
    }
