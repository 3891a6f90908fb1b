"""Two ways to one result: whether they agree, and how long each takes in the same run.

Where HRBENCH_BENCH_ROWS names a file, every figure is added to it as a line of JSON as well.
"""

import json
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

ROWS = "HRBENCH_BENCH_ROWS"  # of the environment
PLAIN = "plain equivalent"  # the official calls, written anew in official.py


@dataclass(frozen=True, slots=True)
class Race:
    """Medians over the rounds of a race."""

    official: float  # seconds
    ours: float  # seconds
    ratio: float  # official / ours, of each round
    shortest: float  # of the shortest call of each: what no other program has interrupted


def agree(what: str, ours: ArrayLike, official: ArrayLike, tolerance: float = 0.0) -> None:
    """Print how far two results are apart, as a share of the largest official value.

    Raises:
        SystemExit: they have other shapes, or are further apart than `tolerance`.
    """
    a, b = np.asarray(ours, dtype=np.float64), np.asarray(official, dtype=np.float64)
    if a.shape != b.shape:
        raise SystemExit(f"{what}: ours has shape {a.shape}, the official equivalent {b.shape}")
    gap = float(np.abs(a - b).max() / max(float(np.abs(b).max()), np.finfo(np.float64).tiny))
    words = "equal" if gap == 0 else f"apart by {gap:.1e} of the largest (tolerance {tolerance:g})"
    print(f"check: {what} {a.shape}: {words}")
    if not gap <= tolerance:
        raise SystemExit(f"{what}: the two ways disagree")


def race(
    what: str,
    official: Callable[[], object],
    ours: Callable[[], object],
    rounds: int,
    peer: str = PLAIN,
    before: Callable[[], object] = bool,
) -> Race:
    """Call both in turn, so that a busy machine slows both; print, note and return the medians.

    A first round, in which caches fill and memory is taken, does not count. `peer` says whose code
    the official side is. `before` each call, and not timed, is done what leads to it in a run:
    otherwise each side finds the memory as the other has left it.
    """
    seconds = np.array(
        [[clock(call, before) for call in (official, ours)] for _ in range(rounds + 1)]
    )[1:]
    ratios = (seconds[:, 0] / seconds[:, 1]).tolist()
    result = Race(
        statistics.median(seconds[:, 0].tolist()),
        statistics.median(seconds[:, 1].tolist()),
        statistics.median(ratios),
        float(np.divide(*seconds.min(axis=0))),
    )
    print(
        f"{what}: {peer} {readable(result.official)}, hrbench {readable(result.ours)}, ratio "
        f"{result.ratio:.2f} ({min(ratios):.2f} to {max(ratios):.2f} in {rounds} rounds), of the "
        f"shortest calls {result.shortest:.2f}"
    )
    note(
        what=what,
        unit="s",
        peer=peer,
        official=result.official,
        hrbench=result.ours,
        ratio=result.ratio,
        low=min(ratios),
        high=max(ratios),
        shortest=result.shortest,
        rounds=rounds,
    )
    return result


def figure(
    what: str, unit: str, hrbench: float, official: float | None = None, peer: str = PLAIN
) -> None:
    """Print and note a throughput or a size, which are no times of two calls, alone or beside one.

    As that of a race, its ratio is above 1 where hrbench is ahead: more in a second, less memory.
    """
    if official is None:
        print(f"{what}: hrbench {hrbench:.4g} {unit}")
        note(what=what, unit=unit, hrbench=hrbench)
        return
    ratio = hrbench / official if unit.endswith("/s") else official / hrbench
    print(f"{what}: {peer} {official:.4g} {unit}, hrbench {hrbench:.4g} {unit}, ratio {ratio:.2f}")
    note(what=what, unit=unit, peer=peer, official=official, hrbench=hrbench, ratio=ratio)


def note(**row: str | float) -> None:
    """Add a row to the file that the environment names, if it names one."""
    if os.environ.get(ROWS):
        with open(os.environ[ROWS], "a", encoding="utf-8") as file:  # noqa: PTH123
            file.write(json.dumps(row) + "\n")


def clock(call: Callable[[], object], before: Callable[[], object] = bool) -> float:
    """Return the seconds that a call takes."""
    before()
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def readable(seconds: float) -> str:
    """Return a duration with its unit."""
    return f"{seconds:.2f} s" if seconds >= 1 else f"{1000 * seconds:.2f} ms"
