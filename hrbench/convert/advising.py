"""Which variant of a task of one's own this machine can train, told in a moment, without torch."""

import shutil
import time

import numpy as np

from hrbench.convert.labels import Advice

LARGE, SMALL = "w32-256x256", "tiny"  # what a converted task has
EPOCHS, SHARE = 210, 0.8  # of the large one; of the objects, that are trained on
OPERATIONS = 61.1e9  # of a training step for one crop of the large one, as torch counts them
EFFICIENCY = 0.6  # of such a step beside a product of matrices; 0.5 to 1 were measured
SIDE, TRIES = 768, 3  # of the matrices that are multiplied
LONG, HOUR = 600.0, 3600.0  # seconds; what is longer is nothing to wait for


def advised(objects: int) -> Advice:
    """Return a variant for so many objects, and the reason in words."""
    if has_gpu():
        return Advice(LARGE, "this machine has a GPU")
    seconds = objects * SHARE * EPOCHS * seconds_per_sample()
    digits = 1 if seconds < 10 * HOUR else 0
    words = f"{LARGE} would take roughly {seconds / HOUR:,.{digits}f} hours without a GPU"
    return Advice(SMALL if seconds > LONG else LARGE, words)


def has_gpu() -> bool:
    """Whether there is a driver of a card that torch trains on."""
    return shutil.which("nvidia-smi") is not None


def seconds_per_sample() -> float:
    """Return how long a training step of the large variant takes for one crop, roughly."""
    matrix = np.random.default_rng(0).random((SIDE, SIDE), dtype=np.float32)
    taken = []
    for _ in range(TRIES):
        started = time.perf_counter()
        np.matmul(matrix, matrix)
        taken.append(time.perf_counter() - started)
    rate = 2 * SIDE**3 / min(taken)
    return OPERATIONS / (EFFICIENCY * rate)
