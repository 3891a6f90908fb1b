"""A recipe put to work: the plan, the initial weights, what is said meanwhile."""

import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hrbench.backbone import weights
from hrbench.backbone.about import KEY, About
from hrbench.data.sample import in_words
from hrbench.engine import duration
from hrbench.engine.runtime import Runtime
from hrbench.engine.schedule import Schedule
from hrbench.engine.train import Feed, Plan, Trainer, Validate
from hrbench.runs import provenance
from hrbench.spec import LiftingTask, TaskSpec, TemporalModel

if TYPE_CHECKING:
    from hrbench.kinds.contract import Task

LONG = 600.0  # seconds; above it a training on a CPU says what is faster
WAITS_TOO_LONG = 0.2  # share of the training time


@dataclass(frozen=True, slots=True)
class Start:
    """What a training starts from, for the record."""

    init: str = "random"
    untouched: tuple[str, ...] = ()  # tensors of the network that the file has not
    changes: tuple[str, ...] = ()  # of its tensors, in sentences
    seen: tuple[str, ...] = ()  # data sets that it was trained on, where it says so


def initialise(job: "Task[Any]", path: str | None) -> Start:
    """Load a file to start from."""
    if path is None:
        return Start()
    checkpoint = weights.read(Path(path))
    found = job.initialise(checkpoint)
    loaded = f"all {found.total}" if not found.missing else f"{len(found.matched)} of {found.total}"
    words = f"{loaded} tensors of {job.init_part} loaded"
    if found.missing:
        words += f", {len(found.missing)} start random ({found.missing[0]}, …)"
    if found.left_over:
        first = checkpoint.theirs.get(found.left_over[0], found.left_over[0])
        more = ", …" if len(found.left_over) > 1 else ""
        words += f", {len(found.left_over)} left over ({first}{more}): our head starts random"
    tell(" ".join((f"--init {path} ({checkpoint.layout} layout): {words}.", *checkpoint.changes)))
    before = provenance.known(checkpoint)
    seen = () if before is None else before.seen_datasets
    init = f"{checkpoint.layout}:{checkpoint.sha256[:16]}"
    return Start(init, found.missing, checkpoint.changes, seen)


def about(job: "Task[Any]", start: Start) -> About:
    """Return what is said of the weights that a job's training comes to."""
    seen = tuple(dict.fromkeys((*provenance.trained_on(job.spec, job.dataset), *start.seen)))
    return provenance.of_training(
        job.spec, job.dataset, seen, start.init, synthetic=job.data_root.synthetic
    )


def trainer(
    job: "Task[Any]",
    feed: Feed[Any],
    runtime: Runtime,
    folder: Path,
    said: About,
    *,
    workers: int,
) -> Trainer[Any]:
    """Return the training of a job's network by its recipe; its checkpoints say what they are."""
    cost, plan = job.cost(runtime.device), plan_of(job.spec, job.options.seed, workers)
    return Trainer(job.network, feed, cost, plan, runtime, folder, {KEY: said.content()})


def plan_of(spec: TaskSpec, seed: int, workers: int) -> Plan:
    """Return the numbers of a spec's recipe."""
    recipe = spec.recipe
    schedule = Schedule(
        recipe.lr, recipe.schedule, recipe.milestones, recipe.decay, recipe.decay_steps
    )
    plan = Plan(
        optimizer=recipe.optimizer,
        schedule=schedule,
        weight_decay=recipe.weight_decay,
        epochs=recipe.epochs,
        batch_size=recipe.batch_size,
        precision=recipe.precision,
        validate_every=recipe.validate_every,
        seed=seed,
        workers=workers,
    )
    if not isinstance(spec, LiftingTask):
        return plan
    falling = None
    if isinstance(spec.model, TemporalModel):
        first, last = spec.model.momentum, spec.recipe.final_momentum
        falling = (first, first if last is None else last)
    return replace(plan, max_norm=spec.recipe.max_norm, momentum=falling)


def train(training: Trainer[Any], validate: Validate) -> float:
    """Run a training to its end; return its seconds."""
    started = time.perf_counter()
    if training.runtime.leads:
        announce(training)
    waits = training.fit(validate)
    if waits > WAITS_TOO_LONG and training.runtime.leads:
        tell(
            f"{waits:.0%} of the training time went into waiting for samples (reading, decoding "
            "and cropping images): more --workers would help, or faster storage"
        )
    return time.perf_counter() - started


def announce(training: Trainer[Any]) -> None:
    """Say how long a training will take, before its first step."""
    left, plan = training.steps_left, training.plan
    if left < 1:
        return
    seconds = duration.seconds_per_step(training) * left
    words = f"Training: {left:,} steps of {plan.batch_size} on {training.runtime.device}, "
    words += spoken(seconds)
    if plan.validate_every:
        words += " and the validations"
    if seconds > LONG and training.runtime.device.type == "cpu":
        words += "; a GPU (--device cuda) or a smaller variant is faster"
    tell(words)


def spoken(seconds: float) -> str:
    """Return a duration in words, as roughly as it is known beforehand."""
    for unit, length in (("days", 86400.0), ("hours", 3600.0), ("minutes", 60.0)):
        if seconds >= 2 * length:
            return f"about {seconds / length:.0f} {unit}"
    return "a minute or two" if seconds >= 60 else "less than a minute"


def tell(message: str) -> None:
    """Say something to the user that is not the result."""
    sys.stderr.write(message + "\n")
    sys.stderr.flush()


def tell_left_out(step: str, counts: Mapping[str, int]) -> None:
    """Say what of the files a step goes without, and why; nothing where it has all."""
    if counts:
        tell(f"left out of {step}: {in_words(counts)}")


def workers(asked: int | None, world: int) -> int:
    """Return how many processes read images for each training process."""
    if asked is not None:
        return asked
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(8, (cores or 1) // world - 1))
