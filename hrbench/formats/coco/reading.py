"""A split in COCO's format or one like it: persons to train on, and boxes to measure."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrbench.data.annotated import Annotations
from hrbench.data.divided import Divided
from hrbench.data.evaluation import LandmarkEvaluation
from hrbench.data.sample import People, in_words
from hrbench.errors import DataError, RunError
from hrbench.files.json_files import read_json
from hrbench.formats.coco import annotations, incomplete, reader
from hrbench.formats.coco.dialects import COCO, Dialect, Read
from hrbench.formats.division import FEWEST, divided
from hrbench.formats.images_of_people import require_images
from hrbench.formats.location import HIDDEN, DataRoot, detections, fingerprint, require, split_of
from hrbench.metrics.registry import METRICS
from hrbench.spec import DatasetSpec, LandmarkTask, Split


@dataclass(frozen=True, slots=True)
class Opened:
    """What a split has before boxes are chosen."""

    split: Split
    file: Path  # of annotations
    images: Path  # the folder of its images
    read: Read
    image_ids: NDArray[np.int64]  # of the split, in file order
    divided: Divided | None  # how the file's images are; None of a split that is whole


def training(
    spec: LandmarkTask, dataset: DatasetSpec, data_root: DataRoot, *, dialect: Dialect = COCO
) -> People:
    """Return the persons of the split that is trained on."""
    height, width = spec.model.input
    opened = _opened(spec.protocol.train_split, dataset, data_root, dialect)
    table, place = opened.read.table, opened.split.annotations
    padding = spec.protocol.padding
    people = reader.annotated(table, opened.images, width / height, padding, opened.image_ids)
    if not len(people):
        why = in_words(people.left_out)
        raise DataError(
            f"{opened.file}: nothing to train on: all is left out, {why}"
            if why
            else f"{opened.file}: no person with keypoints to train on in {place}"
        )
    require_images(dataset, people)
    return people


def evaluation(
    spec: LandmarkTask,
    dataset: DatasetSpec,
    data_root: DataRoot,
    *,
    boxes: str,
    limit: int | None,
    dialect: Dialect = COCO,
) -> LandmarkEvaluation:
    """Return the boxes of the protocol's split, and the truth where it is not hidden."""
    opened = _opened(spec.protocol.split, dataset, data_root, dialect)
    split, file, table = opened.split, opened.file, opened.read.table
    if not len(opened.image_ids):
        raise DataError(f"{file} lists no image; there is nothing to measure")
    kept, truth = opened.image_ids[:limit], opened.read.truth
    people, files = _boxes(spec, dataset, data_root, opened, kept, boxes=boxes)
    require_images(dataset, people)
    return LandmarkEvaluation(
        people=people,
        truth=None if truth is None else truth(kept),
        image_ids=kept,
        evaluated=len(kept),
        expected=_expected(split, data_root, len(opened.image_ids)),
        fingerprint=fingerprint([file, *files]),
        without_truth=HIDDEN if truth is None else "",
        division=opened.divided,
        groups=_groups(opened, kept),
        left_out={**people.left_out, **_uncounted(spec, dataset, table, kept, file)},
        allowed=tuple(dict.fromkeys((*table.allowed, *people.allowed))),
        images=len(kept),
        objects=None if truth is None else _objects(spec, table, people, kept),
        notes=_derived(table, people) if boxes == "gt" else (),
    )


def as_annotated(
    spec: LandmarkTask, dataset: DatasetSpec, data_root: DataRoot, image_ids: NDArray[np.int64]
) -> list[dict[str, Any]]:
    """Return the annotations of some images; one's own with the fields that their file lacks."""
    count = len(dataset.keypoints)
    split = split_of(dataset, spec.protocol.split)
    content = read_json(require(dataset, data_root.folder, split.annotations))
    if not dataset.complete:
        content = incomplete.completed(content, count, dataset.keypoints_field).content
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


def _groups(opened: Opened, kept: NDArray[np.int64]) -> dict[int, str] | None:
    """Return the group of each image that is measured, by its id; None where there are none."""
    if opened.divided is None:
        return None
    rows = np.flatnonzero(np.isin(opened.read.table.image_ids, kept))
    return opened.divided.groups_of(rows, opened.read.table.image_ids[rows])


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
    if dataset.complete or METRICS[str(spec.protocol.metric)].paired:
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


def _opened(name: str, dataset: DatasetSpec, data_root: DataRoot, dialect: Dialect) -> Opened:
    """Return what a split has, its images named by where they lie."""
    split = split_of(dataset, name)
    file = require(dataset, data_root.folder, split.annotations)
    images = require(dataset, data_root.folder, *split.images)
    if split.annotated:
        read = dialect.read(file, dataset, data_root.allow)
    else:
        read = Read(annotations.read_images(file, len(dataset.keypoints)), None)
    if split.annotated and dialect.place is not None:
        names = tuple(map(dialect.place, read.table.file_names))
        read = replace(read, table=replace(read.table, file_names=names))
    how = _divided(read.table, dataset, split)
    ids = read.table.image_ids
    kept = ids if how is None else ids[how.part == split.part]
    return Opened(split, file, images, read, kept, how)


def _boxes(
    spec: LandmarkTask,
    dataset: DatasetSpec,
    data_root: DataRoot,
    opened: Opened,
    kept: NDArray[np.int64],
    *,
    boxes: str,
) -> tuple[People, list[Path]]:
    """Return the boxes of the images that are kept, and the files that they were read from.

    Raises:
        RunError: annotated ones are hidden, or others cannot be measured.
    """
    protocol, (height, width), table = spec.protocol, spec.model.input, opened.read.table
    aspect, padding = width / height, protocol.padding
    if boxes == "gt":
        if not opened.split.annotated:
            raise RunError(f"{protocol.split} has no annotated boxes; use --boxes det or a file")
        return reader.annotated(table, opened.images, aspect, padding, kept), []
    if METRICS[str(protocol.metric)].paired:
        raise RunError(f"protocol.metric '{protocol.metric}' measures annotated boxes: --boxes gt")
    file = detections(dataset, opened.split, data_root, boxes)
    people = reader.detected(
        file,
        table,
        opened.images,
        aspect,
        threshold=protocol.box_threshold or 0.0,
        padding=padding,
        allow=data_root.allow,
    )
    return people.in_images(kept), [file]


def _expected(split: Split, data_root: DataRoot, listed: int) -> int:
    return listed if data_root.synthetic else max(split.num_images or 0, listed)


def _divided(table: Annotations, dataset: DatasetSpec, split: Split) -> Divided | None:
    """Return how a file's images are divided, of which the split has a part.

    Raises:
        DataError: they cannot be, as where there is a single image.
    """
    if split.part is None:
        return None
    if len(table.image_ids) < FEWEST:
        raise DataError(
            f"{split.annotations} lists one image, of which no part can validate: annotate more"
        )
    return divided(table.file_names, dataset, table.values)
