"""How a training scales with processes, simulated from what one process takes.

    python benchmarks/scaling.py [--cores 16] [--at-128 1645] [--at-32 943] [--validate]

The reading of single samples is measured here, the step of HRNet-W32 at 256 x 192, as one CUDA
graph, is given by its images/s at two batch sizes. Several processes average their gradients after
it, beneath nothing. How they wait for each other is `simulation.py`.
With `--validate` one and two real processes, with torch's loader and its averaging, are timed
beside what the model says of them. They pause where others read and compute: a busy machine will
do.
"""

import argparse
import subprocess
import sys
import time

import cv2
import numpy as np
import torch
import torch.distributed as dist
from numpy.typing import NDArray
from simulation import Machine, Simulated, Training, ahead, simulate
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from workload import Workload, people, require_positive, workload

from hrbench.data.loader import TrainingCrops

IMAGES, SAMPLES = 48, 128  # that are read, one by one
PARAMETERS = 28_536_113  # of HRNet-W32 with 17 keypoints
FLOAT = 4  # bytes
PROCESSES = (1, 2, 4, 8, 16, 32, 64)
WORKERS = (1, 2, 4, 8, 12, 15)
RECIPE = 128  # of coco-pose, over all processes
STEP, STEPS, SEED = 60, 120, 0  # ms of a step, and how many, where the model is held to be true
PACED = Training(np.linspace(0.05, 0.25, 21), STEP / 1000, 0.0, 0)
FREE = Machine(cores=64, cards=64, inside=1.0, between=1.0, latency=0.0)  # pauses take no core
HEAD = "| {} | step, ms | computing | averaging | waiting for samples | images/s | of perfect |"
LAUNCHER = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node")


def main() -> None:
    """Print the tables, or what the model is held against."""
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").split("\n", 1)[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--at-128", type=float, default=1645.0, help="images/s of one process")
    parser.add_argument("--at-32", type=float, default=943.0, help="the same, at batch 32")
    parser.add_argument("--reading", type=float, help="ms of a sample [default: measured here]")
    parser.add_argument("--cores", type=int, default=16, help="for each card")
    parser.add_argument("--cards", type=int, default=8, help="of a node")
    parser.add_argument("--inside", type=float, default=200.0, help="GB/s between cards of a node")
    parser.add_argument("--between", type=float, default=25.0, help="GB/s between nodes")
    parser.add_argument("--latency", type=float, default=20.0, help="µs of an exchange")
    parser.add_argument("--validate", action="store_true", help="hold it against processes")
    parser.add_argument("--paced", type=int, help=argparse.SUPPRESS)  # workers; by --validate
    chosen = parser.parse_args()
    if chosen.paced is not None:
        keep_pace(chosen.paced)
        return
    require_positive(parser, chosen)
    if chosen.validate:
        validate()
        return
    reading = (
        read_one_by_one(workload()) if chosen.reading is None else np.array([chosen.reading / 1000])
    )
    training = measured(reading, chosen.at_128, chosen.at_32)
    machine = Machine(
        chosen.cores * chosen.cards,
        chosen.cards,
        1e9 * chosen.inside,
        1e9 * chosen.between,
        1e-6 * chosen.latency,
    )
    print(f"a core reads a sample in {1000 * reading.mean():.2f} ms, {chosen.cores} cores a card")
    print_tables(machine, training, chosen.cores - 1)


def measured(reading: NDArray[np.float64], at_128: float, at_32: float) -> Training:
    """Return what takes so many images/s at two batch sizes: a fixed part, and one of each."""
    each = (128 / at_128 - 32 / at_32) / (128 - 32)
    return Training(reading, 32 / at_32 - 32 * each, each, FLOAT * PARAMETERS)


def print_tables(machine: Machine, training: Training, workers: int) -> None:
    """Print by workers, by processes of one batch each, and by processes that share a batch."""
    print(f"\n{HEAD.format('workers of one process, batch 128')}\n|---|---|---|---|---|---|---|")
    for count in WORKERS:
        found = simulate(machine, training, processes=1, batch=RECIPE, workers=count)
        print_row(str(count), found, RECIPE, RECIPE / found.computed)
    for title, shared in ((f"processes, batch {RECIPE} each", False), ("processes", True)):
        head = f"{title}, batch {RECIPE} over all" if shared else title
        print(f"\n{HEAD.format(head)}\n|---|---|---|---|---|---|---|")
        one = simulate(machine, training, processes=1, batch=RECIPE, workers=workers)
        for count in PROCESSES:
            batch = RECIPE // count if shared else RECIPE
            found = simulate(machine, training, processes=count, batch=batch, workers=workers)
            print_row(str(count), found, batch * count, count * RECIPE / one.step)


def print_row(name: str, found: Simulated, samples: int, perfect: float) -> None:
    """Print a row: shares are of the step."""
    shares = (found.computed, found.reduced, found.waited)
    rate = samples / found.step
    cells = [f"{1000 * found.step:.1f}", *(f"{100 * part / found.step:.0f} %" for part in shares)]
    print(f"| {' | '.join((name, *cells, f'{rate:,.0f}', f'{100 * rate / perfect:.0f} %'))} |")


def read_one_by_one(load: Workload) -> NDArray[np.float64]:
    """Return the seconds that each of some samples takes of a core, from its JPEG to its crop."""
    persons = people(load, IMAGES)
    crops = TrainingCrops(persons, load.cutting, load.spec.augment, 0)
    rows = np.resize(np.random.default_rng(0).permutation(len(persons)), SAMPLES)
    planes = np.empty((1, *crops.shape), dtype=np.uint8)
    cv2.setNumThreads(0)
    taken = []
    for row in range(SAMPLES):
        before = time.process_time()  # of this process alone, whatever else the machine does
        crops.fill(planes, rows[row : row + 1], 0)
        taken.append(time.process_time() - before)
    return np.array(taken[1:])  # the first also loads what all need


def validate() -> None:
    """Print what steps of one and two processes take, and what the model says of them."""
    low, high = (1000 * PACED.reading[end] for end in (0, -1))
    print(f"a batch is read in {low:.0f} to {high:.0f} ms, a step computes for {STEP} ms\n")
    print("| processes | workers each | step, ms | simulated | waiting, ms | simulated |")
    print("|---|---|---|---|---|---|")
    for processes, workers in ((1, 0), (1, 1), (1, 3), (2, 0), (2, 1), (2, 3)):
        step, waited = paced(processes, workers)
        told = simulate(
            FREE, PACED, processes=processes, batch=1, workers=workers, steps=STEPS, seed=SEED
        )
        found = (f"{1000 * taken:.0f}" for taken in (step, told.step, waited, told.waited))
        print(f"| {' | '.join((str(processes), str(workers), *found))} |")


def paced(processes: int, workers: int) -> tuple[float, float]:
    """Return the seconds of a step, and of its waiting, of processes that keep the times told."""
    command = [sys.executable, *LAUNCHER, str(processes), __file__, "--paced", str(workers)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"the processes ended with {done.returncode}: {done.stderr}")
    step, waited = done.stdout.split()[-2:]
    return float(step), float(waited)


class Paced(Dataset[Tensor]):
    """Batches that take as long as was drawn for each."""

    def __init__(self, seconds: NDArray[np.float64]) -> None:
        self.seconds = seconds

    def __getitem__(self, index: int) -> Tensor:
        time.sleep(self.seconds[index])
        return torch.zeros(1)


def keep_pace(workers: int) -> None:
    """Be one of these processes: torch's loader, a pause for each step, gradients averaged.

    The first prints the mean seconds of a step, and of waiting in all of them.
    """
    dist.init_process_group("gloo")
    rank, processes = dist.get_rank(), dist.get_world_size()
    rng = np.random.default_rng(SEED)
    drawn = rng.choice(PACED.reading, (processes, STEPS))[rank]
    loader = iter(
        DataLoader(Paced(drawn), batch_size=None, sampler=range(STEPS), num_workers=workers)
    )
    gradients = torch.zeros(1)
    first, waited, began = ahead(workers), 0.0, 0.0
    for index in range(STEPS):
        before = time.perf_counter()
        if index == first:
            waited, began = 0.0, before
        next(loader)
        waited += time.perf_counter() - before
        time.sleep(STEP / 1000)
        dist.all_reduce(gradients)
    found = torch.tensor([time.perf_counter() - began, waited]) / (STEPS - first)
    dist.all_reduce(found)
    if rank == 0:
        print(*(found / processes).tolist())
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
