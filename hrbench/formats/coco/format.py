"""COCO's format and those like it: CrowdPose's, and single frames of Human3.6M."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from hrbench.data.faults import Fault, fault_of
from hrbench.files.json_files import parse
from hrbench.formats import split_files
from hrbench.formats.coco import annotations, dialects, reading
from hrbench.formats.coco.dialects import Dialect
from hrbench.formats.contract import PeopleFormat
from hrbench.formats.listing import Listed, Listing, SplitFile
from hrbench.lints import annotation_faults
from hrbench.lints.swapped_sides import suspects
from hrbench.metrics.crowdpose import CrowdTruth
from hrbench.metrics.people import Truth
from hrbench.spec import DatasetSpec, Split


def _listing(file: SplitFile, dataset: DatasetSpec, split: Split, *, dialect: Dialect) -> Listed:
    """Return what a file lists; of one with faulty persons, the images, which may be compared."""
    content = parse(file.content, Path(file.path.name))
    table, faults = None, list[Fault]()
    if split.annotated:
        table, faults = dialect.examined(content, dataset)
        faults += _other_names(content, dataset.keypoints) if table else []
    images = table
    if images is None:
        images, more = annotations.examined_images(content, len(dataset.keypoints))
        faults = faults or more
    if images is None:
        return None, faults
    names = images.file_names
    if dialect.place is not None:
        names = tuple(map(dialect.place, names))
    listed = Listing(
        names=names,
        sizes=[(width, height) for width, height in images.image_sizes.tolist()],
        persons=len(images.ids),
        labelled=int(np.any(images.keypoints[..., 2] > 0, axis=1).sum()),
        what="persons" if dialect.complete(dataset) else "objects",
        table=table and replace(table, file_names=names),
        images=images,
        values={} if table is None else table.values,
    )
    return listed, faults


def _other_names(content: Any, names: tuple[str, ...]) -> list[Fault]:
    lists = [c["keypoints"] for c in content["categories"] if "keypoints" in c]
    listed = next((said for said in lists if len(said) == len(names)), names)
    pairs = enumerate(zip(listed, names, strict=True))
    other = [f"{place} is {said}, not {name}" for place, (said, name) in pairs if said != name]
    return fault_of("keypoints called otherwise than in the dataset", other, fatal=False)


def _notes(dataset: DatasetSpec, listed: Listing) -> list[Fault]:
    """Return what a person should look at in annotations that nobody has looked at."""
    table = listed.table
    if table is None or dataset.complete:
        return []
    pairs = dataset.indices(dataset.flip_pairs)
    swapped = suspects(table.keypoints[..., :2], table.keypoints[..., 2] > 0, pairs)
    return annotation_faults.remarks(table, dataset.keypoints, swapped, dataset.flip_pairs)


def _like_coco(
    dialect: Dialect, truth: type, notes: split_files.Notes | None = None
) -> PeopleFormat:
    listing = partial(_listing, dialect=dialect)
    return PeopleFormat(
        report=partial(split_files.report, listing=listing, notes=notes),
        listing=listing,
        training=partial(reading.training, dialect=dialect),
        evaluation=partial(reading.evaluation, dialect=dialect),
        truth=truth,
    )


COCO = replace(
    _like_coco(dialects.COCO, Truth, _notes),
    extra_data=True,
    of_ones_own=True,
    boxes_to_predict=True,
    as_annotated=reading.as_annotated,
)
CROWDPOSE = replace(
    _like_coco(dialects.CROWDPOSE, CrowdTruth),
    subject="person",
    extra_data=True,
    boxes_to_predict=True,
)
FRAMES = replace(
    _like_coco(dialects.FRAMES, Truth),
    subject="person",
)
