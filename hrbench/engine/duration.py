"""How long a training will take, told from a few samples before its first step."""

import copy
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

if TYPE_CHECKING:
    from hrbench.engine.train import Trainer

FEW = 2  # samples; batch normalisation takes no fewer
READ = 8  # samples
SHORT = 0.5  # seconds; where samples take no longer, more are tried
MORE = 4  # times as many


def seconds_per_step(training: "Trainer[Any]") -> float:
    """Return how long a step will take; nothing of the training changes.

    Reading is shared by the workers, and goes on while the network computes.
    """
    workers, device = training.plan.workers, training.runtime.device
    with torch.random.fork_rng([device] if device.type == "cuda" else []):  # loader, dropout
        computing, reading = _computing(training), _reading(training) / max(workers, 1)
    return max(computing, reading) if workers else computing + reading


def _computing(training: "Trainer[Any]") -> float:
    """Return the seconds of forward and backward of one process's part of a batch.

    A few samples tell it of a large network; of a small one they would tell too much, for a
    device does not take half as long for half as many.
    """
    size = max(training.recipe.batch_size // training.runtime.world, 1)
    count = min(FEW, size)
    while (seconds := _tried(training, count)) < SHORT and count < size:
        count = min(count * MORE, size)
    return seconds * size / count


def _tried(training: "Trainer[Any]", count: int) -> float:
    batch = training.feed.some(count)
    network = copy.deepcopy(training.network).train()
    taken = []
    for _ in range(2):  # the first also makes room
        started = time.perf_counter()
        with training.runtime.autocast(training.recipe.precision):
            cost = training.cost(network, batch)
        cost.backward()
        next(p.grad for p in network.parameters() if p.grad is not None).sum().item()  # waits
        taken.append(time.perf_counter() - started)
    return min(taken)


def _reading(training: "Trainer[Any]") -> float:
    """Return the seconds in which one process reads as much as a step takes."""
    size = max(training.recipe.batch_size // training.runtime.world, 1)
    taken = []
    for first in (0, READ):  # other samples than before, which the system may still hold
        rows = np.arange(first, first + READ) % len(training.feed)
        started = time.perf_counter()
        next(training.feed.batches([rows], 0, workers=0, pin=False))
        taken.append((time.perf_counter() - started) / len(rows))
    return min(taken) * size
