"""YOLO pose datasets, as Ultralytics trains on them; their labels are read by sleap-io.

Letters: K keypoints.

Source: docs.ultralytics.com, "Pose Estimation Datasets"; io.sleap.ai.
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from hrbench.convert import sleap
from hrbench.convert.labels import (
    Advise,
    NamePairs,
    Picture,
    Skeleton,
    Summary,
    paired,
    require_names,
)
from hrbench.convert.writing import write
from hrbench.data import media
from hrbench.data.headers import header
from hrbench.errors import DataError

SPLITS = ("train", "val", "test")
NAMES = ("kpt_names", "node_names")  # of the keypoints, where a file says them
IMAGES, LABELS = "images", "labels"  # folders that take each other's place in a path


@dataclass(frozen=True, slots=True)
class Described:
    """What a data.yaml says."""

    skeleton: Skeleton
    classes: int
    folders: dict[str, list[Path]]  # of images, by split


def convert(file: Path, target: Path, *, advise: Advise | None = None) -> Summary:
    """Turn the images and labels that a data.yaml describes into COCO keypoints.

    All splits that are there are put together: the dataset's file divides them again. Shares of a
    picture are of what a viewer shows, as Ultralytics has it.

    Raises:
        RunError: sleap-io is not installed; or the target has such files already, or cannot be
            written.
        DataError: the file describes no keypoints, or a label is not as it says.
    """
    reader = sleap.library("YOLO pose datasets")
    said = _described(file)
    skeleton = reader.Skeleton(nodes=list(said.skeleton.keypoints))
    folders = [folder for of_split in said.folders.values() for folder in of_split]
    pictures = list({picture.path: picture for picture in _pictures(folders, skeleton)}.values())
    if not pictures:
        raise DataError(f"{file}: there is no image in {folders[0]}")
    made_from = f"YOLO pose, {file.parent.resolve().name}"
    made = write(pictures, said.skeleton, file.parent, target, made_from, advise=advise)
    return replace(made, notes=tuple(_notes(said)))


def _pictures(folders: list[Path], skeleton: Any) -> Iterator[Picture]:
    """Yield the images of some folders with the objects that their labels have."""
    for folder in folders:
        for image in sorted(folder.rglob("*")):
            if image.suffix.lower() in media.IMAGES:
                yield Picture(image, _objects(image, skeleton))


def _objects(image: Path, skeleton: Any) -> tuple[Any, ...]:
    labels = _labels_of(image)
    if not labels.is_file():
        return ()
    seen = header(image)
    if seen is None:
        raise DataError(f"{image} is annotated and is not a whole image; fetch it again")
    width, height = seen.turned
    with warnings.catch_warnings(record=True) as odd:
        warnings.simplefilter("always", UserWarning)
        parse = import_module(f"{sleap.LIBRARY}.io.ultralytics").parse_label_file
        instances = parse(labels, skeleton, (height, width))[0]
    for warning in odd:
        if issubclass(warning.category, UserWarning):
            raise DataError(str(warning.message))
    return tuple(np.asarray(one.numpy(), dtype=np.float64) for one in instances)


def _labels_of(image: Path) -> Path:
    """Return the file of an image's labels: its path with the last 'images' as 'labels'."""
    parts = list(image.parts)
    places = [place for place, part in enumerate(parts) if part == IMAGES]
    if places:
        parts[places[-1]] = LABELS
    return Path(*parts).with_suffix(".txt")


def _notes(said: Described) -> list[str]:
    notes = []
    if len(said.folders) > 1:
        words = " and ".join(said.folders)
        notes.append(f"{words} are one file now; validation_share divides its images again")
    if said.classes > 1:
        notes.append(f"objects of {said.classes} classes are of one kind here")
    return notes


def _described(file: Path) -> Described:
    try:
        content = import_module(f"{sleap.LIBRARY}.io.ultralytics").parse_data_yaml(file)
    except (OSError, ValueError, import_module("yaml").YAMLError) as error:
        first = str(error).splitlines()[0]
        raise DataError(f"{file} is not YAML: {first}") from error
    shape = content.get("kpt_shape") if isinstance(content, dict) else None
    if not isinstance(shape, list) or len(shape) != 2:
        raise DataError(f"{file} has no kpt_shape: it describes boxes or outlines, no keypoints")
    count, numbers = shape
    if type(count) is not int or count < 1:
        raise DataError(
            f"{file}: kpt_shape is {shape}; write how many keypoints there are as a whole number, "
            "as in [17, 3]"
        )
    if numbers != 3:
        raise DataError(
            f"{file}: kpt_shape is {shape}; write [{count}, 3], and a visibility after each x and "
            "y of the labels: 2 where it is labelled, 0 where not"
        )
    places = {split: _folders(file, content, split) for split in SPLITS}
    folders = {split: paths for split, paths in places.items() if paths}
    if not folders:
        raise DataError(
            f"{file}: none of {', '.join(SPLITS)} is a folder of images that is there, such as "
            "images/train with its labels in labels/train"
        )
    classes = content.get("names") or ()
    if not isinstance(classes, (list, tuple, dict)):
        raise DataError(f"{file}: names is {classes!r}; list the names of its classes there")
    return Described(_skeleton(file, content, count), len(classes), folders)


def _folders(file: Path, content: dict[str, Any], split: str) -> list[Path]:
    """Return the folders of a split's images that are there."""
    named = content.get(split) or []
    roots = [file.parent, file.parent / str(content.get("path") or "")]
    folders = []
    for place in named if isinstance(named, list) else [named]:
        inside = str(place).removeprefix("../")  # as Roboflow writes it
        tries = [root / name for root in roots for name in (str(place), inside)]
        folders += [path.resolve() for path in tries if path.is_dir()][:1]
    return folders


def _skeleton(file: Path, content: dict[str, Any], count: int) -> Skeleton:
    given: Any = next((content[key] for key in NAMES if content.get(key)), [])
    if isinstance(given, dict):
        given = next(iter(given.values()))  # of the first class
    listed = list(map(str, given)) if isinstance(given, list) else []
    names = tuple(listed) if len(listed) == count else tuple(f"point_{n}" for n in range(count))
    flips = content.get("flip_idx") or list(range(count))
    if not _are_mutual(flips, count):
        raise DataError(
            f"{file}: flip_idx is {flips}; write for each of the {count} keypoints the number of "
            "its partner, counted from 0, its own where it has none; or leave flip_idx out"
        )
    pairs: NamePairs = tuple((names[n], names[to]) for n, to in enumerate(flips) if n < to)
    skeleton = Skeleton(names, pairs, ()) if pairs else paired(names)
    require_names(file, skeleton)
    return skeleton


def _are_mutual(flips: Any, count: int) -> bool:
    """Whether these are the partners of so many keypoints, each the partner of its partner."""
    if not isinstance(flips, list) or len(flips) != count:
        return False
    places = range(count)
    return all(type(to) is int and to in places and flips[to] == n for n, to in enumerate(flips))
