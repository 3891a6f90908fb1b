"""How sure the difference of two runs is that were measured on the same images.

The same images are drawn for all runs, so that what is hard for all of them cancels. From the
standard deviation of a figure's difference over these draws come its interval, the p-value of
"there is no difference", and the smallest difference that so many images would show: all three by
Student's t, so that they never disagree.

Letters: K runs, U units that all of them have, R replicates.

Source: Efron and Tibshirani 1993, section 12.2, for the interval; Miller 2024 (arXiv:2411.00640),
sections 4 and 5, for pairs and power.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit  # Student's t and its inverse; `stats` loads slowly

from hrbench.arrays import Floats
from hrbench.metrics.bootstrap import (
    LEVEL,
    REPLICATES,
    ROUNDING,
    SEED,
    by_groups,
    drawn,
    freedoms,
    interval,
    of_draws,
)
from hrbench.metrics.outcomes import Counts, Outcomes

POWER = 0.8


@dataclass(frozen=True, slots=True, eq=False)
class Together:
    """K runs on the U units that all of them have: each one's figures, and these drawn anew."""

    kind: type[Outcomes]
    units: NDArray[Any]  # (U,)
    freedom: tuple[Mapping[str, int], ...]  # of each run, degrees by figure
    figures: tuple[Mapping[str, float], ...]  # of each run
    replicates: tuple[Mapping[str, Floats], ...]  # of each run, (R,) by figure
    groups: int = 0  # that were drawn as wholes; 0: units were drawn

    def interval(self, run: int, name: str) -> tuple[float, float]:
        """Return the ends of a figure's interval, of one run; NaN where it has none."""
        return interval(
            self.figures[run][name],
            self.replicates[run][name],
            self.freedom[run][name],
            self.kind.largest(name),
        )

    def names(self) -> list[str]:
        """Return the figures that all runs have."""
        return [name for name in self.figures[0] if all(name in one for one in self.figures)]


@dataclass(frozen=True, slots=True)
class Difference:
    """By how much a figure of the second of two runs is above that of the first.

    All but `value` is NaN where the images do not tell: there is one, or some draw has none of
    those that the figure is of (which happens with less than about seven), or all differ alike.
    """

    value: float
    low: float  # 95 % interval
    high: float
    p: float  # of a difference as large as this, either way, where there is none
    smallest: float  # that is found in 80 % of samples of this size
    needed: float  # units, for the difference that is seen to be found in 80 % of samples

    @property
    def is_sure(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low > 0 or self.high < 0


def together(runs: Sequence[Outcomes], replicates: int = REPLICATES, seed: int = SEED) -> Together:
    """Draw the same units for several runs, of those that all of them have.

    Raises:
        ValueError: they have none in common.
    """
    units = reduce(np.intersect1d, (run.units for run in runs))
    if not len(units):
        raise ValueError("no unit in common")
    alone = runs[0].strata[np.searchsorted(runs[0].units, units)]
    groups = shared_groups(runs, units)
    of_units = [partial(_figures, run, units) for run in runs]
    once = [figures(np.ones((1, len(units)), np.int64)) for figures in of_units]
    every = [by_groups(figures, alone, groups)[0] for figures in of_units]
    strata = by_groups(of_units[0], alone, groups)[1]
    return Together(
        kind=type(runs[0]),
        units=units,
        freedom=tuple(freedoms(figures, strata, seed) for figures in every),
        figures=tuple({name: float(value[0]) for name, value in own.items()} for own in once),
        replicates=tuple(of_draws(own, drawn(strata, replicates, seed)) for own in every),
        groups=0 if groups is None else len(strata),
    )


def shared_groups(runs: Sequence[Outcomes], units: NDArray[Any]) -> NDArray[np.str_] | None:
    """Return the group of each of some units; None where not all runs say the same of them."""
    found = [
        None if run.groups is None else run.groups[np.searchsorted(run.units, units)]
        for run in runs
    ]
    known = [groups for groups in found if groups is not None]
    same = len(known) == len(runs) and all(np.array_equal(known[0], one) for one in known)
    return known[0] if same else None


def difference(sample: Together, name: str, first: int = 0, second: int = 1) -> Difference:
    """Return by how much a figure of run `second` is above that of run `first`."""
    value = sample.figures[second][name] - sample.figures[first][name]
    drawn_anew = sample.replicates[second][name] - sample.replicates[first][name]
    degrees = min(sample.freedom[run][name] for run in (first, second))
    return from_replicates(value, drawn_anew, len(sample.units), degrees)


def from_replicates(value: float, drawn_anew: Floats, units: int, degrees: int) -> Difference:
    """Return a difference with all that its (R,) replicates of so many units say."""
    unknown = Difference(value, math.nan, math.nan, math.nan, math.nan, math.nan)
    if degrees < 1 or not (math.isfinite(value) and np.isfinite(drawn_anew).all()):
        return unknown
    error = float(drawn_anew.std(ddof=1))
    if error <= ROUNDING * abs(value):
        return Difference(0.0, 0.0, 0.0, 1.0, math.nan, math.nan) if value == 0 else unknown
    reach = float(stdtrit(degrees, (1 + LEVEL) / 2))
    smallest = error * (reach + float(stdtrit(degrees, POWER)))
    return Difference(
        value=value,
        low=value - reach * error,
        high=value + reach * error,
        p=float(2 * stdtr(degrees, -abs(value) / error)),
        smallest=smallest,
        needed=math.ceil(units * (smallest / value) ** 2) if value else math.inf,
    )


def holm(values: Sequence[float]) -> list[float]:
    """Return p-values adjusted for being as many as they are; NaN stays, and does not count.

    Where nothing differs, one of them is below 0.05 in 5 % of cases at most, however they hang
    together.

    Source: Holm 1979.
    """
    p = np.asarray(values, np.float64)
    order = np.argsort(p, kind="stable")[: int((~np.isnan(p)).sum())]
    adjusted = np.full(len(p), np.nan)
    factors = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(factors * p[order]), 1)
    found: list[float] = adjusted.tolist()
    return found


def _figures(run: Outcomes, units: NDArray[Any], counts: Counts) -> Mapping[str, Floats]:
    """Return (R,) of each of a run's figures, of (R, U) counts of some of its units."""
    if len(units) == len(run.units):
        return run.figures(counts)
    whole = np.zeros((len(counts), len(run.units)), np.int64)
    whole[:, np.searchsorted(run.units, units)] = counts
    return run.figures(whole)
