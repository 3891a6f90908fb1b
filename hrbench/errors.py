"""What a user can put right, each error with the words that say how."""

import difflib
from collections.abc import Iterable
from pathlib import Path


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

    def __init__(self, dataset: str, path: Path, source: str) -> None:
        super().__init__(
            f"{dataset}: {path} does not exist.\n"
            f"  Get the files from {source}\n"
            f"  and lay them out as `hrbench check {dataset}` lists them, or name another folder\n"
            f"  with --data. Without any data, --data builtin uses the synthetic set."
        )


class DataError(HrbenchError):
    """A file of a dataset is there, and its content is not what it should be."""


class WeightsError(HrbenchError):
    """A checkpoint does not fit the network it was named for."""


class RunError(HrbenchError):
    """A run cannot start, go on, be read back or be written."""


def suggest(name: str, known: Iterable[str]) -> str:
    """Return "Did you mean 'x'?" for a near miss, or the list of what there is."""
    known = sorted(known)
    near = difflib.get_close_matches(name, known, n=1)
    return f"Did you mean '{near[0]}'?" if near else f"Known: {', '.join(known)}."
