"""The learning rate as a function of the epoch, and which rows make which batch."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def learning_rate(initial: float, milestones: Sequence[int], decay: float, epoch: int) -> float:
    """Return the rate of an epoch, counted from 0: multiplied by `decay` after each milestone."""
    return initial * decay ** sum(epoch >= milestone for milestone in milestones)


def batches_of(order: NDArray[np.int64], batch_size: int, world: int) -> list[NDArray[np.int64]]:
    """Return the rows of every optimiser step of an epoch, over all processes.

    The last batch may be smaller; one too small to give each process a row is left out.
    """
    batches = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
    return [batch for batch in batches if len(batch) >= world]
