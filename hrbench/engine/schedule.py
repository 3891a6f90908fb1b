"""The learning rate as a function of the epoch and the step, and which rows make which batch."""

import math

import numpy as np
from numpy.typing import NDArray

from hrbench.spec import Recipe

WARMUP_START = 0.001  # of the rate, at the first step of a warm-up: mmpose's


def rate(recipe: Recipe, epoch: int, step: int, steps: int) -> float:
    """Return the learning rate of an epoch and of one of all steps, both counted from 0.

    It is multiplied by `decay` after each milestone, after each epoch, or smoothly, once over
    every `decay_steps`; or it falls to 0 along half a cosine from the warm-up to the last step.

    Source: Loshchilov and Hutter 2017, section 3, for the cosine; Goyal et al. 2017, section 2.2,
    for a warm-up that is linear.
    """
    return recipe.lr * _fallen(recipe, epoch, step, steps) * _warmed(recipe, step)


def _fallen(recipe: Recipe, epoch: int, step: int, steps: int) -> float:
    if recipe.schedule == "cosine":
        first = recipe.warmup_steps
        share = max(0, step - first) / max(1, steps - first)
        return (1 + math.cos(math.pi * share)) / 2
    times: float = sum(epoch >= milestone for milestone in recipe.milestones)
    if recipe.schedule == "epochs":
        times = epoch
    elif recipe.schedule == "steps":
        times = step / recipe.decay_steps
    return float(recipe.decay**times)


def _warmed(recipe: Recipe, step: int) -> float:
    if step >= recipe.warmup_steps:
        return 1.0
    return WARMUP_START + (1 - WARMUP_START) * step / recipe.warmup_steps


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
