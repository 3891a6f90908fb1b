"""What is wrong with the rows of a JSON file, and with a folder of images."""

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrbench.errors import DataError

EXAMPLES = 3
BROKEN, CUT_SHORT = "cannot be decoded", "end too early"
# A JPEG's marker is FF and a code; FF00 and FFD0 to FFD7 stand amid a picture's data.
_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_JPEG, _END = b"\xff\xd8", b"\xff\xd9"
Size = tuple[int, int]
Rows = Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault in a file, with how many there are and the ids of a few."""

    kind: str
    count: int
    examples: tuple[str, ...]
    fatal: bool  # nothing can be trained or scored with it

    def __str__(self) -> str:
        """Return it in one line."""
        return f"{self.kind}: {self.count} ({', '.join(self.examples)}{', …' * self.more})"

    @property
    def more(self) -> bool:
        """Whether there are more than the examples."""
        return self.count > len(self.examples)


@dataclass(frozen=True, slots=True)
class Kind:
    """What the value of a field may be."""

    words: str
    fits: Callable[[Any], bool]


def _is_whole(value: Any) -> bool:
    number = type(value) is int or (type(value) is float and value.is_integer())
    return number and abs(value) < 2**63  # NumPy's


ANYTHING = Kind("", lambda _: True)
WHOLE = Kind("a whole number", _is_whole)
POSITIVE = Kind("a whole number above 0", lambda value: _is_whole(value) and value > 0)
NUMBER = Kind("a number", lambda value: type(value) is float or _is_whole(value))
FLAG = Kind("0 or 1", lambda value: type(value) in {int, float, bool} and value in {0, 1})
LIST = Kind("a list", lambda value: isinstance(value, list))
TEXT = Kind("text", lambda value: isinstance(value, str) and value != "")


def fault(kind: str, examples: Sequence[str], *, fatal: bool = True) -> list[Fault]:
    """Return the fault that all of `examples` have; nothing where there are none."""
    return [Fault(kind, len(examples), tuple(examples[:EXAMPLES]), fatal)] if examples else []


def lists(content: Any, keys: Sequence[str]) -> list[Fault]:
    """Return what keeps a file from being an object with lists of objects under `keys`."""
    if not isinstance(content, dict):
        return fault(f"not an object with {' and '.join(keys)}", ["the file"])
    if found := fault(
        "lists that are missing", [k for k in keys if type(content.get(k)) is not list]
    ):
        return found
    return list(chain.from_iterable(objects(content[key], key) for key in keys))


def objects(rows: Sequence[Any], name: str) -> list[Fault]:
    """Return which rows of the list `name` are no objects."""
    odd = [f"{name}[{place}]" for place, row in enumerate(rows) if type(row) is not dict]
    return fault("rows that are no objects", odd)


def fields(rows: Rows, kinds: Mapping[str, Kind], name: str) -> list[Fault]:
    """Return which fields are missing in rows called `name`, or are of another kind."""
    found = []
    for key, kind in kinds.items():
        lacking = [row for row in rows if key not in row]
        found += fault(f"{name} without '{key}'", ids(lacking))
        having = [row for row in rows if key in row] if lacking else rows
        if not all(map(kind.fits, (row[key] for row in having))):
            odd = [row for row in having if not kind.fits(row[key])]
            found += fault(f"{name} whose '{key}' is not {kind.words}", ids(odd))
    return found


def lengths(rows: Rows, key: str, length: int, name: str) -> list[Fault]:
    """Return the rows in which `key` is not a list of so many numbers, NaN among them or not."""
    values = [row[key] for row in rows]
    right = set(map(type, values)) <= {list} and set(map(len, values)) <= {length}
    if right and set(map(type, chain.from_iterable(values))) <= {int, float}:
        return []  # seen at once: COCO has 13 million of them
    odd = [row for row, value in zip(rows, values, strict=True) if not _numbers(value, length)]
    return fault(f"{name} that are not {length} numbers", ids(odd))


def _numbers(value: Any, length: int) -> bool:
    return (
        isinstance(value, list) and len(value) == length and set(map(type, value)) <= {int, float}
    )


def twice(values: Sequence[Any], name: str, *, fatal: bool = True) -> list[Fault]:
    """Return the values, called `name`, that were there before."""
    if len(set(values)) == len(values):
        return []
    seen: set[Any] = set()
    again = [value for value in values if value in seen or seen.add(value)]  # type: ignore[func-returns-value]  # add() is None
    return fault(f"{name} that stand twice", [str(value) for value in again], fatal=fatal)


def ids(rows: Rows) -> list[str]:
    """Return the rows by their ids."""
    return [f"id {row.get('id', '?')}" for row in rows]


def sizes_of_files(folder: Path, names: Sequence[str]) -> NDArray[np.int64]:
    """Return the bytes of each file that `names` lists below a folder; -1 where it is not there."""
    parents = {name.rpartition("/")[0] for name in names}
    found = {name: size for parent in parents for name, size in _scan(folder, parent)}
    return np.array([found.get(name, -1) for name in names], dtype=np.int64)


def _scan(folder: Path, parent: str) -> Iterator[tuple[str, int]]:
    try:
        with os.scandir(folder / parent) as entries:
            for entry in entries:
                if entry.is_file():
                    yield f"{parent}/{entry.name}".lstrip("/"), entry.stat().st_size
    except OSError:
        return  # no such folder: none of its files is there


def opened(
    folder: Path,
    names: Sequence[str],
    read: Callable[[Path], NDArray[np.uint8]],
    workers: int,
) -> Iterator[Size | str]:
    """Yield the width and height of each image file, or BROKEN or CUT_SHORT.

    Args:
        folder: where they lie.
        names: of the files.
        read: returns the (height, width, 3) pixels of a file, or raises DataError.
        workers: threads; OpenCV lets go of the interpreter while it decodes.
    """

    def look(name: str) -> Size | str:
        try:
            height, width, _ = read(folder / name).shape
        except DataError:
            return BROKEN
        return (width, height) if is_whole((folder / name).read_bytes()) else CUT_SHORT

    pool = ThreadPoolExecutor(workers)
    try:
        yield from pool.map(look, names)
    finally:
        pool.shutdown(cancel_futures=True)  # or Ctrl-C would wait for all of them


def is_whole(content: bytes) -> bool:
    """Tell whether a JPEG file goes on to its end marker; True for other formats.

    OpenCV up to 4.10 at least fills what is missing of a JPEG with grey, later ones refuse it.
    All refuse a PNG, BMP, TIFF or WebP that is cut short.
    """
    if not content.startswith(_JPEG):
        return True
    place = len(_JPEG)
    while marker := _MARKER.search(content, place):
        if marker.group() == _END:
            return True
        place = marker.end() + int.from_bytes(content[marker.end() : marker.end() + 2], "big")
    return False


def image_faults(
    names: Sequence[str], seen: Sequence[Size | str], listed: Sequence[Size]
) -> list[Fault]:
    """Return what `opened` saw that should not be, given the sizes that are annotated."""
    found = []
    for problem in (BROKEN, CUT_SHORT):
        files = [name for name, look in zip(names, seen, strict=True) if look == problem]
        found += fault(f"image files that {problem}", files)
    swapped: list[str] = []
    other: list[str] = []
    for name, look, size in zip(names, seen, listed, strict=True):
        if not isinstance(look, str) and look != size:
            words = f"{name} is {look[0]} x {look[1]}, not {size[0]} x {size[1]}"
            (swapped if look == size[::-1] else other).append(words)
    return [
        *found,
        *fault("images whose annotated width and height are swapped", swapped, fatal=False),
        *fault("images of another size than annotated", other, fatal=False),
    ]
