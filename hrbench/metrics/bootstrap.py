"""How sure figures are: intervals over images drawn anew, with replacement.

The draws give a figure's standard error, and Student's t the interval: on the scale of log(x) for
an error, of log(x / (100 - x)) for a share, where figures are spread evenly up and down, and
whose ends are never beyond what a figure can be.

Where units are of groups, of which a split keeps each on one side, groups are drawn as wholes.

Letters: U units, R replicates.

Source: Efron and Tibshirani 1993, chapters 6 and 13; Rao and Wu 1988, for draws by strata that are
one short; Davison and Hinkley 1997, section 3.8, for groups.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit  # Student's t, inverted; `stats` loads slowly

from hrbench.arrays import Floats
from hrbench.metrics.outcomes import Counts, Outcomes

METHOD = "bootstrap standard errors, Student's t on a log or logit scale"
LEVEL = 0.95
REPLICATES = 1000
SEED = 0  # the same images are drawn in every run, so that records are alike and runs are paired
FARTHEST = 100.0  # on the scale of logarithms: an interval that says nothing
ROUNDING = 1e-9  # of a figure: a spread below it is none
PARTS = 100  # of all units, to see of how many a figure is
AT_ONCE = 1 << 20  # counts that are drawn at a time: 8 MB

Strata = NDArray[np.intp]  # (U,) the number of each unit's
Figures = Callable[[Counts], Mapping[str, Floats]]  # (R,) of each, by (R, U) counts


def drawn(strata: Strata, replicates: int = REPLICATES, seed: int = SEED) -> Iterator[Counts]:
    """Yield blocks (r, U) of how often each unit is drawn, R rows in all.

    Of each stratum one less is drawn than it has, which makes up for the spread of a sample being
    less than that of what it is drawn from.
    """
    parts = [np.flatnonzero(_usable(strata) == number) for number in np.unique(_usable(strata))]
    generator = np.random.default_rng(seed)
    block = max(AT_ONCE // max(len(strata), 1), 1)
    for start in range(0, replicates, block):
        counts = np.empty((min(block, replicates - start), len(strata)), np.int64)
        for part in parts:
            chosen = generator.integers(len(part), size=(len(counts), len(part) - 1))
            chosen += len(part) * np.arange(len(counts))[:, None]
            times = np.bincount(chosen.ravel(), minlength=len(counts) * len(part))
            counts[:, part] = times.reshape(len(counts), len(part))
        yield counts


def replicated(
    outcomes: Outcomes, replicates: int = REPLICATES, seed: int = SEED
) -> dict[str, Floats]:
    """Return (R,) of each figure, of units drawn anew; nothing of a single unit, or of none."""
    figures, strata = by_groups(outcomes.figures, outcomes.strata, outcomes.groups)
    return of_draws(figures, drawn(strata, replicates, seed)) if len(strata) > 1 else {}


def by_groups(
    figures: Figures, strata: Strata, groups: NDArray[np.str_] | None
) -> tuple[Figures, Strata]:
    """Return figures by how often each group of units stands there, and the strata of groups.

    Those of units, where there are no groups. All groups are of one stratum.
    """
    if groups is None:
        return figures, strata
    names, of_unit = np.unique(groups, return_inverse=True)
    return lambda counts: figures(counts[:, of_unit]), np.zeros(len(names), np.intp)


def of_draws(figures: Figures, draws: Iterable[Counts]) -> dict[str, Floats]:
    """Return (R,) of each figure, of blocks of draws as `drawn` yields them."""
    blocks = [figures(counts) for counts in draws]
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}


def freedom(strata: Strata) -> int:
    """Return the degrees of freedom of a standard error: units but for one of each stratum."""
    return len(strata) - len(np.unique(_usable(strata)))


def freedoms(figures: Figures, strata: Strata, seed: int = SEED) -> dict[str, int]:
    """Return the degrees of freedom of each figure, which may be of a few of the units only.

    It is of those units of which alone it has a value. Where there are many, they are looked at in
    parts, and a figure that has no value in some part is of one unit at least in each other.
    """
    count = len(strata)
    parts = np.random.default_rng(seed).permutation(count) % PARTS if count > PARTS else None
    owners = np.arange(count) if parts is None else parts
    alone = np.equal.outer(np.arange(min(count, PARTS)), owners).astype(np.int64)
    known = {name: ~np.isnan(values) for name, values in figures(alone).items()}
    of_part = _usable(strata) if parts is None else np.zeros(PARTS, np.intp)
    return {
        name: freedom(strata) if held.all() else int(held.sum()) - len(np.unique(of_part[held]))
        for name, held in known.items()
    }


def intervals(
    outcomes: Outcomes, replicates: int = REPLICATES, seed: int = SEED
) -> dict[str, tuple[float, float]]:
    """Return the lower and upper end of each figure that has an interval; none has of one unit."""
    return ends(outcomes, replicated(outcomes, replicates, seed))


def ends(outcomes: Outcomes, drawn_anew: Mapping[str, Floats]) -> dict[str, tuple[float, float]]:
    """Return the same of figures that are `replicated`."""
    if not drawn_anew:
        return {}
    once = outcomes.once()
    degrees = freedoms(*by_groups(outcomes.figures, outcomes.strata, outcomes.groups))
    pairs = {
        name: interval(once[name], values, degrees[name], outcomes.largest(name))
        for name, values in drawn_anew.items()
    }
    return {name: pair for name, pair in pairs.items() if not math.isnan(pair[0])}


def interval(value: float, drawn_anew: Floats, degrees: int, largest: float) -> tuple[float, float]:
    """Return the ends of a figure's interval; NaN where its (R,) replicates do not tell.

    They do not where all are alike, as those of a share of 100 %, or are spread over all that can
    be, or where one is of no unit that the figure is of, which happens where it is of less than
    about seven; nor without a degree of freedom.
    """
    error = float(drawn_anew.std(ddof=1))
    known = 0 < value < largest and error > ROUNDING * value  # neither is NaN
    if not known or degrees < 1:
        return math.nan, math.nan
    left = 1 - value / largest  # 1 for an error
    reach = float(stdtrit(degrees, (1 + LEVEL) / 2)) * error / (value * left)
    if reach > FARTHEST:
        return math.nan, math.nan
    odds = value / left
    low, high = odds * math.exp(-reach), odds * math.exp(reach)
    return low / (1 + low / largest), high / (1 + high / largest)


def _usable(strata: Strata) -> Strata:
    """Return strata; one for all where one has a single unit, which nothing can be drawn of."""
    alone = len(strata) and np.bincount(strata).min() < 2
    return np.zeros_like(strata) if alone else strata
