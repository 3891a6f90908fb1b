"""MPII's files: persons with a centre and a size, and the .mat file of the truth."""

import numpy as np

from hrbench.data.readers import mpii
from hrbench.data.sample import People
from hrbench.errors import DataError, MissingDatasetError, RunError
from hrbench.metrics.pckh import HeadTruth
from hrbench.pipeline.landmarks.evaluation import LandmarkEvaluation
from hrbench.pipeline.sources import (
    HIDDEN,
    Source,
    fingerprint,
    issuer,
    require,
    require_images,
    split_of,
)
from hrbench.spec import DatasetSpec, LandmarkTask, Split


def training(spec: LandmarkTask, dataset: DatasetSpec, source: Source) -> People:
    """Return the persons to train on, those with a joint."""
    split = split_of(dataset, spec.protocol.train_split)
    people = _people(spec, dataset, source, split)
    people = people.rows(np.flatnonzero(people.visible.any(axis=1)))
    if not len(people):
        file = require(dataset, source.root, split.annotations)
        raise DataError(f"{file}: nobody with a joint to train on")
    require_images(dataset, people)
    return people


def evaluation(
    spec: LandmarkTask, dataset: DatasetSpec, source: Source, *, boxes: str, limit: int | None
) -> LandmarkEvaluation:
    """Return the persons of the protocol's split, and the truth where it is not hidden.

    Raises:
        RunError: boxes other than the annotated ones are asked for.
    """
    if boxes != "gt":
        raise RunError("MPII is measured on its annotated centres and sizes: --boxes gt")
    split = split_of(dataset, spec.protocol.split)
    everyone = _people(spec, dataset, source, split)
    people = everyone.in_images(everyone.image_ids[:limit])
    require_images(dataset, people)
    files, truth, reason = [require(dataset, source.root, split.annotations)], None, HIDDEN
    if split.annotated:
        truth, reason = _truth(dataset, source, split, len(everyone))
    if truth is not None:
        files.append(source.root / dataset.folder / str(split.heads))
    expected = len(everyone) if source.synthetic else max(split.num_samples or 0, len(everyone))
    return LandmarkEvaluation(
        people=people,
        truth=None if truth is None else truth.rows(people.ids),
        image_ids=everyone.image_ids[:limit],
        evaluated=len(people),
        expected=expected,
        fingerprint=fingerprint(files),
        without_truth=reason,
    )


def _truth(
    dataset: DatasetSpec, source: Source, split: Split, count: int
) -> tuple[HeadTruth | None, str]:
    """Return the truth to score against, or what is missing: one can train without it."""
    if split.heads is None:
        return None, f"no file of {dataset.name} has the heads of {split.annotations}"
    file = source.root / dataset.folder / split.heads
    if not file.exists():
        return None, str(MissingDatasetError(dataset.name, file, issuer(dataset, split.heads)))
    return mpii.truth(file, expected=count), ""


def _people(spec: LandmarkTask, dataset: DatasetSpec, source: Source, split: Split) -> People:
    file = require(dataset, source.root, split.annotations)
    images = require(dataset, source.root, *split.images)
    return mpii.annotated(
        file,
        images,
        len(dataset.keypoints),
        hidden=not split.annotated,
        padding=spec.protocol.padding,
    )
