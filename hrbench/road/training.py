"""A recipe put to work: the plan, the training, what is said meanwhile."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from hrbench.backbone import weights
from hrbench.backbone.about import KEY, About
from hrbench.begun import provenance
from hrbench.begun.folder import State
from hrbench.data.evaluation import Evaluation
from hrbench.data.loader import order
from hrbench.engine import duration, room
from hrbench.engine.log import Figure, Track, untracked
from hrbench.engine.runtime import Runtime
from hrbench.engine.step import Plan, Step
from hrbench.engine.train import Feed, Trainer, Validate
from hrbench.kinds.contract import AnyTask
from hrbench.report.record import Weights
from hrbench.road.building import Built
from hrbench.road.measuring import measure
from hrbench.road.telling import look_at, pictures, tell
from hrbench.road.tracked import Tracker
from hrbench.threads import cores

ROOM = 0.8  # of the free memory: what is on its way backward comes on top
LONG = 600.0  # seconds; above it a training on a CPU says what is faster
WAITS_TOO_LONG = 0.2  # share of the training time
TOLD = 60.0  # seconds; of a shorter training nobody minds what it waits for


def fit(
    task: AnyTask,
    evaluation: Evaluation,
    built: Built,
    runtime: Runtime,
    folder: Path,
    state: State,
    tracker: Tracker,
) -> State:
    """Train the network, unless its weights are given; return the state of a run that has them."""
    trained, seconds, execution = built.weights, None, {}
    if built.training is not None:
        feed = built.training.feed
        trainer = trainer_of(task, built, feed, runtime, folder, tracker.figures)
        trainer.resume()
        tracker.goes_on(trainer.steps_taken)
        shown = pictures(task.options)
        if shown and runtime.leads:
            drawn = task.draw_training(folder, first_batch(feed, task.options.seed, shown))
            look_at(drawn)
            tracker.picture(drawn)
        seconds = train(trainer, _validation(task, evaluation, built, runtime))
        trained = trained.model_copy(update={"sha256": weights.digest(built.network)})
        execution = {"training": trainer.step.execution.content()}
    return replace(
        state,
        weights=trained.model_dump(mode="json"),
        train_seconds=seconds,
        execution=execution,
        notes=(*built.notes, *state.notes),
    )


def first_batch(feed: Feed[Any], seed: int, samples: int) -> Any:
    """Return so many samples with which a training begins."""
    rows = order(len(feed), seed, 0)[:samples]
    return next(feed.batches([rows], 0, workers=0, pin=False))


def _validation(task: AnyTask, evaluation: Evaluation, built: Built, runtime: Runtime) -> Validate:
    """Return what measures a network under training; it gives nothing where there is no truth."""
    count = workers(task.options.workers, runtime.world)
    # Weights are others at each validation: compiling them would take longer than it saves.
    runtime = replace(runtime, compiles=False)

    def validate() -> Figure | None:
        if evaluation.truth is None:
            return None
        predictions = task.predictions(
            built.network, evaluation, runtime, workers=count, title="validating"
        )
        return measure(task, evaluation, predictions).headline

    return validate


def about(task: AnyTask, trained: Weights) -> About:
    """Return what is said of the weights that a task's training comes to."""
    seen, synthetic = trained.seen_datasets, task.data_root.synthetic
    return provenance.of_training(task.spec, task.dataset, seen, trained.init, synthetic=synthetic)


def trainer_of(
    task: AnyTask,
    built: Built,
    feed: Feed[Any],
    runtime: Runtime,
    folder: Path,
    track: Track = untracked,
) -> Trainer[Any]:
    """Return the training of a network by its task's recipe; checkpoints say what they are."""
    cost = task.cost(built.network, runtime.device)
    readers = workers(task.options.workers, runtime.world)
    plan = task.planned(Plan(task.spec.recipe, task.options.seed, readers))
    said = {KEY: about(task, built.weights).content()}
    return Trainer(Step(built.network, cost, plan, runtime), feed, folder, said, track)


def train(training: Trainer[Any], validate: Validate) -> float:
    """Run a training to its end; return its seconds."""
    started = time.perf_counter()
    if training.runtime.leads:
        announce(training)
    waits = training.fit(validate)
    seconds = time.perf_counter() - started
    if waits > WAITS_TOO_LONG and seconds > TOLD and training.runtime.leads:
        tell(
            f"{waits:.0%} of the training time went into waiting for samples (reading, decoding "
            "and cropping images): more --workers would help, or faster storage"
        )
    return seconds


def announce(training: Trainer[Any]) -> None:
    """Say how long a training will take, before its first step."""
    left, recipe = training.steps - training.steps_taken, training.recipe
    if left < 1:
        return
    seconds = duration.seconds_per_step(training) * left
    steps = f"{left:,} step{'s' * (left != 1)}"
    words = f"Training: {steps} of {recipe.batch_size} on {training.runtime.device} "
    words += f"({training.step.words}), {spoken(seconds)}"
    if recipe.validate_every:
        words += " and the validations"
    if reasons := training.step.reasons:
        words += "".join(f"; {reason}" for reason in reasons)
    if training.step.compiled is not None:
        words += "; compiling comes on top, a minute or more"
    if training.runtime.device.type == "cpu":
        if seconds > LONG:
            words += "; a GPU (--device cuda) or a smaller variant is faster"
        words += _memory(room.needed(training), room.free())
    tell(words)


def _memory(needed: float, free: float) -> str:
    """Return a warning of a step that may not have room; the system ends what has none."""
    if needed < ROOM * free:
        return ""
    return (
        f"; a step takes {needed / 1e9:.0f} GB of memory and more, of {free / 1e9:.0f} GB that "
        "are free: if it is killed, --set recipe.batch_size=N or a smaller variant needs less"
    )


def spoken(seconds: float) -> str:
    """Return a duration in words, as roughly as it is known beforehand."""
    for unit, length in (("days", 86400.0), ("hours", 3600.0), ("minutes", 60.0)):
        if seconds >= 2 * length:
            return f"about {seconds / length:.0f} {unit}"
    return "a minute or two" if seconds >= 60 else "less than a minute"


def workers(asked: int | None, world: int) -> int:
    """Return how many processes read images for each training process."""
    if asked is not None:
        return asked
    return max(1, min(8, cores() // world - 1))
