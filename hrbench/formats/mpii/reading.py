"""MPII's files: persons with a centre and a size, and the .mat file of the truth."""

from dataclasses import replace

import numpy as np

from hrbench.data.evaluation import LandmarkEvaluation
from hrbench.data.faults import stop_at_fatal
from hrbench.data.sample import People
from hrbench.errors import DataError, MissingDatasetError, RunError
from hrbench.formats.images_of_people import require_images, within
from hrbench.formats.location import HIDDEN, DataRoot, fingerprint, issuer, require, split_of
from hrbench.formats.mpii import head_truth, reader
from hrbench.formats.mpii.reader import Annotations
from hrbench.metrics.pckh import HeadTruth
from hrbench.spec import DatasetSpec, LandmarkTask, Split

NO_JOINT = "persons without a labelled joint"


def training(spec: LandmarkTask, dataset: DatasetSpec, data_root: DataRoot) -> People:
    """Return the persons to train on, those with a joint."""
    split = split_of(dataset, spec.protocol.train_split)
    everyone, _ = _people(spec, dataset, data_root, split)
    people = everyone.rows(np.flatnonzero(everyone.visible.any(axis=1)))
    if not len(people):
        file = require(dataset, data_root.folder, split.annotations)
        raise DataError(f"{file}: nobody with a joint to train on")
    require_images(dataset, people)
    people = within(dataset, data_root, people)
    without = len(everyone) - len(people)
    return replace(people, left_out={NO_JOINT: without} if without else {})


def evaluation(
    spec: LandmarkTask, dataset: DatasetSpec, data_root: DataRoot, *, boxes: str, limit: int | None
) -> LandmarkEvaluation:
    """Return the persons of the protocol's split, and the truth where it is not hidden.

    Raises:
        RunError: boxes other than the annotated ones are asked for.
    """
    if boxes != "gt":
        raise RunError("MPII is measured on its annotated centres and sizes: --boxes gt")
    split = split_of(dataset, spec.protocol.split)
    everyone, table = _people(spec, dataset, data_root, split)
    everyone = within(dataset, data_root, everyone)
    people = everyone.in_images(everyone.image_ids[:limit])
    require_images(dataset, people)
    files = [require(dataset, data_root.folder, split.annotations)]
    truth, without, met = None, HIDDEN, people.allowed
    if split.annotated:
        truth, without, said = _truth(dataset, data_root, split, table)
        met += said
    if truth is not None:
        files.append(data_root.folder / dataset.folder / str(split.heads))
    expected = len(everyone) if data_root.synthetic else max(split.num_samples or 0, len(everyone))
    return LandmarkEvaluation(
        people=people,
        truth=None if truth is None else truth.rows(people.ids),
        image_ids=everyone.image_ids[:limit],
        evaluated=len(people),
        expected=expected,
        fingerprint=fingerprint(files),
        without_truth=without,
        allowed=met,
    )


def _truth(
    dataset: DatasetSpec, data_root: DataRoot, split: Split, table: Annotations
) -> tuple[HeadTruth | None, str, tuple[str, ...]]:
    """Return the truth to score against, or why there is none, and what there is to say of it."""
    if split.heads is None:
        return None, f"no file of {dataset.name} has the heads of {split.annotations}", ()
    file = data_root.folder / dataset.folder / split.heads
    if not file.exists():
        who, fetch = issuer(dataset, split.heads), bool(dataset.downloads)
        missing = MissingDatasetError(dataset.name, file, who, fetch=fetch)
        return None, str(missing), ()
    truth, faults = head_truth.examined(file, table)
    return truth, "", stop_at_fatal(file, faults, data_root.allow)


def _people(
    spec: LandmarkTask, dataset: DatasetSpec, data_root: DataRoot, split: Split
) -> tuple[People, Annotations]:
    file = require(dataset, data_root.folder, split.annotations)
    images = require(dataset, data_root.folder, *split.images)
    count, hidden = len(dataset.keypoints), not split.annotated
    table, met = reader.read(file, count, hidden=hidden, allow=data_root.allow)
    return replace(reader.people(table, images, spec.protocol.padding), allowed=met), table
