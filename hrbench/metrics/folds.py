"""How sure a mean over the folds of a cross-validation is.

Folds share most of what they train on, so that their figures hang together, and their standard
deviation over the root of their number is too small. The variance of their mean is estimated by
(1 / J + n2 / n1) S^2 instead, for J folds of n1 samples to train on and n2 to measure, and the
interval is Student's t with J - 1 degrees of freedom.

Source: Nadeau and Bengio 2003, section 4 (the corrected resampled t-test); Bouckaert and Frank
2004, for the folds of a cross-validation.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.special import stdtr, stdtrit  # Student's t and its inverse; `stats` loads slowly

from hrbench.metrics.bootstrap import LEVEL

METHOD = "mean over folds, corrected resampled t interval (Nadeau and Bengio 2003)"


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean over folds with its 95 % interval; NaN where there is none."""

    value: float
    low: float
    high: float
    p: float  # of a mean this far from zero, either way, where there is none


def corrected(values: Sequence[float], ratio: float) -> Mean:
    """Return the mean of J figures, one of each fold.

    `ratio` is how many samples a fold measures for each that it trains on, n2 / n1.
    """
    mean, count = statistics.fmean(values), len(values)
    if count < 2:
        return Mean(mean, math.nan, math.nan, math.nan)
    error = math.sqrt(1 / count + ratio) * statistics.stdev(values)
    reach = float(stdtrit(count - 1, (1 + LEVEL) / 2)) * error
    if not error:
        return Mean(mean, math.nan, math.nan, math.nan if mean else 1.0)
    p = float(2 * stdtr(count - 1, -abs(mean) / error))
    return Mean(mean, mean - reach, mean + reach, p)
