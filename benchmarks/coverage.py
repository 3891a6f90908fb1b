"""Count how often 95 % intervals hold the truth, in worlds where it is known.

    python benchmarks/coverage.py [--worlds AP PCKh ...] [--units 50 300 2000] [--trials 1000]

A trial draws images of a world (`drawn_worlds.py`), has a metric measure them as `hrbench score`
does, and asks for its intervals. The truth is what the metric says of 200,000 other images, or
more. A line has the share of the trials whose interval holds it, with its standard error, and how
often it lies below and above; of trials without an interval it says how many there are. `--json`
has the same of every figure; `--replicates`: how many draws an interval is of.
"""

import argparse
import json
import math
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from drawn_worlds import WORLDS
from numpy.typing import NDArray

from hrbench.metrics import bootstrap


@dataclass(frozen=True, slots=True)
class Coverage:
    """How often intervals of a figure hold the truth."""

    world: str
    figure: str
    units: int
    truth: float
    trials: int  # that have an interval
    without: int  # those that have none
    below: float  # share of the intervals that are too low
    above: float
    width: float  # a mean

    @property
    def share(self) -> float:
        """The per cent that hold the truth."""
        return 100 * (1 - self.below - self.above)

    @property
    def error(self) -> float:
        """Its standard error."""
        return math.sqrt(self.share * (100 - self.share) / max(self.trials, 1))

    def line(self) -> str:
        """Return a row of a table."""
        return (
            f"| {self.world} | {self.figure} | {self.truth:.2f} | {self.units:,} | {self.trials:,} "
            f"| {self.without} | {self.share:.1f} ± {self.error:.1f} "
            f"| {100 * self.below:.1f} | {100 * self.above:.1f} | {self.width:.2f} |"
        )


COLUMNS = (
    *("world", "figure", "truth", "units", "trials", "without", "hold it (%)", "too low"),
    *("too high", "width"),
)


def coverages(
    name: str, units: int, truth: Mapping[str, float], trials: int, replicates: int, seed: int
) -> list[Coverage]:
    """Return one for each figure of the metric."""
    world, rng = WORLDS[name], np.random.default_rng([seed, units])
    drawn = (world.outcomes(rng, units) for _ in range(trials))
    found = [bootstrap.intervals(one, replicates, trial) for trial, one in enumerate(drawn)]
    one, made = world.outcomes(rng, units), []
    for figure in (name for name in one.once() if "/" not in name):
        pairs = [ends[figure] for ends in found if figure in ends]
        low, high = np.transpose(pairs) if pairs else np.empty((2, 0))
        made.append(
            Coverage(
                world=name,
                figure=figure,
                units=len(one.units),
                truth=truth[figure],
                trials=len(pairs),
                without=trials - len(pairs),
                below=_share(high < truth[figure]),
                above=_share(low > truth[figure]),
                width=float((high - low).mean()) if pairs else math.nan,
            )
        )
    return made


def _share(of: NDArray[np.bool_]) -> float:
    return float(of.mean()) if len(of) else math.nan


def main() -> None:
    """Print a line for each world and number of units, as they are done."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n", 1)[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--worlds", nargs="+", choices=WORLDS, default=list(WORLDS))
    parser.add_argument("--units", nargs="+", type=int, default=[50, 300, 2_000])
    parser.add_argument("--trials", type=int, default=1_000)
    parser.add_argument("--replicates", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="a file for every figure of each metric")
    chosen = parser.parse_args()
    every: list[Coverage] = []
    print(f"| {' | '.join(COLUMNS)} |", "|---" * len(COLUMNS) + "|", sep="\n", flush=True)
    for name in chosen.worlds:
        truth = WORLDS[name].truth(np.random.default_rng([chosen.seed, 1]))
        for units in chosen.units:
            started = time.perf_counter()
            made = coverages(name, units, truth, chosen.trials, chosen.replicates, chosen.seed + 1)
            print(made[0].line(), f"{time.perf_counter() - started:.0f} s", flush=True)
            every += made
            if chosen.json is not None:
                rows = [asdict(one) | {"share": one.share, "error": one.error} for one in every]
                chosen.json.write_text(json.dumps(rows, indent=1), "utf-8")


if __name__ == "__main__":
    main()
