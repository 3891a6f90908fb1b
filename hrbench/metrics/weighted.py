"""Means and medians of measured values, each unit counted as often as it was drawn.

Letters: N rows of values, each of one of U units; R replicates, in each of which unit u stands
counts[r, u] times.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats
from hrbench.metrics.outcomes import Counts

AT_ONCE = 1 << 18  # weights that are looked at together: 2 MB, which stay in the cache

Owners = NDArray[np.integer]


def owners_of(names: NDArray[Any], units: NDArray[Any]) -> Owners:
    """Return the places of (N,) names among units, which are in rising order."""
    return np.searchsorted(units, names).astype(np.int32)


def means(values: Floats, owners: Owners, counts: Counts | Floats) -> Floats:
    """Return (R,) the mean of what is not NaN in (N, ...) values, whose rows `owners` (N,) own.

    NaN where nothing is left. What the values of a unit add up to is all that is looked at. For
    many means of the same draws give `counts` as floats: NumPy turns whole numbers into them anew
    for each.
    """
    sums, numbers = _sums(values, owners, counts.shape[1])
    return ratio(np.asarray(counts @ sums), np.asarray(counts @ numbers))


def means_of_each(values: Floats, owners: Owners, units: int) -> Floats:
    """Return (U,) the mean of what is not NaN of each unit's; NaN where nothing is."""
    return ratio(*_sums(values, owners, units))


def medians(values: Floats, owners: Owners, counts: Counts) -> Floats:
    """Return (R,) the median of what is not NaN in (N, ...) values, whose rows `owners` (N,) own.

    It is the median of the values each written down as often as its unit stands in a replicate;
    NaN where none is.
    """
    known, unit = _known(values, owners)
    found = np.full(len(counts), np.nan)
    if not len(known):
        return found
    order = known.argsort()
    known, unit = known[order], unit[order]
    rows = max(AT_ONCE // len(known), 1)
    for start in range(0, len(counts), rows):
        block = slice(start, start + rows)
        found[block] = _medians_of_sorted(known, np.take(counts[block], unit, axis=1))
    return found


def ratio(parts: Floats, wholes: Floats) -> Floats:
    """Return parts over wholes; NaN where there is no whole."""
    return np.asarray(parts / np.where(wholes > 0, wholes, np.nan))


def _sums(values: Floats, owners: Owners, units: int) -> tuple[Floats, Floats]:
    """Return (U,) what each unit's values add up to that are not NaN, and how many these are."""
    known, unit = _known(values, owners)
    sums: Floats = np.bincount(unit, known, units).astype(np.float64)
    numbers: Floats = np.bincount(unit, minlength=units).astype(np.float64)
    return sums, numbers


def _known(values: Floats, owners: Owners) -> tuple[Floats, Owners]:
    """Return what is not NaN, and the unit of each."""
    known = ~np.isnan(values)
    unit = np.broadcast_to(owners.reshape(-1, *[1] * (values.ndim - 1)), values.shape)
    return values[known], unit[known]


def _medians_of_sorted(values: Floats, weights: Counts) -> Floats:
    """Return (r,) the medians of rising (n,) values that stand (r, n) times, row by row."""
    stood = weights.cumsum()  # through all rows, so that one search finds the places in each
    ends = stood[weights.shape[1] - 1 :: weights.shape[1]]
    starts = np.append(0, ends[:-1])
    total = ends - starts
    low, high = (
        np.searchsorted(stood, starts + place, side="right") % len(values)
        for place in ((total - 1) // 2, total // 2)
    )
    return np.where(total > 0, (values[low] + values[high]) / 2, np.nan)
