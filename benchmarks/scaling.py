"""How a training scales with processes, simulated from what one process takes.

    python benchmarks/scaling.py [--cores 16] [--at-128 1645] [--at-32 943] [--validate]

The reading of single samples is measured here, the step of HRNet-W32 at 256 x 192 is given by its
images/s at two batch sizes, and how processes wait for each other is `simulation.py`. With
`--validate` trainings of one and of two processes are timed on this machine, beside what the model
says of them; that takes two minutes.
"""

import argparse
import csv
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.distributed as dist
from numpy.typing import NDArray
from sidebyside import figure
from simulation import Machine, Simulated, Training, simulate
from workload import Workload, people, workload

from hrbench import world
from hrbench.data.loader import TrainingCrops

IMAGES, SAMPLES = 48, 128  # that are read, one by one
PARAMETERS = 28_536_113  # of HRNet-W32 with 17 keypoints
FLOAT = 4  # bytes
HIDDEN = 0.5  # of a step: most of its backward pass
PROCESSES = (1, 2, 4, 8, 16, 32, 64)
WORKERS = (1, 2, 4, 8, 12, 15)
RECIPE = 128  # of coco-pose, over all processes
TINY, BATCH, EPOCHS = "coco-pose@tiny", 16, 4  # what the model is held against
ROUNDS = 1
HEAD = "| {} | step, ms | computing | averaging | waiting for samples | images/s | of perfect |"
LAUNCHER = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node")
FAST = Machine(cores=1, cards=1, inside=1.0, between=1.0, latency=0.0)


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
    parser.add_argument("--validate", action="store_true", help="hold the model against trainings")
    parser.add_argument("--reduce", type=int, help=argparse.SUPPRESS)  # bytes; by --validate
    chosen = parser.parse_args()
    if chosen.reduce is not None:
        print_averaging(chosen.reduce)
        return
    if chosen.validate:
        validate()
        return
    each = (128 / chosen.at_128 - 32 / chosen.at_32) / (128 - 32)
    reading = (
        read_one_by_one(workload()) if chosen.reading is None else np.array([chosen.reading / 1000])
    )
    training = Training(reading, 32 / chosen.at_32 - 32 * each, each, FLOAT * PARAMETERS, HIDDEN)
    machine = Machine(
        chosen.cores * chosen.cards,
        chosen.cards,
        1e9 * chosen.inside,
        1e9 * chosen.between,
        1e-6 * chosen.latency,
    )
    print(f"a core reads a sample in {1000 * reading.mean():.2f} ms, {chosen.cores} cores a card")
    print_tables(machine, training, chosen.cores - 1)


def print_tables(machine: Machine, training: Training, workers: int) -> None:
    """Print by workers, by processes of one batch each, and by processes that share a batch."""
    print(f"\n{HEAD.format('workers of one process, batch 128')}\n|---|---|---|---|---|---|---|")
    for count in WORKERS:
        alone = simulate(machine, training, processes=1, batch=RECIPE, workers=count)
        print_row(str(count), alone, RECIPE, RECIPE / alone.computed)
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
    torch.set_num_threads(1)
    cv2.setNumThreads(0)
    taken = []
    for row in range(SAMPLES):
        before = time.process_time()  # of this process alone, whatever else the machine does
        crops[0, rows[row : row + 1]]
        taken.append(time.process_time() - before)
    return np.array(taken[1:])  # the first also loads what all need


def validate() -> None:
    """Print the seconds of a step as timed and as simulated, of one and of two processes."""
    root = world.cached("coco", images=IMAGES, seed=0, size=(480, 640))
    with tempfile.TemporaryDirectory() as out:
        rounds = [measured(root, Path(out)) for _ in range(ROUNDS)]
    full, half, worker, two = np.median(np.array(rounds), axis=0)
    reading = full[1] / BATCH
    sample = (full[0] - full[1] - half[0] + half[1]) / (BATCH / 2)
    training = Training(np.array([reading]), full[0] - full[1] - sample * BATCH, sample, 0, 0.0)
    print(
        f"one process without workers, batch {BATCH}: {1000 * full[0]:.1f} ms a step, "
        f"{1000 * full[1]:.1f} of them reading; batch {BATCH // 2}: {1000 * half[0]:.1f} ms"
    )
    averaging = measured_averaging(FLOAT * PARAMETERS // 100)
    print(f"two processes average a hundredth of W32's gradients in {1000 * averaging:.2f} ms")
    cores = os.cpu_count() or 1
    machine = replace(FAST, cores=cores, cards=cores)
    for name, timed, count, batch, workers in (
        ("one process, one worker", worker, 1, BATCH, 1),
        ("two processes without workers", two, 2, BATCH // 2, 0),
    ):
        found = simulate(machine, training, processes=count, batch=batch, workers=workers)
        step = found.step + (averaging if count > 1 else 0.0)
        figure(f"{name}: a step", "ms", 1000 * timed[0], 1000 * step, "simulated")
        figure(f"{name}: waiting", "ms", 1000 * timed[1], 1000 * found.waited, "simulated")


def measured(root: Path, out: Path) -> list[tuple[float, float]]:
    """Return the seconds of a step, and of its waiting, of four trainings."""
    return [
        trained(root, out, processes=1, batch=BATCH, workers=0),
        trained(root, out, processes=1, batch=BATCH // 2, workers=0),
        trained(root, out, processes=1, batch=BATCH, workers=1),
        trained(root, out, processes=2, batch=BATCH, workers=0),
    ]


def trained(
    root: Path, out: Path, *, processes: int, batch: int, workers: int
) -> tuple[float, float]:
    """Return the median seconds of a step, and of its waiting, by the log of a training."""
    launcher = [*LAUNCHER, str(processes)]
    folder = Path(tempfile.mkdtemp(dir=out))
    command = [sys.executable, *(launcher if processes > 1 else []), "-m", "hrbench", "run", TINY]
    command += ["--data", str(root), "--device", "cpu", "--epochs", str(EPOCHS)]
    command += ["--set", f"recipe.batch_size={batch}", "--workers", str(workers)]
    command += ["--out", str(folder)]
    one = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=one, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"hrbench run ended with {done.returncode}: {done.stderr}")
    with next(folder.rglob("log.csv")).open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["samples_per_second"]]
    steps = [batch / float(row["samples_per_second"]) for row in rows[1:]]
    shares = [float(row["data_wait_share"]) for row in rows[1:]]
    waits = [step * share for step, share in zip(steps, shares, strict=True)]
    return statistics.median(steps), statistics.median(waits)


def measured_averaging(size: int) -> float:
    """Return the seconds in which two processes here average so many bytes."""
    command = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--nproc-per-node",
        "2",
    ]
    done = subprocess.run(
        [*command, __file__, "--reduce", str(size)], capture_output=True, text=True, check=True
    )
    return float(done.stdout.split()[-1])


def print_averaging(size: int) -> None:
    """Take part in the averaging of so many bytes; the first process prints its seconds."""
    dist.init_process_group("gloo")
    gradients = torch.ones(size // FLOAT)
    taken = []
    for _ in range(20):
        dist.barrier()
        start = time.perf_counter()
        dist.all_reduce(gradients)
        taken.append(time.perf_counter() - start)
    if dist.get_rank() == 0:
        print(statistics.median(taken))
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
