"""Which images are in two sets: the same files, or copies of them."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from hrbench.data import stored

COMPARED = 200  # files that may be copies, at most: more are as good as their sample


def shared(training: Sequence[Path], measured: Sequence[Path], *, renamed: bool) -> list[Path]:
    """Return which of the measured image files are trained on too, in their order.

    Args:
        training: image files, or images inside of a file.
        measured: the same.
        renamed: whether to look for copies under other names, of the same number of bytes.
    """
    files, measured = set(training), list(dict.fromkeys(measured))
    same = [path for path in measured if path in files]
    others = [path for path in measured if path not in files]
    of_key: dict[object, list[Path]] = defaultdict(list)
    for path in files:
        of_key[_key(path, renamed=renamed)].append(path)
    maybe = [path for path in others if of_key.get(_key(path, renamed=renamed))]
    step = max(1, len(maybe) // COMPARED)
    copies = [
        path
        for path in maybe[::step]
        if any(_same(path, other) for other in of_key[_key(path, renamed=renamed)])
    ]
    both = {*same, *copies}
    return [path for path in measured if path in both]


def in_words(trained_on: Sequence[Path], total: int) -> str:
    """Return a sentence about measured files that are trained on, of so many in all."""
    return (
        f"{len(trained_on)} of the {total} images that are measured are trained on too, the first "
        f"is {trained_on[0].name}: the figures say little of new images."
    )


def _key(path: Path, *, renamed: bool) -> object:
    if not renamed:
        return path.name
    size = _size(path)
    return path.name if size is None else size


def _size(path: Path) -> int | None:
    """Return the bytes of a file; None where it is none of its own."""
    try:
        return stored.size(path)
    except OSError:
        return None


def _same(one: Path, other: Path) -> bool:
    size = _size(one)
    if size is None or size != _size(other):
        return False
    try:
        return stored.read(one) == stored.read(other)
    except OSError:
        return False
