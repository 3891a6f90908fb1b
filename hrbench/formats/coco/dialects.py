"""COCO's format as COCO, CrowdPose and Human3.6M's frames have it: what each has in its own way."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrbench.data.annotated import Annotations
from hrbench.data.faults import Fault
from hrbench.files.json_files import read_json
from hrbench.formats.coco import annotations, crowdpose, fields, incomplete, reader
from hrbench.formats.h36m.frame_names import place_of
from hrbench.spec import DatasetSpec


@dataclass(frozen=True, slots=True)
class Read:
    """A file of annotations that is sound, or whose faults are allowed."""

    table: Annotations
    truth: Callable[[NDArray[np.int64]], Any] | None  # of images, by their ids; None: hidden


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a format has in its own way of all that those like COCO's share."""

    read: Callable[[Path, DatasetSpec, Sequence[str]], Read]  # a file, but for allowed faults
    examined: Callable[[Any, DatasetSpec], tuple[Annotations | None, list[Fault]]]  # its content
    complete: Callable[[DatasetSpec], bool]  # whether every annotation has all fields
    place: Callable[[str], str] | None = None  # where an image lies, by its name; None: it says so


def sound(file: Path, dataset: DatasetSpec, allow: Sequence[str]) -> Read:
    """Return the annotations of a file in COCO's format, completed where it may say less.

    Raises:
        DataError: it cannot be read, or has a fault that `allow` does not name.
    """
    table = annotations.usable(file, *examined(read_json(file), dataset), allow)
    return Read(table, lambda image_ids: reader.truth(table, image_ids))


def examined(content: Any, dataset: DatasetSpec) -> tuple[Annotations | None, list[Fault]]:
    """Return the columns of the content of such a file, and what is wrong with it."""
    count = len(dataset.keypoints)
    if dataset.complete:
        table, faults = annotations.examined(content, count)
    else:
        table, faults = incomplete.examined(content, count, dataset.keypoints_field)
    if table is None or not (dataset.split or dataset.divided):
        return table, faults
    named = () if dataset.split is None else dataset.split.fields
    values, more = fields.values_of(content, named)
    others = {} if dataset.grouped else fields.telling(content)
    return replace(table, values={**others, **values}), [*more, *faults]


def _read_crowd(file: Path, dataset: DatasetSpec, allow: Sequence[str]) -> Read:
    crowd = crowdpose.read(file, len(dataset.keypoints), allow)
    return Read(crowd.table, partial(crowdpose.truth, crowd))


def _examined_crowd(content: Any, dataset: DatasetSpec) -> tuple[Annotations | None, list[Fault]]:
    return crowdpose.examined(content, len(dataset.keypoints))


COCO = Dialect(sound, examined, complete=lambda dataset: dataset.complete)
CROWDPOSE = Dialect(_read_crowd, _examined_crowd, complete=lambda _: True)
FRAMES = replace(COCO, place=place_of)
