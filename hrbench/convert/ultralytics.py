"""YOLO pose datasets, as Ultralytics trains on them.

Read here, not by sleap-io: that finds no labels in Ultralytics' own layout (images/train,
labels/train), drops boxes and the flags of hidden keypoints, and knows no labels without flags.

Letters: K keypoints.

Source: docs.ultralytics.com, "Pose Estimation Datasets".
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hrbench.convert import yolo_labels
from hrbench.convert.labels import (
    SPLITS,
    TEST,
    NamePairs,
    Picture,
    Skeleton,
    Source,
    left_first,
    paired,
    require_names,
)
from hrbench.data import media
from hrbench.errors import DataError
from hrbench.files.yaml_files import read_yaml

KEYS = ("train", "val", "valid", "test")  # of a data.yaml: folders of images, by split
NAMES = ("kpt_names", "node_names")  # of the keypoints, where a file says them
LIST = ".txt"  # a file that names images
NOTHING = "objects without a labelled keypoint"
OUTSIDE = "images with a number outside of 0 … 1 in their labels"


@dataclass(frozen=True, slots=True)
class Described:
    """What a data.yaml says."""

    skeleton: Skeleton
    numbers: int  # of a keypoint: 2, or 3 with its flag
    classes: tuple[str, ...]
    places: dict[str, list[Path]]  # by split: folders of images, or texts that list them


def read(file: Path) -> Source:
    """Return the images and labels that a data.yaml describes, divided as there.

    Shares of a picture are of what a viewer shows, as Ultralytics has it. Objects without
    keypoints are left out, and counted; so is, as by Ultralytics, a whole image with a number
    outside of 0 … 1 in its labels.

    Raises:
        DataError: the file describes no keypoints, a label is not as it says, or no image is left.
    """
    said = _described(file)
    left_out, twice = Counter[str](), 0
    pictures: dict[Path, Picture] = {}
    outside: dict[Path, str] = {}
    for split, folders in said.places.items():
        for picture in _pictures(folders, split, said, left_out, outside):
            twice += pictures.setdefault(picture.path, picture) is not picture
    first = next(iter(outside.values()), "")
    if not pictures:
        place = next(iter(said.places.values()))[0]
        raise DataError(first or f"{file}: there is no image in {place}")
    left_out[f"{OUTSIDE}: {first}"] = len(outside)
    count = len(said.classes)
    notes = [f"objects of {count} classes are of one kind here"] if count > 1 else []
    notes += [f"{twice:,} images are in two splits, and count in the first"] if twice else []
    return Source(
        list(pictures.values()),
        said.skeleton,
        file.parent,
        f"YOLO pose, {file.parent.resolve().name}",
        category=said.classes[0] if count == 1 else "object",
        left_out=tuple(f"{count:,} {what}" for what, count in left_out.items() if count),
        notes=tuple(notes),
    )


def _pictures(
    places: list[Path],
    split: str,
    said: Described,
    left_out: Counter[str],
    outside: dict[Path, str],
) -> Iterator[Picture]:
    """Yield the images of a split with the objects that their labels have.

    Those with a number outside of 0 … 1 are put into `outside`, with where it is.
    """
    count = len(said.skeleton.keypoints)
    for place in places:
        for image in _images(place):
            try:
                objects = tuple(yolo_labels.objects(image, count, said.numbers))
            except yolo_labels.OutsideError as error:
                outside[image] = str(error)
                continue
            labelled = tuple(one for one in objects if one.count)
            left_out[NOTHING] += len(objects) - len(labelled)
            yield Picture(image, labelled, split)


def _images(place: Path) -> list[Path]:
    """Return the images in a folder, or those that a text lists."""
    if place.is_dir():
        return [path for path in sorted(place.rglob("*")) if path.suffix.lower() in media.IMAGES]
    listed = filter(None, map(str.strip, yolo_labels.text_of(place)))
    return [place.parent / name for name in listed]


def _described(file: Path) -> Described:
    content = read_yaml(file)
    shape = content.get("kpt_shape") if isinstance(content, dict) else None
    if not isinstance(shape, list) or len(shape) != 2:
        raise DataError(f"{file} has no kpt_shape: it describes boxes or outlines, no keypoints")
    count, numbers = shape
    if type(count) is not int or count < 1 or type(numbers) is not int or numbers not in {2, 3}:
        raise DataError(
            f"{file}: kpt_shape is {shape}; write how many keypoints there are as a whole number, "
            "and whether each has x and y (2) or a visibility besides (3), as in [17, 3]"
        )
    places: dict[str, list[Path]] = {}
    for key in KEYS:
        places.setdefault(SPLITS[key], []).extend(_places(file, content, key))
    there = {split: paths for split, paths in places.items() if paths}
    if not there:
        raise DataError(
            f"{file}: none of {', '.join(KEYS)} is a folder of images that is there, such as "
            "images/train with its labels in labels/train, nor a text that lists images"
        )
    classes = content.get("names") or ()
    if not isinstance(classes, (list, tuple, dict)):
        raise DataError(f"{file}: names is {classes!r}; list the names of its classes there")
    named = classes.values() if isinstance(classes, dict) else classes
    return Described(_skeleton(file, content, count), numbers, tuple(map(str, named)), there)


def _places(file: Path, content: dict[str, Any], split: str) -> list[Path]:
    """Return the folders of a split's images, and the texts that list them.

    Raises:
        DataError: one is not there that the file names to train or to validate.
    """
    named = content.get(split) or []
    roots = [file.parent, file.parent / str(content.get("path") or "")]
    places = []
    for place in named if isinstance(named, list) else [named]:
        inside = str(place).removeprefix("../")  # as Roboflow writes it
        tries = [root / name for root in roots for name in (str(place), inside)]
        there = [
            path for path in tries if path.is_dir() or (path.suffix == LIST and path.is_file())
        ]
        if not there and SPLITS[split] != TEST:
            raise DataError(
                f"{file}: {split} is {place}, and {tries[-2]} is neither a folder of images, such "
                "as images/train with its labels in labels/train, nor a text that lists images"
            )
        places += [path.resolve() for path in there[:1]]
    return places


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
    edges = _edges(content.get("skeleton"), names)
    middle = tuple(names[n] for n, to in enumerate(flips) if n == to)
    told = Skeleton(names, left_first(pairs, names), edges, middle)
    skeleton = told if pairs else paired(names, edges)
    require_names(file, skeleton)
    return skeleton


def _edges(given: Any, names: tuple[str, ...]) -> NamePairs:
    """Return the pairs of keypoints that a file joins, counted from 0, as sleap-io writes them."""
    pairs = given if isinstance(given, list) else []
    places = range(len(names))
    fits = [
        pair
        for pair in pairs
        if isinstance(pair, list) and len(pair) == 2 and pair[0] != pair[1]
        if all(type(end) is int and end in places for end in pair)
    ]
    return tuple({frozenset(ends): (names[ends[0]], names[ends[1]]) for ends in fits}.values())


def _are_mutual(flips: Any, count: int) -> bool:
    """Whether these are the partners of so many keypoints, each the partner of its partner."""
    if not isinstance(flips, list) or len(flips) != count:
        return False
    places = range(count)
    return all(type(to) is int and to in places and flips[to] == n for n, to in enumerate(flips))
