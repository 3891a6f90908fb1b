"""A small discrete model of a training on several processes: who waits for whom.

Each process has workers that read whole batches in turn, two ahead each, as torch's DataLoader
does; a step begins when its batch is there, and ends when every process has computed its part and
the gradients are averaged. What a part of a step takes is measured elsewhere; what is modelled is
how the parts wait for each other.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

AHEAD = 2  # batches that are asked of each worker, torch's prefetch_factor


@dataclass(frozen=True, slots=True)
class Machine:
    """Nodes, all alike."""

    cores: int  # of a node
    cards: int  # of a node, one to a process
    inside: float  # bytes/s that a process exchanges with its neighbour in the node
    between: float  # bytes/s that a node exchanges with another
    latency: float  # seconds of one exchange


@dataclass(frozen=True, slots=True)
class Training:
    """What was measured of one process."""

    reading: NDArray[np.float64]  # seconds in which a core reads one sample, of many samples
    step: float  # seconds of a step, whatever its batch
    sample: float  # seconds that each sample of a batch adds
    gradients: int  # bytes
    hidden: float  # the share of a step beneath which gradients may be averaged


@dataclass(frozen=True, slots=True)
class Simulated:
    """Seconds of a step, and what they went into, in the mean of the steps and processes."""

    step: float
    waited: float  # for samples
    reduced: float  # beyond what was hidden
    computed: float


def reducing(machine: Machine, processes: int, size: int) -> float:
    """Return the seconds in which a ring of processes averages so many bytes."""
    if processes == 1:
        return 0.0
    several = processes > machine.cards
    rate = min(machine.inside, machine.between) if several else machine.inside
    turns = 2 * (processes - 1)
    return turns * (size / processes / rate + machine.latency)


def simulate(
    machine: Machine,
    training: Training,
    *,
    processes: int,
    batch: int,
    workers: int,
    steps: int = 200,
    seed: int = 0,
) -> Simulated:
    """Return what a step of `batch` samples to each process comes to.

    Without workers a process reads its batch itself, before each step. Of the first steps none
    counts.
    """
    rng = np.random.default_rng(seed)
    drawn = rng.choice(training.reading, (processes, steps, batch)).sum(axis=2)
    # More readers and computing processes than cores take turns.
    on_node = min(processes, machine.cards)
    drawn *= max(1.0, on_node * (workers + 1) / machine.cores)
    computing = training.step + training.sample * batch
    averaging = reducing(machine, processes, training.gradients)
    more = max(0.0, averaging - training.hidden * computing)
    taken = np.zeros((processes, steps))  # when each batch was taken
    free = np.zeros((processes, max(workers, 1)))  # when each worker has done its last batch
    first = AHEAD * AHEAD * workers  # steps until what was read before the first is used up
    now, waited, began = np.zeros(processes), 0.0, 0.0
    for index in range(steps):
        if index == first:
            waited, began = 0.0, float(now[0])
        if workers:
            worker, asked = index % workers, index - AHEAD * workers
            start = np.maximum(free[:, worker], taken[:, asked] if asked >= 0 else 0.0)
            free[:, worker] = start + drawn[:, index]
            ready = np.maximum(free[:, worker], now)
        else:
            ready = now + drawn[:, index]
        waited += float((ready - now).mean())
        taken[:, index] = ready
        now = np.full(processes, ready.max() + computing + more)
    counted = steps - first
    return Simulated((float(now[0]) - began) / counted, waited / counted, more, computing)
