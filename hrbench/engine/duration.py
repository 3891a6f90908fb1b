"""How long a training will take, told from a few samples before its first step."""

import copy
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from hrbench.engine.graphs import WARM_UPS, Captured, Tensors

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
    count = size if training.step.captured is not None else min(FEW, size)
    while (seconds := _tried(training, count)) < SHORT and count < size:
        count = min(count * MORE, size)
    return seconds * size / count


def _tried(training: "Trainer[Any]", count: int) -> float:
    """Return the seconds of a copy of the network, captured if its own steps are to be."""
    tensors = training.step.cost.prepared(training.feed.some(count))
    network = copy.deepcopy(training.network).train()
    runtime, precision = training.runtime, training.recipe.precision

    def computed(inputs: Tensor, *truth: Tensor) -> Tensors:
        network.zero_grad()
        with runtime.autocast(precision):
            loss = training.step.cost.loss(network(inputs), *truth)
        with runtime.rounding(precision):
            loss.backward()
        return (loss.detach(),)

    captured = training.step.captured
    call = computed if captured is None else Captured(computed, count, captured.recorder)
    taken = []
    for _ in range(0 if captured is None else WARM_UPS):
        call(*tensors)
    for _ in range(2):  # the first also makes room, or captures
        started = time.perf_counter()
        call(*tensors)[0].item()  # waits
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
