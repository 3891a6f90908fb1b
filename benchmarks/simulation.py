"""A small discrete model of a training on several processes: who waits for whom.

Each process has workers that read parts of batches in turn, two ahead each, as `hrbench run` does
with torch's DataLoader; a step begins when its batch is there, and ends when every process has
computed its share and the gradients are averaged. What each of this takes is measured elsewhere;
what is modelled is how one waits for the other.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hrbench.data.workers import AHEAD, PART

Seconds = NDArray[np.float64]


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

    reading: Seconds  # seconds in which a core reads one sample, of many samples
    step: float  # seconds of a step, whatever its batch
    sample: float  # seconds that each sample of a batch adds
    gradients: int  # bytes


@dataclass(frozen=True, slots=True)
class Simulated:
    """Seconds of a step, and what they went into, in the mean of the steps and processes."""

    step: float
    waited: float  # for samples
    reduced: float  # averaging gradients
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
    drawn = read_in_parts(training.reading, (processes, steps, batch), seed)
    # More readers and computing processes than cores take turns.
    on_node = min(processes, machine.cards)
    drawn *= max(1.0, on_node * (workers + 1) / machine.cores)
    computing = training.step + training.sample * batch
    averaging = reducing(machine, processes, training.gradients)
    reader = Reader(processes, workers)
    first = ahead(workers) // drawn.shape[2]
    now, waited, began = np.zeros(processes), 0.0, 0.0
    for step in range(steps):
        if step == first:
            waited, began = 0.0, float(now[0])
        ready = now
        for part in drawn[:, step].T:
            ready = reader.taken(part, ready)
        waited += float((ready - now).mean())
        now = np.full(processes, ready.max() + computing + averaging)
    counted = steps - first
    return Simulated((float(now[0]) - began) / counted, waited / counted, averaging, computing)


class Reader:
    """The workers of each process, which read parts of batches in turn."""

    def __init__(self, processes: int, workers: int) -> None:
        self.workers = workers
        self.free = np.zeros((max(workers, 1), processes))  # when each has read its last part
        self.when: list[Seconds] = []  # each part was taken

    def taken(self, seconds: Seconds, now: Seconds) -> Seconds:
        """Return when each process has its next part, that takes so long and is wanted now."""
        if not self.workers:
            return now + seconds
        index = len(self.when)
        worker, asked = index % self.workers, index - AHEAD * self.workers
        start = np.maximum(self.free[worker], self.when[asked] if asked >= 0 else 0.0)
        self.free[worker] = start + seconds
        self.when.append(np.maximum(self.free[worker], now))
        return self.when[-1]


def ahead(workers: int) -> int:
    """Return how many parts are read before what was there at the beginning is used up."""
    return AHEAD * AHEAD * workers


def read_in_parts(reading: Seconds, shape: tuple[int, int, int], seed: int) -> Seconds:
    """Return the (P, S, n) seconds of each of n parts of S batches of P processes.

    `shape` is P, S and the samples of a batch.
    """
    drawn = np.random.default_rng(seed).choice(reading, shape)
    parts: Seconds = np.add.reduceat(drawn, range(0, shape[2], PART), axis=2)
    return parts
