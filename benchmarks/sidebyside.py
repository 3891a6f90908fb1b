"""Two ways to one result: whether they agree, and how long each takes in the same run."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class Race:
    """Medians over the rounds of a race."""

    official: float  # seconds
    ours: float  # seconds
    ratio: float  # official / ours, of each round


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
    what: str, official: Callable[[], object], ours: Callable[[], object], rounds: int
) -> Race:
    """Call both in turn, so that a busy machine slows both; print and return the medians.

    A first round, in which caches fill and memory is taken, does not count.
    """
    seconds = np.array([[clock(official), clock(ours)] for _ in range(rounds + 1)])[1:]
    ratios = (seconds[:, 0] / seconds[:, 1]).tolist()
    result = Race(
        statistics.median(seconds[:, 0].tolist()),
        statistics.median(seconds[:, 1].tolist()),
        statistics.median(ratios),
    )
    print(
        f"{what}: official {readable(result.official)}, hrbench {readable(result.ours)}, "
        f"ratio {result.ratio:.2f} ({min(ratios):.2f} to {max(ratios):.2f} in {rounds} rounds)"
    )
    return result


def clock(call: Callable[[], object]) -> float:
    """Return the seconds that a call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def readable(seconds: float) -> str:
    """Return a duration with its unit."""
    return f"{seconds:.2f} s" if seconds >= 1 else f"{1000 * seconds:.2f} ms"
