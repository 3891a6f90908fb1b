"""What a user can put right, each error with the words that say how."""

import difflib
from collections.abc import Iterable, Sequence
from pathlib import Path

SHOWN = 2  # names that may have been meant
LEAST = 2  # letters of a beginning


class HrbenchError(Exception):
    """Something the user can put right; the message says what and how."""


class SpecError(HrbenchError):
    """A TOML file, or a `--set`, does not say what hrbench expects of it."""


class UnknownNameError(HrbenchError):
    """A task, dataset, variant, head or metric that nothing here is called."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        super().__init__(f"no {kind} is called '{name}'. {suggest(name, known)}")


class MissingDatasetError(HrbenchError):
    """A file that a dataset needs is not where its layout puts it."""

    def __init__(self, dataset: str, path: Path, source: str, *, fetch: bool) -> None:
        by_name = f" (`hrbench fetch {dataset}` does, or says how)" if fetch else ""
        super().__init__(
            f"{dataset}: {path} does not exist.\n"
            f"  Get the files from {source}{by_name}\n"
            f"  and lay them out as `hrbench check {dataset}` lists them, or name another folder\n"
            f"  with --data. Without any data, --data builtin uses the synthetic set."
        )


class DataError(HrbenchError):
    """A file of a dataset is there, and its content is not what it should be."""


class WeightsError(HrbenchError):
    """A checkpoint does not fit the network it was named for."""


class FetchError(HrbenchError):
    """A file from elsewhere cannot be fetched, or is not what it was or should be."""


class RunError(HrbenchError):
    """A run cannot start, go on, be read back or be written."""


def suggest(name: str, known: Iterable[str], otherwise: str | None = None) -> str:
    """Return "Did you mean 'x'?" for a near miss, else the list of what there is.

    `otherwise` is what to say in place of a list that is too long to be read.
    """
    known = sorted(known)
    if near := nearest(name, known):
        return f"Did you mean {_either(near)}?"
    return f"Known: {', '.join(known)}." if otherwise is None else otherwise


def nearest(name: str, known: Sequence[str]) -> list[str]:
    """Return the names that may have been meant, the likeliest first."""
    return next((similar for way in NEAR if (similar := way(name, known))), [])


def _either(names: Sequence[str]) -> str:
    shown = " or ".join(f"'{name}'" for name in names[:SHOWN])
    return shown + (", or another that begins so" if names[SHOWN:] else "")


def _plain(name: str) -> str:
    return name.casefold().replace("_", "-").replace(" ", "-")


def _alike(name: str, known: Sequence[str]) -> list[str]:
    """Return the names in other case, or with other signs between their words."""
    return [other for other in known if _plain(other) == _plain(name)]


def _begun(name: str, known: Sequence[str]) -> list[str]:
    """Return the names of which this one is the beginning, the shortest first."""
    start = _plain(name)
    fitting = [o for o in known if len(start) >= LEAST and _plain(o).startswith(start)]
    return sorted(fitting, key=len)


def _shortened(name: str, known: Sequence[str]) -> list[str]:
    """Return the name that has the first letters of this one's words: lr of learning_rate."""
    words = [word for word in _plain(name).split("-") if word]
    letters = "".join(word[0] for word in words)
    return [other for other in known if len(words) > 1 and other == letters]


def _misspelt(name: str, known: Sequence[str]) -> list[str]:
    return difflib.get_close_matches(name, known, n=1)


NEAR = (_alike, _begun, _shortened, _misspelt)
