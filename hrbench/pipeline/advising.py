"""Which variant of a task of one's own this machine can train."""

import time

import torch

from hrbench import network
from hrbench.pipeline.training import LONG
from hrbench.spec import HeatmapModel

LARGE, SMALL = "w32-256x256", "tiny"  # what a converted task has
EPOCHS, SHARE = 210, 0.8  # of the large one; of the objects, that are trained on
KEYPOINTS = 17  # of the network that is timed: their number hardly matters
HOUR = 3600.0


def advised(objects: int) -> tuple[str, str]:
    """Return a variant for so many objects, and the reason in words."""
    if torch.cuda.is_available():
        return LARGE, "this machine has a GPU"
    seconds = objects * SHARE * EPOCHS * seconds_per_sample()
    words = (
        f"{seconds / HOUR:,.1f} hours" if seconds < 100 * HOUR else f"{seconds / HOUR:,.0f} hours"
    )
    estimate = f"{LARGE} would take about {words} without a GPU"
    return (SMALL if seconds > LONG else LARGE), estimate


def seconds_per_sample() -> float:
    """Return how long a training step of the large variant takes for one crop, by trying two."""
    model = HeatmapModel(head="heatmap", backbone="hrnet-w32", input=(256, 256), sigma=2)
    built = network.build(model, KEYPOINTS, seed=0)
    crops = torch.zeros((1, 3, 256, 256))
    taken = []
    for _ in range(2):  # the first also makes room
        started = time.perf_counter()
        built(crops).square().mean().backward()
        taken.append(time.perf_counter() - started)
    return min(taken)
