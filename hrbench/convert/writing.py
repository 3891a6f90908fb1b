"""The files that hrbench reads a dataset of one's own from, made of any program's annotations.

Letters: K keypoints.
"""

import json
import math
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrbench.convert.labels import (
    ANNOTATIONS,
    DATASET,
    TASK,
    Advice,
    Advise,
    Picture,
    Skeleton,
    Summary,
    require_names,
)
from hrbench.convert.specs import dataset_toml, task_toml
from hrbench.data.image_checks import look
from hrbench.errors import DataError, RunError
from hrbench.formats.coco.categories import FIELD

LABELLED = 2  # COCO's flag of a keypoint that is seen; 0 is one without a label
NO_LABEL = "{place}: no keypoint is labelled in the {images} images listed"


def write(
    pictures: list[Picture],
    skeleton: Skeleton,
    images: Path,
    target: Path,
    made_from: str,
    *,
    advise: Advise | None = None,
) -> Summary:
    """Write the three files into the folder `target`; images stay where they are.

    Args:
        pictures: with paths below `images`, or anywhere else.
        skeleton: their K keypoints.
        images: the folder that file names are relative to.
        target: a folder, made if it is not there.
        made_from: what they come from, in words.
        advise: says which variant to train on so many objects.

    Raises:
        DataError: an image is missing or not whole, nothing is labelled, or a name stands twice.
        RunError: the folder has one of the files already, or cannot be written.
    """
    images, target = images.resolve(), target.resolve()
    _require_new(target, (ANNOTATIONS, DATASET, TASK))  # before all images are looked at
    require_names(images, skeleton)
    content = _coco(pictures, skeleton, images)
    objects = len(content["annotations"])
    if not objects:
        raise DataError(NO_LABEL.format(place=images, images=len(pictures)))
    where = Path(os.path.relpath(images, target)).as_posix()
    advice = None if advise is None else advise(objects)
    texts = toml_files(target.name, made_from, skeleton, ANNOTATIONS, where, advice)
    put(target, texts | {ANNOTATIONS: as_text(content)})
    return Summary(target, skeleton, len(pictures), objects, advice=advice)


def as_text(content: object) -> str:
    """Return what a JSON file says."""
    return json.dumps(content, indent=1) + "\n"


def toml_files(
    name: str,
    made_from: str,
    skeleton: Skeleton,
    annotations: str,
    images: str,
    advice: Advice | None = None,
    field: str = FIELD,
) -> dict[str, str]:
    """Return the text of the two TOML files; places are seen from their folder.

    `field` is what the annotations call their keypoints.
    """
    dataset = dataset_toml(
        name,
        made_from,
        skeleton.keypoints,
        skeleton.flip_pairs,
        skeleton.edges,
        annotations=annotations,
        images=images,
        field="" if field == FIELD else field,
    )
    hint = "" if advice is None else f"{advice.variant}: {advice.reason}"
    task = task_toml(name, made_from, dataset=DATASET, mirrored=not skeleton.one_sided, hint=hint)
    return {DATASET: dataset, TASK: task}


def put(target: Path, files: Mapping[str, str]) -> None:
    """Write new files into a folder, all of them or, where one cannot be written, none.

    Raises:
        RunError: one is there already, or cannot be written.
    """
    _require_new(target, files)
    try:
        target.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target, prefix=".") as scratch:
            for name, text in files.items():
                (Path(scratch) / name).write_text(text, encoding="utf-8")
            for name in files:
                (Path(scratch) / name).replace(target / name)
    except OSError as error:
        raise RunError(f"{target} cannot be written: {error.strerror}; name another") from error


def _require_new(target: Path, names: Iterable[str]) -> None:
    for name in names:
        if (target / name).exists():
            raise RunError(f"{target / name} is there already; name another folder")


def _coco(pictures: list[Picture], skeleton: Skeleton, images: Path) -> dict[str, Any]:
    rows = [
        _annotation(number, points)
        for number, picture in enumerate(pictures, 1)
        for points in picture.objects
        if np.isfinite(points).any()
    ]
    place = {name: index for index, name in enumerate(skeleton.keypoints, 1)}  # COCO's count
    category = {
        "id": 1,
        "name": "object",
        "keypoints": list(skeleton.keypoints),
        "skeleton": [[place[start], place[end]] for start, end in skeleton.edges],
    }
    return {
        "images": [
            _image(number, picture.path, images) for number, picture in enumerate(pictures, 1)
        ],
        "annotations": [{"id": number, **row} for number, row in enumerate(rows, 1)],
        "categories": [category],
    }


def _image(number: int, path: Path, images: Path) -> dict[str, Any]:
    if not path.is_file():
        raise DataError(f"{path} is annotated and does not exist; put the image there")
    seen = look(path)
    if isinstance(seen, str):
        raise DataError(f"{path} is annotated and is not a whole image; fetch it again")
    name = Path(os.path.relpath(path.resolve(), images)).as_posix()
    width, height = seen.turned  # as the task's file will say: `protocol.orientation`
    return {"id": number, "file_name": name, "width": width, "height": height}


def _annotation(image: int, points: NDArray[np.float64]) -> dict[str, Any]:
    flat = [
        value
        for x, y in points.tolist()
        for value in ((0, 0, 0) if math.isnan(x) else (x, y, LABELLED))
    ]
    count = int(np.isfinite(points).all(axis=1).sum())
    return {
        "image_id": image,
        "category_id": 1,
        "iscrowd": 0,
        "num_keypoints": count,
        "keypoints": flat,
    }
