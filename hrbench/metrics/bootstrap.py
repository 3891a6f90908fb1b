"""How sure figures are: intervals over images drawn anew, with replacement.

Letters: U units, R replicates.

Source: Efron and Tibshirani 1993, chapters 13 and 14.
"""

import math
from collections.abc import Iterator, Mapping

import numpy as np

from hrbench.arrays import Floats
from hrbench.metrics.outcomes import Counts, Outcomes

LEVEL = 0.95
REPLICATES = 1000
SEED = 0  # the same images are drawn in every run, so that records are alike and runs are paired
AT_ONCE = 1 << 20  # counts that are drawn at a time: 8 MB


def drawn(units: int, replicates: int = REPLICATES, seed: int = SEED) -> Iterator[Counts]:
    """Yield blocks (r, U) of how often each unit is drawn, R rows in all, U draws in each."""
    generator = np.random.default_rng(seed)
    block = max(AT_ONCE // max(units, 1), 1)
    for start in range(0, replicates, block):
        rows = min(block, replicates - start)
        yield generator.multinomial(units, np.full(units, 1 / units), size=rows)


def replicated(
    outcomes: Outcomes, replicates: int = REPLICATES, seed: int = SEED
) -> dict[str, Floats]:
    """Return (R,) of each figure, of units drawn anew; nothing where there are no units."""
    if not len(outcomes.units):
        return {}
    blocks = [outcomes.figures(c) for c in drawn(len(outcomes.units), replicates, seed)]
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}


def intervals(values: Mapping[str, Floats], level: float = LEVEL) -> dict[str, tuple[float, float]]:
    """Return the lower and upper end of each figure by the percentiles of its replicates.

    A replicate in which nothing is measured counts for nothing; a figure that has none left has
    no interval.
    """
    tails = [50 * (1 - level), 100 - 50 * (1 - level)]
    known = {name: column[~np.isnan(column)] for name, column in values.items()}
    return {
        name: (math.nan, math.nan) if not len(column) else _pair(np.percentile(column, tails))
        for name, column in known.items()
    }


def _pair(ends: Floats) -> tuple[float, float]:
    low, high = ends.tolist()
    return low, high
