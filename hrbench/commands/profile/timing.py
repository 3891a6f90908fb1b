"""How long each stage takes for a batch, again and again.

Letters: R repeats.
"""

import time
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from hrbench.commands.profile.memory import Memory, MemoryWatch
from hrbench.errors import RunError
from hrbench.kinds.profiled import Stages

WARM_UP = {"cpu": 1}  # passes that are not counted
ELSEWHERE = 3  # on a card, whose library tries out algorithms
SECONDS = 3.0  # of repeats at a batch size, if FEWEST are not longer
FEWEST, MOST = 3, 50


@dataclass(frozen=True, slots=True)
class Spread:
    """What R repeats took: the median, and what a quarter of them stayed below and above."""

    median: float  # seconds
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class Timing:
    """One batch size."""

    batch: int
    seconds: dict[str, NDArray[np.float64]]  # (R,) by stage
    memory: Memory

    @property
    def repeats(self) -> int:
        """R."""
        return len(self.whole)

    @property
    def whole(self) -> NDArray[np.float64]:
        """(R,) seconds of all stages."""
        return np.asarray(np.stack(list(self.seconds.values())).sum(axis=0))

    @property
    def per_second(self) -> float:
        """How many items go through all stages in a second."""
        return self.batch / float(np.median(self.whole))

    def shares(self) -> dict[str, float]:
        """Return the stages' parts of the time; their sum is 1."""
        medians = {name: float(np.median(values)) for name, values in self.seconds.items()}
        total = sum(medians.values())
        return {name: value / total for name, value in medians.items()}


def spread(seconds: NDArray[np.float64]) -> Spread:
    """Return median and quartiles of (R,) seconds."""
    low, median, high = np.quantile(seconds, (0.25, 0.5, 0.75)).tolist()
    return Spread(median, low, high)


@torch.inference_mode()
def timed(stages: Stages, batch: int, device: torch.device, watch: MemoryWatch) -> Timing:
    """Return how long the stages take for a batch, after passes that warm up.

    Raises:
        RunError: memory is too small for it.
    """
    watch.start()
    try:
        warm = [sum(_pass(stages, device)) for _ in range(WARM_UP.get(device.type, ELSEWHERE))]
        repeats = int(min(max(SECONDS / warm[-1], FEWEST), MOST))
        rows = np.array([_pass(stages, device) for _ in range(repeats)])
    except (torch.cuda.OutOfMemoryError, MemoryError) as error:
        raise RunError(_too_large(batch)) from error
    except RuntimeError as error:
        if "allocate memory" not in str(error):  # how torch says it of a CPU
            raise
        raise RunError(_too_large(batch)) from error
    columns = dict(zip(stages, rows.T, strict=True))
    return Timing(batch, columns, watch.peak())


def _pass(stages: Stages, device: torch.device) -> list[float]:
    """Return the seconds of each stage of one pass."""
    given, seconds = None, []
    _wait(device)
    last = time.perf_counter()
    for stage in stages.values():
        given = stage(given)
        _wait(device)
        now = time.perf_counter()
        seconds.append(now - last)
        last = now
    return seconds


def _wait(device: torch.device) -> None:
    """Wait until a card has done what it was told to."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _too_large(batch: int) -> str:
    return f"memory is too small for --batch {batch}; profile with a smaller one"
