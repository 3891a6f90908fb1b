"""The learning rate as a function of the epoch and the step, and which rows make which batch."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Schedule:
    """How the learning rate falls."""

    initial: float
    kind: Literal["milestones", "epochs", "steps"]
    milestones: tuple[int, ...]  # epochs
    decay: float
    decay_steps: int

    def rate(self, epoch: int, step: int) -> float:
        """Return the rate of an epoch and of a step of the whole training, counted from 0.

        It is multiplied by `decay` after each milestone, after each epoch, or smoothly, once
        over every `decay_steps`.
        """
        times: float = sum(epoch >= milestone for milestone in self.milestones)
        if self.kind == "epochs":
            times = epoch
        elif self.kind == "steps":
            times = step / self.decay_steps
        return float(self.initial * self.decay**times)


def momentum(first: float, last: float, epoch: int, epochs: int) -> float:
    """Return batch normalisation's momentum in an epoch: from `first` it falls towards `last`.

    Source: Pavllo et al. 2019, section 5.
    """
    return first * math.exp(-epoch / epochs * math.log(first / last))


def batches_of(order: NDArray[np.int64], batch_size: int, world: int) -> list[NDArray[np.int64]]:
    """Return the rows of every optimiser step of an epoch, over all processes.

    The last batch may be smaller; one too small to give each process a row is left out.
    """
    batches = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
    return [batch for batch in batches if len(batch) >= world]
