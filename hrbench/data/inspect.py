"""What is wrong with the rows of a JSON file, and with a folder of images."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrbench.data import remarks
from hrbench.data.headers import Header, headers
from hrbench.data.images import decode
from hrbench.data.jpeg import is_cut_short
from hrbench.data.orientation import orientation
from hrbench.errors import DataError

EXAMPLES = 3
CHECK = "`hrbench check` lists all faults of a dataset"
BROKEN, CUT_SHORT = "that cannot be decoded", "that end too early"
Size = tuple[int, int]
Rows = Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault in a file, with how many there are and the ids of a few."""

    kind: str
    count: int
    examples: tuple[str, ...]
    fatal: bool  # nothing can be trained or scored with it
    name: str = ""  # what `--allow` takes to go on all the same; empty: nothing can be made of it
    said: bool = False  # a run goes on with it, or with what was put right, and its record says so

    def __str__(self) -> str:
        """Return it in one line."""
        if not self.examples:
            return self.kind  # a sentence of its own
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
OBJECT = Kind("an object", lambda value: isinstance(value, dict))
TEXT = Kind("text", lambda value: isinstance(value, str) and value != "")


def fault(kind: str, examples: Sequence[str], *, fatal: bool = True, name: str = "") -> list[Fault]:
    """Return the fault that all of `examples` have; nothing where there are none."""
    if not examples:
        return []
    return [Fault(kind, len(examples), tuple(examples[:EXAMPLES]), fatal, name)]


def stated(words: str, name: str = "") -> Fault:
    """Return a fatal fault that a sentence says, without examples."""
    return Fault(words, 1, (), fatal=True, name=name)


def said(kind: str, examples: Sequence[str]) -> list[Fault]:
    """Return what a run says of all of `examples`, and goes on; nothing where there are none."""
    return [replace(one, said=True) for one in fault(kind, examples, fatal=False)]


def allowed(found: Sequence[Fault], allow: Sequence[str]) -> list[Fault]:
    """Return the faults, those that a user allows by their names no longer fatal."""
    named = {name for name in allow if name}
    return [replace(one, fatal=one.fatal and one.name not in named) for one in found]


def require(
    path: Path, found: Sequence[Fault], allow: Sequence[str] = (), advice: str = CHECK
) -> tuple[str, ...]:
    """Stop at the first fatal fault of a file; return in words those allowed, or to be said.

    Raises:
        DataError: there is a fatal fault that nobody allowed.
    """
    for one in allowed(found, allow):
        if one.fatal:
            onward = f"`--allow {one.name}` goes on all the same, and " if one.name else ""
            raise DataError(f"{path}: {one}; {onward}{advice}")
    met = [one for one in found if one.fatal or one.said]
    return tuple(f"{path.name}: {one}{f' (--allow {one.name})' * one.fatal}" for one in met)


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
        values = [row[key] for row in rows if key in row]
        if len(values) < len(rows):
            found += fault(f"{name} without '{key}'", ids([r for r in rows if key not in r]))
        if not all(map(kind.fits, values)):
            odd = [row for row in rows if key in row and not kind.fits(row[key])]
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
                    name = f"{parent}/{entry.name}" if parent else entry.name
                    yield name, entry.stat().st_size
    except OSError:
        return  # no such folder: none of its files is there


def opened(folder: Path, names: Sequence[str], processes: int) -> Iterator[Header | str]:
    """Yield the size and tag of each image file, decoded, or BROKEN or CUT_SHORT."""
    paths = (folder / name for name in names)
    if processes == 1:
        yield from map(look, paths)
        return
    context = multiprocessing.get_context("spawn")  # a fork of torch's threads can hang
    pool = ProcessPoolExecutor(processes, context, initializer=_leave_interrupts)
    try:
        for seen, odd in pool.map(_with_remarks, paths, chunksize=16):
            remarks.add([odd])
            yield seen
    finally:
        pool.shutdown(cancel_futures=True)  # or Ctrl-C would wait for all files


def _leave_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the first process ends us


def _with_remarks(path: Path) -> tuple[Header | str, remarks.Remarks]:
    return look(path), remarks.taken()


def headed(paths: Sequence[Path]) -> Iterator[Header | str]:
    """Yield the header of each image file; what has none or no end is decoded, as by `look`."""
    for path, seen in zip(paths, headers(paths, end=True), strict=True):
        yield seen if seen is not None and seen.ended else look(path)


def look(path: Path) -> Header | str:
    """Return the size and tag of an image file, decoded, or BROKEN or CUT_SHORT."""
    try:
        content = path.read_bytes()
    except OSError:
        return BROKEN
    image = decode(content)
    if image is None:
        return CUT_SHORT if is_cut_short(content) else BROKEN
    height, width, _ = image.pixels.shape
    if image.oddity:
        remarks.remark(image.oddity, str(path), image.words)
    return Header((width, height), orientation(path))


def undecoded(names: Sequence[str], seen: Sequence[Header | str]) -> list[Fault]:
    """Return which files `opened` could not decode."""
    found = []
    for problem in (BROKEN, CUT_SHORT):
        files = [name for name, look in zip(names, seen, strict=True) if look == problem]
        found += fault(f"image files {problem}", files)
    return found


def odd() -> list[Fault]:
    """Return what was noted of files since, as what a person should look at."""
    return [
        Fault(kind, len(files), remarks.names(files), fatal=False)
        for kind, files in remarks.taken().items()
    ]
