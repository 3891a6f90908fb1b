"""What is timed: the published 256 x 192 recipe on synthetic images of COCO's size."""

import argparse
from dataclasses import dataclass

import numpy as np
import torch

from hrbench import catalog, network, world
from hrbench.data.cutting import AffineCutting
from hrbench.data.sample import People
from hrbench.formats import location
from hrbench.formats.coco import reading
from hrbench.heads.codec import Codec
from hrbench.spec import DatasetSpec, LandmarkTask

TASK = "coco-pose@w32-256x192"
IMAGE_SIZE = (480, 640)  # height, width: COCO's most frequent


@dataclass(frozen=True, slots=True)
class Workload:
    """A task and what its functions take."""

    spec: LandmarkTask
    dataset: DatasetSpec
    cutting: AffineCutting
    codec: Codec


def recipe() -> LandmarkTask:
    """Return the spec of the recipe that is timed."""
    spec = catalog.load_task(TASK)
    assert isinstance(spec, LandmarkTask)
    return spec


def workload() -> Workload:
    """Return the recipe and what its functions take."""
    spec = recipe()
    dataset = catalog.load_dataset(spec.dataset)
    height, width = spec.model.input
    cutting = AffineCutting(
        (width, height),
        tuple(dataset.keypoints.index(name) for name in dataset.upper_body),
        dataset.indices(dataset.flip_pairs),
    )
    return Workload(spec, dataset, cutting, network.codec(spec))


def people(load: Workload, images: int) -> People:
    """Return the annotated persons of that many synthetic images, made at the first call."""
    root = world.cached("coco", images=images, seed=0, size=IMAGE_SIZE)
    return reading.training(load.spec, load.dataset, location.DataRoot(root, synthetic=True))


def with_boxes(persons: People, per_image: int, rng: np.random.Generator) -> People:
    """Return so many boxes in each image, as a detector proposes them: near its persons."""
    chosen = [
        rng.choice(np.flatnonzero(persons.image == image), per_image)
        for image in np.unique(persons.image)
    ]
    boxes = persons.rows(np.concatenate(chosen))
    jitter = rng.normal(size=boxes.centers.shape) * boxes.scales * 10
    boxes.centers[:] += jitter.astype(np.float32)
    return boxes


def crops(load: Workload, count: int) -> torch.Tensor:
    """Return (B, height, width, 3) uint8 crops of noise."""
    height, width = load.spec.model.input
    return torch.randint(0, 256, (count, height, width, 3), dtype=torch.uint8)


def require_positive(parser: argparse.ArgumentParser, chosen: argparse.Namespace) -> None:
    """End a script where a number that it was called with is 0 or below."""
    for name, value in vars(chosen).items():
        if isinstance(value, int | float) and not isinstance(value, bool) and value <= 0:
            parser.error(f"--{name.replace('_', '-')} has to be above 0")


def arguments(
    description: str | None, *, devices: bool = False, **defaults: int
) -> argparse.Namespace:
    """Return the numbers that a script was called with, and fix the seeds and the threads.

    With `devices`, also the one to compute on. Where it is a card and none is there, the script
    ends in peace.
    """
    parser = argparse.ArgumentParser(
        description=(description or "").split("\n", 1)[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    numbers = {"rounds": 7, "threads": 1, "seed": 0} | defaults
    for name, value in numbers.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=value)
    if devices:
        parser.add_argument("--device", type=torch.device, default=torch.device("cpu"))
    chosen = parser.parse_args()
    if devices and chosen.device.type == "cuda" and not torch.cuda.is_available():
        print("needs a CUDA card; nothing measured")
        raise SystemExit(0)
    torch.manual_seed(chosen.seed)
    torch.set_num_threads(chosen.threads)
    return chosen
