"""What in a run's folder is not as its record says: hashes, and keys beside what they come from."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from hrbench.metrics import bootstrap
from hrbench.metrics.outcomes import Outcomes
from hrbench.report import files, outcomes, seal
from hrbench.report.record import LATER, RunRecord
from hrbench.report.run_folders import FILE, NAMED, id_of

CLOSE = 1e-9  # relative, of figures that another machine has added up
OPEN: Final = object()  # stands for what nothing here says
MISSING: Final = object()  # for a key that is not there
SHOWN = 60  # characters of a value


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is not as it should be."""

    file: str  # of the run's folder
    key: str  # in it; "" for the file as a whole
    words: str

    def __str__(self) -> str:
        """Return it as one sentence."""
        return f"{self.file}: {f'{self.key} ' if self.key else ''}{self.words}"

    def content(self) -> dict[str, str]:
        """Return it as JSON has it."""
        return {"file": self.file, "key": self.key, "words": self.words}


def of_seal(folder: Path, content: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield what of a record's own marks does not fit what it says, or its folder."""
    if not seal.is_untouched(content):
        yield Fault(FILE, "seal", "does not fit what the record says: it was changed after the run")
    run_id, named = str(content.get("id", "")), NAMED.fullmatch(folder.name)
    if run_id != id_of(folder):
        yield Fault(FILE, "id", f"is {_shown(run_id)}, and the run was begun as {id_of(folder)}")
    elif named and not run_id.startswith(named[2]):
        yield Fault(FILE, "id", f"is {_shown(run_id)}, and the folder is called {folder.name}")


def of_files(folder: Path, content: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield which files do not have the hash that a record has of them, or are missing."""
    said = content.get("files")
    if not isinstance(said, dict) or not said:
        return
    for name, digest in said.items():
        if name not in files.KEPT:
            yield Fault(FILE, f"files.{name}", "is no file that a record answers for")
        elif not (folder / name).is_file():
            if name != files.WEIGHTS:  # are not shared unless asked for
                yield Fault(name, "", "is missing, and the record has its SHA-256")
        elif files.sha256(folder / name) != digest:
            yield Fault(name, "", "was changed after the run: it has not the SHA-256 of the record")
    for name in files.KEPT:
        if name not in said and (folder / name).is_file():
            yield Fault(name, "", "is none of the files that the record answers for")


def differences(said: object, known: object, key: str = "") -> Iterator[tuple[str, object, object]]:
    """Yield the keys of nested JSON in which what is said is not what is known, with both.

    Numbers are the same up to the rounding of another machine. What is OPEN may be anything.
    """
    if known is OPEN:
        return
    if isinstance(said, dict) and isinstance(known, dict):
        for name in dict.fromkeys((*known, *said)):
            below = f"{key}.{name}" if key else str(name)
            yield from differences(said.get(name, MISSING), known.get(name, MISSING), below)
    elif isinstance(said, list) and isinstance(known, list) and len(said) == len(known):
        for place, (mine, right) in enumerate(zip(said, known, strict=True)):
            yield from differences(mine, right, f"{key}.{place}")
    elif not _same(said, known):
        yield key, said, known


def of_keys(content: Mapping[str, Any], known: Mapping[str, Any], source: str) -> Iterator[Fault]:
    """Yield which keys of a record are not what its `source` gives.

    What records of older versions do not have is not asked for.
    """
    for key, right in known.items():
        if key in content or key not in LATER:
            for place, said, there in differences(content.get(key, MISSING), right, key):
                yield Fault(FILE, place, f"is {_shown(said)}; {source} gives {_shown(there)}")


def as_far(said: object, known: object) -> object:
    """Return of nested JSON that is known what another one says something about."""
    if not (isinstance(said, dict) and isinstance(known, dict)):
        return known
    return {key: as_far(said[key], value) for key, value in known.items() if key in said}


def of_another_method(record: RunRecord) -> bool:
    """Whether a record has no intervals, or they are made in another way than those of now."""
    return record.uncertainty is None or record.uncertainty.method != bootstrap.METHOD


def of_outcomes(found: Outcomes, record: RunRecord) -> Iterator[Fault]:
    """Yield which figures and intervals of a record are not those of its file of outcomes."""
    sure = record.uncertainty
    ends = {} if sure is None else bootstrap.intervals(found, sure.replicates, sure.seed)
    figures = [(_place(name), _said(record, name), right) for name, right in found.once().items()]
    for name, pair in _intervals(record):
        place = f"group_intervals.{name}" if "/" in name else f"metrics.{name}"
        sides = zip(("low", "high"), pair, ends.get(name, (math.nan, math.nan)), strict=True)
        figures += [(f"{place}.{side}", said, right) for side, said, right in sides]
    for key, said, right in figures:
        if not _close(said, right):
            yield Fault(FILE, key, f"is {_shown(said)}; {outcomes.FILE} gives {_shown(right)}")
    if sure is not None:
        units, unit = found.chosen
        asked = {"unit": unit, "units": units}
        for key, mine, there in differences(sure.model_dump(include=set(asked)), asked):
            words = f"is {_shown(mine)}; {outcomes.FILE} gives {_shown(there)}"
            yield Fault(FILE, f"uncertainty.{key}", words)


def of_arrays(kept: object, fresh: object, names: Sequence[str], file: str) -> Iterator[Fault]:
    """Yield which arrays of a file are not those that are made again."""
    for name in names:
        mine, right = np.asarray(getattr(kept, name)), np.asarray(getattr(fresh, name))
        alike = mine.shape == right.shape and mine.dtype.kind == right.dtype.kind
        if mine.dtype.kind == "f" and alike:
            same = np.allclose(mine, right, rtol=1e-6, atol=1e-9, equal_nan=True)
        else:
            same = alike and bool(np.array_equal(mine, right))
        if not same:
            yield Fault(file, name, "is not what the predictions give")


def _intervals(record: RunRecord) -> Iterator[tuple[str, tuple[float | None, float | None]]]:
    if of_another_method(record):
        return
    for name, figure in record.metrics.items():
        if figure.value is not None:
            yield name, (figure.low, figure.high)
    yield from record.group_intervals.items()


def _place(name: str) -> str:
    """Return where a record has a figure of this name."""
    return f"groups.{name.replace('/', '.')}" if "/" in name else f"metrics.{name}.value"


def _said(record: RunRecord, name: str) -> object:
    """Return a figure of a record by its name; OPEN where it has none."""
    if "/" not in name:
        return record.metrics[name].value if name in record.metrics else OPEN
    groups: object = record.groups
    for key in name.split("/"):
        groups = groups.get(key, OPEN) if isinstance(groups, dict) else OPEN
    return groups


def _close(said: object, right: float) -> bool:
    """Whether a figure is that of the outcomes, up to rounding; OPEN, or null, beside nothing."""
    if said is OPEN:
        return True
    if said is None or math.isnan(right):
        return said is None and math.isnan(right)
    return isinstance(said, int | float) and math.isclose(said, right, rel_tol=1e-6, abs_tol=1e-6)


def _same(said: object, known: object) -> bool:
    numbers = [isinstance(one, int | float) and not isinstance(one, bool) for one in (said, known)]
    if all(numbers):
        return math.isclose(float(str(said)), float(str(known)), rel_tol=CLOSE, abs_tol=CLOSE)
    return type(said) is type(known) and said == known


def _shown(value: object) -> str:
    text = "missing" if value is MISSING else repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
