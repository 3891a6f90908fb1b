"""A recipe put to work: the loss, the samples, the initial weights."""

import os
import sys
import time
from pathlib import Path

import torch
from torch import Tensor

from hrbench.backbone import weights
from hrbench.data.augment import Ranges
from hrbench.data.loader import Batch, TrainingCrops
from hrbench.data.sample import People
from hrbench.engine.runtime import Runtime
from hrbench.engine.train import Cost, Plan, Trainer, Validate
from hrbench.heads.codecs import Codec
from hrbench.heads.heatmap import LOSSES, Targets
from hrbench.network import LandmarkNetwork
from hrbench.pipeline.pixels import pixels
from hrbench.spec import DatasetSpec, TaskSpec

LONG = 600.0  # seconds; above it a training without a GPU says beforehand how long it takes
WAITS_TOO_LONG = 0.2  # share of the training time


def initialise(network: LandmarkNetwork, path: str | None) -> str:
    """Load a file into the backbone; return what training starts from, for the record."""
    if path is None:
        return "random"
    checkpoint = weights.read(Path(path))
    left = weights.load_backbone(checkpoint, network.backbone)
    tell(
        f"--init {path} ({checkpoint.layout} layout): all {len(network.backbone.state_dict())} "
        f"tensors of the backbone loaded, {len(left)} left over (its head); ours starts random"
    )
    return f"{checkpoint.layout}:{checkpoint.sha256[:16]}"


def trainer(
    spec: TaskSpec,
    dataset: DatasetSpec,
    people: People,
    network: LandmarkNetwork,
    runtime: Runtime,
    folder: Path,
    *,
    seed: int,
    workers: int,
) -> Trainer:
    """Return the training of a network that a spec describes."""
    px, recipe = pixels(spec, dataset), spec.recipe
    ranges = Ranges(**spec.augment.model_dump())
    plan = Plan(
        lr=recipe.lr,
        milestones=recipe.milestones,
        decay=recipe.decay,
        epochs=recipe.epochs,
        batch_size=recipe.batch_size,
        precision=recipe.precision,
        validate_every=recipe.validate_every,
        seed=seed,
        workers=workers,
    )
    crops = TrainingCrops(people, px.cutting, ranges, seed)
    return Trainer(network, crops, _cost(spec, px.codec, runtime.device), plan, runtime, folder)


def _cost(spec: TaskSpec, encoder: Codec, device: torch.device) -> Cost:
    loss = LOSSES[spec.recipe.loss]

    def cost(scores: Tensor, batch: Batch) -> Tensor:
        targets = encoder.encode(batch.keypoints, batch.visible, device)
        if not spec.recipe.target_weights:
            targets = Targets(targets.maps, torch.ones_like(targets.weights))
        return loss(scores, targets)

    return cost


def train(training: Trainer, validate: Validate) -> float:
    """Run a training to its end; return its seconds."""
    started = time.perf_counter()
    if training.runtime.device.type == "cpu" and training.runtime.leads:
        announce(training)
    waits = training.fit(validate)
    if waits > WAITS_TOO_LONG and training.runtime.leads:
        tell(
            f"{waits:.0%} of the training time went into waiting for samples (reading, decoding "
            "and cropping images): more --workers would help, or faster storage"
        )
    return time.perf_counter() - started


def announce(training: Trainer) -> None:
    """Say how long a training on a CPU will take, if that is long."""
    left = training.steps_left
    if left < 1000:
        return
    seconds = training.seconds_per_step() * left
    if seconds > LONG:
        hours = seconds / 3600
        tell(
            f"Training {left} steps on this CPU will take about {hours:,.1f} hours; "
            "a GPU (--device cuda) or the variant 'tiny' is faster"
        )


def tell(message: str) -> None:
    """Say something to the user that is not the result."""
    sys.stderr.write(message + "\n")
    sys.stderr.flush()


def workers(asked: int | None, world: int) -> int:
    """Return how many processes read images for each training process."""
    if asked is not None:
        return asked
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(8, (cores or 1) // world - 1))
