"""What a file in COCO's format calls its keypoints, and which of them it joins."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hrbench.data import inspect
from hrbench.data.inspect import WHOLE
from hrbench.errors import DataError

NamePairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Category:
    """The one category of a file that has keypoints."""

    keypoints: tuple[str, ...]
    edges: NamePairs


def of_file(path: Path, content: Any) -> Category:
    """Return what a file's content says; categories that say the same count as one.

    Raises:
        DataError: no category names its keypoints, or several name different ones.
    """
    if found := inspect.lists(content, ("images", "annotations", "categories")):
        raise DataError(f"{path}: {found[0]}; a file in COCO's format has all three")
    named = [category for category in content["categories"] if category.get("keypoints")]
    if not named:
        raise DataError(f"{path}: no category has 'keypoints', the list of their names; add it")
    if any(_names(category) != _names(named[0]) for category in named):
        raise DataError(f"{path} has categories with different keypoints; make a file of each")
    names = _names(named[0])
    if names is None:
        raise DataError(f"{path}: the 'keypoints' of its category are no list of names")
    return Category(names, _edges(path, names, named[0].get("skeleton", [])))


def _names(category: dict[str, Any]) -> tuple[str, ...] | None:
    names = category["keypoints"]
    right = isinstance(names, list) and all(isinstance(name, str) for name in names)
    return tuple(names) if right else None


def _edges(path: Path, names: tuple[str, ...], skeleton: Any) -> NamePairs:
    """Return pairs of names for COCO's pairs of positions, which count from 1."""
    pairs = skeleton if isinstance(skeleton, list) else [skeleton]
    for pair in pairs:
        right = isinstance(pair, list) and len(pair) == 2 and all(map(WHOLE.fits, pair))
        if not right or not all(1 <= end <= len(names) for end in pair):
            raise DataError(
                f"{path}: {pair} in 'skeleton' is no pair of keypoints, which count from 1 to "
                f"{len(names)}"
            )
    return tuple((names[int(start) - 1], names[int(end) - 1]) for start, end in pairs)
