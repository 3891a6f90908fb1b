"""What any program's annotations come down to, and the files that hrbench reads them from.

Letters: K keypoints.
"""

import json
import math
import os
import tempfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrbench.convert.specs import dataset_toml, task_toml
from hrbench.data.inspect import look
from hrbench.data.lint import pairs_by_name
from hrbench.errors import DataError, RunError

ANNOTATIONS, DATASET, TASK = "annotations.json", "dataset.toml", "task.toml"
LABELLED = 2  # COCO's flag of a keypoint that is seen; 0 is one without a label
NO_LABEL = "{place}: no keypoint is labelled in the {images} images listed"
NamePairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Skeleton:
    """What the keypoints are called and which belong together."""

    keypoints: tuple[str, ...]
    flip_pairs: NamePairs  # left first
    edges: NamePairs


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """An image file with its objects."""

    path: Path
    objects: tuple[NDArray[np.float64], ...]  # (K, 2) x, y each; NaN where not labelled


@dataclass(frozen=True, slots=True)
class Summary:
    """What was converted, and where it lies."""

    folder: Path  # of dataset.toml and task.toml
    skeleton: Skeleton
    images: int
    objects: int  # with a labelled keypoint
    left_out: tuple[str, ...] = ()  # what the source has and COCO's format cannot hold, in words

    def content(self) -> dict[str, Any]:
        """Return the counts and the skeleton as JSON has them."""
        counts = {"images": self.images, "objects": self.objects}
        return {**counts, **asdict(self.skeleton), "left_out": self.left_out}

    def text(self) -> str:
        """Return it for a reader."""
        pairs = ", ".join(" and ".join(pair) for pair in self.skeleton.flip_pairs) or "none"
        lines = [
            f"{self.images:,} images, {self.objects:,} objects with keypoints",
            f"keypoints: {', '.join(self.skeleton.keypoints)}",
            f"left and right: {pairs}",
            *(f"left out: {words}" for words in self.left_out),
        ]
        return "\n".join(lines)


def paired(keypoints: tuple[str, ...], edges: NamePairs = ()) -> Skeleton:
    """Return a skeleton whose flip pairs are told by the names of its keypoints."""
    return Skeleton(keypoints, tuple(pairs_by_name(keypoints)), edges)


def write(
    pictures: list[Picture], skeleton: Skeleton, images: Path, target: Path, made_from: str
) -> Summary:
    """Write the three files into the folder `target`; images stay where they are.

    Args:
        pictures: with paths below `images`, or anywhere else.
        skeleton: their K keypoints.
        images: the folder that file names are relative to.
        target: a folder, made if it is not there.
        made_from: what they come from, in words.

    Raises:
        DataError: an image is missing or not whole, or nothing is labelled.
        RunError: the folder has one of the files already, or cannot be written.
    """
    images, target = images.resolve(), target.resolve()
    _require_new(target, (ANNOTATIONS, DATASET, TASK))  # before all images are looked at
    content = _coco(pictures, skeleton, images)
    objects = len(content["annotations"])
    if not objects:
        raise DataError(NO_LABEL.format(place=images, images=len(pictures)))
    where = Path(os.path.relpath(images, target)).as_posix()
    files = {ANNOTATIONS: json.dumps(content, indent=1) + "\n"}
    put(target, files | toml_files(target.name, made_from, skeleton, ANNOTATIONS, where))
    return Summary(target, skeleton, len(pictures), objects)


def toml_files(
    name: str, made_from: str, skeleton: Skeleton, annotations: str, images: str
) -> dict[str, str]:
    """Return the text of the two TOML files; places are seen from their folder."""
    dataset = dataset_toml(
        name,
        made_from,
        skeleton.keypoints,
        skeleton.flip_pairs,
        skeleton.edges,
        annotations=annotations,
        images=images,
    )
    return {DATASET: dataset, TASK: task_toml(name, made_from, dataset=DATASET)}


def put(target: Path, files: dict[str, str]) -> None:
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
