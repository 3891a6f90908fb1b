"""`draws.npz`: a run's figures by images drawn anew, so that runs are ranked at once.

Every run draws the same images of a split, so that what two runs have there are pairs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrbench.errors import RunError
from hrbench.metrics import bootstrap
from hrbench.metrics.outcomes import Outcomes
from hrbench.report import stored

FILE = "draws.npz"


@dataclass(frozen=True, slots=True, eq=False)
class Draws:
    """F figures of everything in R samples of U units, those of groups left out."""

    units: NDArray[Any]  # (U,) ids or names; of groups, where these are drawn
    strata: NDArray[np.intp]  # (U,) as in `outcomes`
    names: NDArray[np.str_]  # (F,)
    values: NDArray[np.float64]  # (F, R)

    def alike(self, other: "Draws") -> bool:
        """Whether the samples of both are the same ones."""
        return self.values.shape[1] == other.values.shape[1] and all(
            np.array_equal(mine, theirs)
            for mine, theirs in ((self.units, other.units), (self.strata, other.strata))
        )

    def of(self, name: str) -> NDArray[np.float64] | None:
        """Return (R,) of a figure; None where it has none."""
        rows = np.flatnonzero(self.names == name)
        return self.values[rows[0]] if len(rows) else None


def write(folder: Path, outcomes: Outcomes, drawn_anew: Mapping[str, NDArray[np.float64]]) -> None:
    """Write the file of a run, whole or not at all."""
    kept = {name: values for name, values in drawn_anew.items() if "/" not in name}
    shape = len(kept), bootstrap.REPLICATES
    groups = outcomes.groups
    _, strata = bootstrap.by_groups(outcomes.figures, outcomes.strata, groups)
    stored.write(
        folder / FILE,
        Draws(
            units=outcomes.units if groups is None else np.unique(groups),
            strata=strata,
            names=np.array(list(kept), np.str_),
            values=np.array(list(kept.values())).reshape(shape),
        ),
    )


def read(folder: Path) -> Draws:
    """Return what a run has drawn.

    Raises:
        RunError: it has no such file, or it is not whole.
    """
    again = f"`hrbench score {folder}` makes it again"
    found = stored.read(folder / FILE, Draws, missing=again, spoilt=again)
    sizes = found.values.shape[:1], found.units.shape
    if found.values.ndim != 2 or sizes != (found.names.shape, found.strata.shape):
        raise RunError(f"{folder / FILE} is not whole: its arrays do not fit; {again}")
    return found
