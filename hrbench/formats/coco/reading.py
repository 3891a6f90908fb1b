"""COCO's format, CrowdPose's too, and any keypoints of one's own in it."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrbench import catalog
from hrbench.data.annotated import Annotations
from hrbench.data.evaluation import LandmarkEvaluation
from hrbench.data.sample import People, in_words, join
from hrbench.errors import DataError, RunError
from hrbench.formats.coco import aic, annotations, crowdpose, lenient, reader
from hrbench.formats.coco.crowdpose import CrowdAnnotations
from hrbench.formats.h36m.frame_names import place_of
from hrbench.formats.location import (
    HIDDEN,
    DataRoot,
    detections,
    fingerprint,
    require,
    require_images,
    split_of,
)
from hrbench.metrics.registry import METRICS
from hrbench.spec import DatasetSpec, LandmarkTask, Split

FRAMES = "h36m-frames"  # a format whose file names may lack their folders


def training(spec: LandmarkTask, dataset: DatasetSpec, data_root: DataRoot) -> People:
    """Return the persons to train on: the split's, then those of `extra_data`."""
    height, width = spec.model.input
    aspect, padding = width / height, spec.protocol.padding
    split = split_of(dataset, spec.protocol.train_split)
    file = require(dataset, data_root.folder, split.annotations)
    images = require(dataset, data_root.folder, *split.images)
    table, _ = _read(dataset, split, file, data_root.allow)
    chosen = _images_of(table, dataset, split)
    parts = [reader.annotated(table, images, aspect, padding, chosen)]
    for name in spec.protocol.extra_data:
        extra = catalog.load_dataset(name)
        if extra.format != "aic":
            raise RunError(f"protocol.extra_data: '{name}' cannot be trained on beside others")
        more = extra.splits["train"]
        listed = require(extra, data_root.folder, more.annotations)
        folder = require(extra, data_root.folder, *more.images)
        parts.append(
            aic.annotated(listed, folder, extra.keypoints, dataset.keypoints, aspect, padding)
        )
    people = join(parts)
    if not len(people):
        why = in_words(people.left_out)
        raise DataError(
            f"{file}: nothing to train on: all is left out, {why}"
            if why
            else f"{file}: no person with keypoints to train on in {split.annotations}"
        )
    require_images(dataset, people)
    return people


def evaluation(
    spec: LandmarkTask, dataset: DatasetSpec, data_root: DataRoot, *, boxes: str, limit: int | None
) -> LandmarkEvaluation:
    """Return the boxes of the protocol's split, and the truth where it is not hidden.

    Args:
        spec: says the split, and how a box becomes a crop.
        dataset: says the files.
        data_root: says where they are.
        boxes: `gt`, `det` for the detections of the published tables, or a file of them.
        limit: images, the first of the file.
    """
    protocol, (height, width) = spec.protocol, spec.model.input
    split = split_of(dataset, protocol.split)
    file = require(dataset, data_root.folder, split.annotations)
    images = require(dataset, data_root.folder, *split.images)
    table, crowd = _read(dataset, split, file, data_root.allow)
    everything = _images_of(table, dataset, split)
    if not len(everything):
        raise DataError(f"{file} lists no image; there is nothing to measure")
    read, kept = [file], everything[:limit]
    if boxes == "gt":
        if not split.annotated:
            raise RunError(f"{protocol.split} has no annotated boxes; use --boxes det or a file")
        people = reader.annotated(table, images, width / height, protocol.padding, kept)
    else:
        if METRICS[str(protocol.metric)].paired:
            raise RunError(
                f"protocol.metric '{protocol.metric}' measures annotated boxes: --boxes gt"
            )
        read.append(detections(dataset, split, data_root, boxes))
        people = reader.detected(
            read[-1],
            table,
            images,
            width / height,
            threshold=protocol.box_threshold or 0.0,
            padding=protocol.padding,
            allow=data_root.allow,
        ).in_images(kept)
    require_images(dataset, people)
    return LandmarkEvaluation(
        people=people,
        truth=_truth(table, crowd, kept) if split.annotated else None,
        image_ids=kept,
        evaluated=len(kept),
        expected=_expected(split, data_root, len(everything)),
        fingerprint=fingerprint(read),
        without_truth="" if split.annotated else HIDDEN,
        division=_division(table, dataset) if split.part else None,
        left_out={**people.left_out, **_uncounted(spec, dataset, table, kept, file)},
        allowed=tuple(dict.fromkeys((*table.allowed, *people.allowed))),
        images=len(kept),
        objects=_objects(spec, table, people, kept) if split.annotated else None,
        notes=_derived(table, people) if boxes == "gt" else (),
    )


def as_the_file_has_them(
    spec: LandmarkTask, dataset: DatasetSpec, data_root: DataRoot, image_ids: NDArray[np.int64]
) -> list[dict[str, Any]]:
    """Return the annotations of some images; one's own with the fields that their file lacks."""
    count = len(dataset.keypoints)
    split = split_of(dataset, spec.protocol.split)
    content = annotations.read_json(require(dataset, data_root.folder, split.annotations))
    if not dataset.complete:
        content = lenient.completed(content, count, dataset.keypoints_field).content
    wanted = set(image_ids.tolist())
    return [row for row in annotations.persons(content, count) if row["image_id"] in wanted]


def _objects(
    spec: LandmarkTask, table: Annotations, people: People, kept: NDArray[np.int64]
) -> int:
    """Return how many annotated objects the figures are of."""
    if METRICS[str(spec.protocol.metric)].paired:
        return len(people)
    here = np.isin(table.image_ids, kept)[table.image]
    return int((here & (table.num_keypoints > 0) & ~table.crowd).sum())


def _uncounted(
    spec: LandmarkTask,
    dataset: DatasetSpec,
    table: Annotations,
    kept: NDArray[np.int64],
    file: Path,
) -> dict[str, int]:
    """Return how many objects of one's own COCO's figures ignore, though they are labelled.

    Raises:
        DataError: all of them.
    """
    if dataset.complete or spec.protocol.metric != "oks":
        return {}
    here = np.isin(table.image_ids, kept)[table.image]
    labelled = here & (table.keypoints[..., 2] > 0).any(axis=1) & ~table.crowd
    count = int((labelled & (table.num_keypoints == 0)).sum())
    if count and count == labelled.sum():
        raise DataError(
            f"{file}: num_keypoints is 0 in all {count} objects that are measured, though they "
            "have labelled keypoints, and such objects AP does not look for; leave num_keypoints "
            "out of the file, and it is counted"
        )
    reason = "objects whose num_keypoints is 0 though keypoints are labelled, for AP"
    return {reason: count} if count else {}


def _derived(table: Annotations, people: People) -> tuple[str, ...]:
    """Say how many boxes that are measured are not the file's."""
    count = int(np.isin(people.ids, table.ids[table.derived]).sum())
    words = (
        f"{count} of the {len(people)} objects measured have no box in their file: it is that of "
        "their keypoints."
    )
    return (words,) if count else ()


def _read(
    dataset: DatasetSpec, split: Split, file: Path, allow: Sequence[str]
) -> tuple[Annotations, CrowdAnnotations | None]:
    count = len(dataset.keypoints)
    if not split.annotated:
        return annotations.read_images(file, count), None
    if dataset.format == "crowdpose":
        crowd = crowdpose.read(file, count, allow)
        return crowd.table, crowd
    if dataset.complete:
        table = annotations.read(file, count, allow)
    else:
        table = lenient.read(file, count, allow, dataset.keypoints_field)
    if dataset.format == FRAMES:
        table = replace(table, file_names=tuple(map(place_of, table.file_names)))
    return table, None


def _truth(table: Annotations, crowd: CrowdAnnotations | None, kept: NDArray[np.int64]) -> Any:
    return reader.truth(table, kept) if crowd is None else crowdpose.truth(crowd, kept)


def _expected(split: Split, data_root: DataRoot, listed: int) -> int:
    return listed if data_root.synthetic else max(split.num_images or 0, listed)


def _images_of(table: Annotations, dataset: DatasetSpec, split: Split) -> NDArray[np.int64]:
    """Return the ids of a split's images, in file order.

    Raises:
        DataError: a part is asked for of a single image.
    """
    if split.part is None:
        return table.image_ids
    if len(table.image_ids) < 2:
        raise DataError(
            f"{split.annotations} lists one image, of which no part can validate: annotate more"
        )
    held_out = in_validation(table.file_names, dataset.validation_share, dataset.split_seed)
    return table.image_ids[held_out if split.part == "validation" else ~held_out]


def _division(table: Annotations, dataset: DatasetSpec) -> dict[str, list[str]]:
    held_out = in_validation(table.file_names, dataset.validation_share, dataset.split_seed)
    names = np.array(table.file_names)
    return {"training": names[~held_out].tolist(), "validation": names[held_out].tolist()}


def in_validation(names: Sequence[str], share: float, seed: int) -> NDArray[np.bool_]:
    """Return which images validate: the share with the lowest hashes of seed and name.

    So the order of a file does not matter, and images that are added move few others.
    """
    hashes = [hashlib.sha256(f"{seed}/{name}".encode()).hexdigest() for name in names]
    count = min(max(1, round(share * len(names))), len(names) - 1) if names else 0
    held_out = np.zeros(len(names), dtype=bool)
    held_out[np.argsort(hashes)[:count]] = True
    return held_out
