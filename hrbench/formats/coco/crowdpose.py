"""CrowdPose: COCO's format without areas, and with how crowded each image is.

Source: the CrowdPose files and evaluation, github.com/Jeff-sjtu/CrowdPose. Persons and crops
are read as the official COCO reader reads them, a box's area standing for the person's.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrbench.data.annotated import Annotations
from hrbench.data.faults import Fault, fault_of
from hrbench.errors import DataError
from hrbench.files import json_rows
from hrbench.files.json_files import read_json
from hrbench.files.json_rows import NUMBER
from hrbench.formats.coco import annotations, reader
from hrbench.metrics.crowdpose import AREA_SHARE, CrowdTruth

COUNTED = 12  # keypoints that num_keypoints counts: not the head, not the neck


@dataclass(frozen=True, slots=True, eq=False)
class CrowdAnnotations:
    """A file's persons and images, and how crowded each image is."""

    path: Path
    table: Annotations  # areas are those of the boxes
    crowd_index: NDArray[np.float64]  # (M,); NaN where the file says none


def read(path: Path, num_keypoints: int, allow: Sequence[str] = ()) -> CrowdAnnotations:
    """Return the annotations of a CrowdPose file; images may lack their crowdIndex.

    Raises:
        DataError: it cannot be read, or has a fault that nothing can be trained with and that
            `allow` does not name.
    """
    content = read_json(path)
    table = annotations.usable(path, *examined(content, num_keypoints), allow)
    numbers = [crowd_index(image) for image in content["images"]]
    return CrowdAnnotations(path, table, np.array(numbers, dtype=np.float64))


def examined(content: Any, num_keypoints: int) -> tuple[Annotations | None, list[Fault]]:
    """Return the columns of a file's content, and what is wrong with it.

    An image without crowdIndex is no fatal fault: one can train on it.
    """
    table, faults = annotations.examined(with_areas(content), num_keypoints, counted=COUNTED)
    if table is not None:
        bare = [image for image in content["images"] if math.isnan(crowd_index(image))]
        kind = "images without a number as 'crowdIndex', which nothing can be scored on"
        faults += fault_of(kind, json_rows.ids(bare), fatal=False)
    return table, faults


def truth(crowd: CrowdAnnotations, image_ids: NDArray[np.int64]) -> CrowdTruth:
    """Return the annotated persons of some images, and how crowded these are, for scoring.

    Raises:
        DataError: the file does not say how crowded one of the images is.
    """
    table = crowd.table
    rows = np.isin(table.image_ids, image_ids)
    bare = np.flatnonzero(rows & np.isnan(crowd.crowd_index))
    if len(bare):
        raise DataError(
            f"{crowd.path}: {len(bare)} of {rows.sum()} images have no number as 'crowdIndex', the "
            f"first is {table.file_names[bare[0]]} (id {table.image_ids[bare[0]]}); one can train "
            "on such a file, but score only on one that has it, as the official ones do"
        )
    people = reader.truth(table, image_ids)
    boxes = people.boxes[:, 2:].prod(axis=1)
    return CrowdTruth(
        people=replace(people, areas=boxes * AREA_SHARE),
        image_ids=table.image_ids[rows],
        crowd_index=crowd.crowd_index[rows],
    )


def crowd_index(image: dict[str, Any]) -> float:
    """Return how crowded an image is; NaN if it does not say so with a number."""
    value: Any = image.get("crowdIndex")
    return float(value) if NUMBER.fits(value) and math.isfinite(value) else math.nan


def with_areas(content: Any) -> Any:
    """Return a file's content with the area of the box as each person's; faults stay as they are.

    The file's own areas, if it has any, count nowhere in the official evaluation.
    """
    people = content.get("annotations") if isinstance(content, dict) else None
    if not isinstance(people, list):
        return content
    sized = [p | {"area": _area(p.get("bbox"))} if isinstance(p, dict) else p for p in people]
    return content | {"annotations": sized}


def _area(box: Any) -> float:
    """Return width times height; 0 for what is no box, which is a fault by itself."""
    is_box = isinstance(box, list) and len(box) == 4 and all(map(NUMBER.fits, box))
    return float(box[2] * box[3]) if is_box else 0.0
