"""Which folder is meant by a RUN: a path, a folder's name, the beginning of an id, or `latest`."""

import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hrbench.errors import RunError

RUNS = Path("results", "runs")  # where they lie if nobody says otherwise
FILE = "record.json"  # of a run that has ended
SPEC, STATE = "spec.toml", "run.json"  # of every run from its beginning
DATASET, DIVISION = "dataset.toml", "split.json"
MARKS = (FILE, STATE, SPEC)  # files by which a run's folder is told
LATEST = "latest"
ARCHIVE = ".zip"  # how the name of an archive of runs ends
STAMP = "%Y%m%dT%H%M%SZ"  # when a run was started, as its folder's name begins
NAMED = re.compile(r"(\d{8}T\d{6}Z)-([0-9a-f]{8})(-\d+)?")
HEX = re.compile(r"[0-9a-f]+")
LEAST = 4  # characters of a beginning that stands for a run where other things could stand
NEVER = datetime.min.replace(tzinfo=UTC)  # of a run that does not say when it was started
DEEP = 4  # folders below one that is named, in which runs lie: results/runs/task/run
SHOWN = 5  # runs that a message names


def find(name: str, under: Path = RUNS) -> Path:
    """Return the folder of the run that `name` stands for.

    Args:
        name: a folder's path, or its name or the beginning of it, or of the run's id, or `latest`.
        under: the folder of runs that all but a path is looked for in.

    Raises:
        RunError: there is none, or there are several.
    """
    folder = named(name, under, least=1)
    if folder is not None:
        return folder
    for place in (Path(name), under / name):
        if inside := every(place):
            count = f"{len(inside)} run{'s' * (len(inside) != 1)}"
            raise RunError(f"{place}: is a folder of {count}; name one:{lines(inside[::-1])}")
    if Path(name).is_dir():
        raise RunError(
            f"{name}: is not the folder of a run (no {FILE}, no {STATE}, no {SPEC}), nor is there "
            f"one in it, {DEEP} folders deep."
        )
    runs = every(under)
    if name == LATEST:
        raise RunError(f"{under} has no run yet; name the folder of a run")
    hint = f" The latest:{lines(runs[::-1])}" if runs else ""
    raise RunError(
        f"{name}: no such run folder, and no run under {under} is called so or has an id that "
        f"begins so. `hrbench report` lists the runs.{hint}"
    )


def named(name: str, under: Path = RUNS, *, least: int = LEAST) -> Path | None:
    """Return the folder of the run that `name` stands for, or None where it stands for none.

    Args:
        name: as `find` takes it.
        under: the folder of runs.
        least: characters that the beginning of a folder's name or of an id has.

    Raises:
        RunError: several runs begin so, or it is in an archive.
    """
    if not name:
        return None
    if found := at(Path(name)) or at(under / name):
        return found
    if (place := archive_of(name)) is not None:
        raise RunError(
            f"{name}: {place} is an archive, for `hrbench report`, `compare` and `verify`; for "
            "anything else unpack it, and name the folder of the run"
        )
    if Path(name).exists():
        return None
    matching = called(name, every(under), least)
    if len(matching) > 1:
        raise RunError(f"{len(matching)} runs begin with '{name}':{lines(matching[::-1])}")
    return matching[0] if matching else None


def at(path: Path) -> Path | None:
    """Return the folder of the run that is at a path, or that one of its files is at."""
    if is_run(path):
        return path
    return path.parent if path.name in MARKS and is_run(path.parent) else None


def called(name: str, runs: Sequence[Path], least: int = LEAST) -> list[Path]:
    """Return which of some runs, the oldest first, a name stands for: all that begin so."""
    if name == LATEST:
        return list(runs[-1:])
    matching = [run for run in runs if run.name == name]
    if not matching and len(name) >= least:
        matching = [run for run in runs if _begins(run, name)]
    if not matching and len(name) >= least and HEX.fullmatch(name.lower()):
        matching = [run for run in runs if id_of(run).startswith(name.lower())]
    return matching


def archive_of(name: str) -> Path | None:
    """Return the archive of runs that a name begins with; None where it begins with none."""
    path = Path(name)
    places = (path, *path.parents)
    return next((p for p in places if p.suffix.lower() == ARCHIVE and p.is_file()), None)


def run_of(name: str) -> Path | None:
    """Return the folder of a RUN that stands where a task, a dataset or a file could.

    Raises:
        RunError: several runs begin so, or the latest is asked for, and there is none.
    """
    from hrbench import catalog  # noqa: PLC0415  takes longer than all the rest of `--help`

    known = {*catalog.names("tasks"), *catalog.names("datasets")}
    is_spec = Path(name).name == SPEC
    other = name.endswith(".toml") or catalog.name_and_variant(name)[0] in known
    if name == LATEST:  # which nothing else is called
        return find(name)
    return named(name) if is_spec or not other else None


def every(under: Path) -> list[Path]:
    """Return the folders of the runs in a folder, finished or not, oldest first.

    They lie up to DEEP folders below it, and in no other run, hidden folder or link.
    """
    if is_run(under):
        return [under]
    runs: list[Path] = []
    for place, inner, _ in os.walk(under):
        folder = Path(place)
        inside = [folder / name for name in inner if not name.startswith(".")]
        here = [one for one in inside if not one.is_symlink() and is_run(one)]
        runs += here
        depth = len(folder.relative_to(under).parts) + 1
        inner[:] = [one.name for one in inside if one not in here] if depth < DEEP else []
    return _by_start(runs)


def is_run(folder: Path) -> bool:
    """Whether a folder is a run's; one that cannot be entered is none."""
    try:
        return any((folder / mark).is_file() for mark in MARKS)
    except OSError:
        return False


def id_of(folder: Path) -> str:
    """Return the id that a run was started with, or that an older one got at its end."""
    said = (_content(folder / file).get("id") for file in (STATE, FILE))
    return next((str(run_id) for run_id in said if run_id), "")


def _begins(folder: Path, name: str) -> bool:
    said = NAMED.fullmatch(folder.name)
    return folder.name.startswith(name) or bool(said and said[2].startswith(name.lower()))


def _by_start(runs: Iterable[Path]) -> list[Path]:
    """Return some runs, oldest first; those of one second by their files, which are slower read."""
    stamps = {run: _stamp(run) for run in runs}
    several = {stamp for stamp, n in Counter(stamps.values()).items() if n > 1}
    started = {run: _started(run) for run, stamp in stamps.items() if stamp in several}
    return sorted(stamps, key=lambda run: (stamps[run], started.get(run) or NEVER, str(run)))


def _stamp(folder: Path) -> str:
    """Return the second in which a run was started; from its files if need be."""
    if said := NAMED.fullmatch(folder.name):
        return said[1]
    started = _started(folder)
    return f"{started:{STAMP}}" if started else ""


def _started(folder: Path) -> datetime | None:
    """Return when a run was started, as far as its files say."""
    for file in (STATE, FILE):
        with suppress(ValueError):
            started = datetime.fromisoformat(str(_content(folder / file).get("started")))
            return started.astimezone(UTC)
    return None


def _content(file: Path) -> dict[str, Any]:
    """Return what a file says that may be missing or spoilt."""
    try:
        content = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def lines(runs: Iterable[Path]) -> str:
    """Return the first of some runs, a line each, for a message."""
    shown = [str(run) for run in runs]
    left = len(shown) - SHOWN
    more = [f"and {left} more"] if left > 0 else []
    return "".join(f"\n  {line}" for line in (*shown[:SHOWN], *more))
