"""What a file in COCO's format calls its keypoints, and which of them it joins."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hrbench.data.faults import Fault, stated
from hrbench.errors import DataError
from hrbench.files import json_rows
from hrbench.files.json_rows import WHOLE, Rows

IN_TOML = "the dataset's TOML names"
NamePairs = tuple[tuple[str, str], ...]
FIELD = "keypoints"  # of an annotation; some files have several, of different numbers of points


@dataclass(frozen=True, slots=True)
class Category:
    """The one category of a file that has keypoints."""

    keypoints: tuple[str, ...]
    edges: NamePairs
    notes: tuple[str, ...] = ()  # what is odd about its edges, which are drawn only


def of_file(path: Path, content: Any) -> Category:
    """Return what a file's content says; categories that say the same count as one.

    Raises:
        DataError: no category names its keypoints, or several name different ones.
    """
    if faults := json_rows.lists(content, ("images", "annotations", "categories")):
        raise DataError(f"{path}: {faults[0]}; a file in COCO's format has all three")
    named = [category for category in content["categories"] if category.get("keypoints")]
    if not named:
        raise DataError(f"{path}: no category has 'keypoints', the list of their names; add it")
    if any(_names(category) != _names(named[0]) for category in named):
        raise DataError(f"{path} has categories with different keypoints; make a file of each")
    names = _names(named[0])
    if names is None:
        raise DataError(f"{path}: the 'keypoints' of its category are no list of names")
    return Category(names, *_edges(names, named[0].get("skeleton") or []))


def _names(category: dict[str, Any]) -> tuple[str, ...] | None:
    names = category["keypoints"]
    right = isinstance(names, list) and all(isinstance(name, str) for name in names)
    return tuple(names) if right else None


def _edges(names: tuple[str, ...], skeleton: Any) -> tuple[NamePairs, tuple[str, ...]]:
    """Return pairs of names for COCO's pairs of positions, and what is odd about these.

    They count from 1; where one is 0 and none is as many as there are names, they count from 0.
    A skeleton that is of other keypoints joins nothing.
    """
    pairs = skeleton if isinstance(skeleton, list) else [skeleton]
    whole = [
        pair
        for pair in pairs
        if isinstance(pair, list) and len(pair) == 2 and all(map(WHOLE.fits, pair))
    ]
    ends = [int(end) for pair in whole for end in pair]
    first = 0 if 0 in ends and max(ends) < len(names) else 1
    strange = [pair for pair in pairs if pair not in whole] + [
        pair for pair in whole if not all(first <= end < first + len(names) for end in pair)
    ]
    if strange:
        words = f"its skeleton joins other keypoints than these {len(names)} ({strange[0]})"
        return (), (f"{words}: no edges are drawn",)
    joined = {frozenset(edge): edge for a, b in whole if (edge := (int(a) - first, int(b) - first))}
    notes = ["its skeleton counts keypoints from 0"] if not first else []
    if len(joined) < len(whole):
        notes.append("its skeleton joins keypoints twice, which are drawn once")
    return tuple((names[a], names[b]) for a, b in joined.values()), tuple(notes)


def lengths_that_disagree(
    content: Any, num_keypoints: int, field: str = FIELD, named_by: str = IN_TOML
) -> list[Fault]:
    """Return in one sentence how many keypoints a file's objects have, where none has so many.

    Args:
        content: of a file in COCO's format, whose lists are there.
        num_keypoints: how many each object should have.
        field: of the annotations that holds them.
        named_by: what says how many there should be, in words.
    """
    rows, listed = content["annotations"], _listed(content["categories"])
    lengths = Counter(length for row in rows if (length := length_of(row.get(field))))
    if 3 * num_keypoints in lengths or not (lengths or listed):
        return []
    if not lengths:  # nothing is labelled, and the categories alone say how many there are
        if num_keypoints in listed:
            return []
        return [_disagree(f"{_words(listed)} keypoints", num_keypoints, named_by, "")]
    (length, _), *_ = lengths.most_common(1)
    if length == 2 * num_keypoints and length % 3:
        return [
            stated(
                f"the '{field}' of its objects are {length} numbers, x and y of {num_keypoints} "
                f"keypoints; add the visibility after each: 2 where it is labelled, 0 where not"
            )
        ]
    if length % 3:
        return []  # a fault of single annotations
    others = fields_of_length(rows, num_keypoints) if named_by == IN_TOML else []
    way = f'; or write keypoints_field = "{others[0]}" there, which has as many' if others else ""
    have = f"{length // 3} keypoints" + (f" in '{field}'" if others or field != FIELD else "")
    if named_by == IN_TOML and listed and listed != {length // 3}:
        have += f", its category lists {_words(listed)},"
    return [_disagree(have, num_keypoints, named_by, way)]


def fields_of_length(rows: Rows, num_keypoints: int) -> list[str]:
    """Return the fields of annotations that hold so many keypoints in any of them."""
    keys = dict.fromkeys(key for row in rows for key in row if key.startswith(FIELD))
    wanted = 3 * num_keypoints
    return [key for key in keys if any(length_of(row.get(key)) == wanted for row in rows)]


def length_of(points: Any) -> int:
    """Return how many numbers a list of keypoints has, whether or not they stand in threes."""
    if not isinstance(points, list):
        return 0
    return sum(len(point) if isinstance(point, list) else 1 for point in points)


def _listed(categories: Rows) -> set[int]:
    """Return how many keypoints the categories have that name any."""
    lists = [c.get("keypoints") for c in categories]
    return {len(names) for names in lists if isinstance(names, list) and names}


def _words(counts: set[int]) -> str:
    return " or ".join(map(str, sorted(counts)))


def _disagree(have: str, num_keypoints: int, named_by: str, way: str) -> Fault:
    return stated(
        f"its objects have {have} and {named_by} {num_keypoints}; list there the keypoints of the "
        f"annotations, in their order{way}"
    )
