"""What was odd in files that were read all the same: each file counted once, to be said at the end.

Kept for a process. Those that read for another hand theirs over with what they have read.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

EXAMPLES = 3
Remarks = Mapping[str, Mapping[str, str]]  # by kind, what is to be said of each file

_noted: dict[str, dict[str, str]] = {}


def remark(kind: str, file: str, words: str = "") -> None:
    """Note that a file is of a kind, which is a plural; `words` stand behind its name."""
    _noted.setdefault(kind, {})[file] = words


def taken() -> dict[str, dict[str, str]]:
    """Return what was noted, and forget it."""
    remarks = dict(_noted)
    _noted.clear()
    return remarks


def add(others: Iterable[Remarks]) -> None:
    """Note what other processes did."""
    for remarks in others:
        for kind, files in remarks.items():
            _noted.setdefault(kind, {}).update(files)


def sentences() -> tuple[str, ...]:
    """Return one for each kind that was noted, with how many there are and a few names."""
    more = {kind: ["…"] * (len(files) > EXAMPLES) for kind, files in _noted.items()}
    return tuple(
        f"{kind}: {len(files)} ({', '.join([*names(files), *more[kind]])})"
        for kind, files in _noted.items()
    )


def names(files: Mapping[str, str]) -> tuple[str, ...]:
    """Return a few files by their names, each with what is to be said of it."""
    shown = sorted(files.items())[:EXAMPLES]
    return tuple(f"{Path(file).name}{words and f': {words}'}" for file, words in shown)
