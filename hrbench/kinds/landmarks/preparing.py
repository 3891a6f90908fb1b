"""Which images a landmark task cuts crops from, and how far; and a task that has them prepared."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

from hrbench.data.cutting import Cutting
from hrbench.data.evaluation import LandmarkEvaluation
from hrbench.data.loader import TrainingCrops
from hrbench.data.prepared import Prepared, Wanted
from hrbench.data.sample import People
from hrbench.kinds.contract import EVALUATION, TRAINING, Training
from hrbench.spec import DatasetSpec, LandmarkTask


def wanted(
    spec: LandmarkTask,
    dataset: DatasetSpec,
    root: Path,
    cutting: Cutting,
    people: People,
    part: str,
) -> Wanted:
    """Return what a part of a run, training or evaluation, cuts its crops from.

    The title has all that images are chosen and read by.
    """
    protocol = spec.protocol
    if part == TRAINING:
        titles = (protocol.train_split, *protocol.extra_data, "training")
        edges = cutting.reach(people, spec.augment)
    else:
        titles = (protocol.split, Path(protocol.boxes).stem)
        edges = cutting.reach(people, None)
    official = ("official",) if protocol.pixels == "official" else ()
    upright = ("upright",) if people.upright else ()
    title = "-".join((dataset.name, *titles, *official, *upright))
    return Wanted(title, people, cutting.read, edges, root)


def from_prepared(
    evaluation: LandmarkEvaluation, training: Training | None, found: Mapping[str, Prepared]
) -> tuple[LandmarkEvaluation, Training | None]:
    """Return what is measured and trained on, its crops cut from what is prepared of its images."""
    people = replace(evaluation.people, prepared=found.get(EVALUATION))
    evaluation = replace(evaluation, people=people)
    if training is None:
        return evaluation, None
    feed = of_crops(training)
    people = replace(feed.people, prepared=found.get(TRAINING))
    crops = TrainingCrops(people, feed.cutting, feed.augment, feed.seed)
    return evaluation, replace(training, feed=crops)


def of_crops(training: Training) -> TrainingCrops:
    """Return the crops that a landmark task is trained on."""
    return cast("TrainingCrops", training.feed)
