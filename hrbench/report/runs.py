"""Run folders: what they are called, and the records read back from them."""

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from hrbench.errors import RunError
from hrbench.report import archive
from hrbench.report.record import SCHEMA, RunRecord
from hrbench.report.run_folders import FILE, SPEC, STAMP, every, id_of
from hrbench.report.seal import is_untouched


@dataclass(frozen=True, slots=True)
class Runs:
    """What is under a folder of runs."""

    folders: tuple[Path, ...]  # of each record
    records: tuple[RunRecord, ...]  # oldest first
    unfinished: tuple[Path, ...] = ()  # folders that have no record
    damaged: tuple[str, ...] = ()  # why a record cannot be relied upon, one sentence each
    alone: bool = False  # whether it is one RUN that was named, and no folder of them

    @property
    def left_out(self) -> tuple[str, ...]:
        """Which records are damaged, and how many that is, in sentences."""
        count = len(self.damaged)
        of_all = f"{count} of {count + len(self.records)} records"
        return (*self.damaged, f"left out: {of_all}, which are damaged") if count else ()


def run_folder(out: Path, task: str, started: datetime, run_id: str) -> Path:
    """Return the folder of a run: `<out>/<task>/<UTC time>-<beginning of its id>`."""
    return out / task / f"{started.astimezone(UTC):{STAMP}}-{run_id[:8]}"


def read(run_folder: Path) -> RunRecord:
    """Return the record of a run folder.

    Raises:
        RunError: no such folder, no record in it, or one that cannot be relied upon.
    """
    text, said = content(run_folder)
    record = validated(run_folder / FILE, text)
    if not is_untouched(said) or id_of(run_folder) != record.id:
        path = run_folder / FILE
        raise RunError(
            f"{path}: was changed after the run, its seal no longer fits. "
            f"`hrbench verify {shlex.quote(str(run_folder))}` says what; {_again(path)}"
        )
    return record


def content(run_folder: Path) -> tuple[str, dict[str, Any]]:
    """Return the record of a run folder as its text and as JSON, whether right or not.

    Raises:
        RunError: no such folder, no record in it, no JSON, or another schema's.
    """
    path = run_folder / FILE
    if not run_folder.is_dir():
        raise RunError(f"{run_folder}: no such run folder. `hrbench report` lists the runs.")
    if not path.is_file():
        if not (run_folder / SPEC).is_file():
            raise RunError(
                f"{run_folder}: is not the folder of a run (no {FILE}, no {SPEC}), "
                "nor is there one in it."
            )
        raise RunError(
            f"{run_folder}: has no {FILE}, so the run has not finished. "
            f"Go on with `hrbench run --resume {run_folder}`."
        )
    return _content(path)


def validated(path: Path, text: str) -> RunRecord:
    """Return the record that a file's text says.

    Raises:
        RunError: a key is missing, unknown, or of another kind.
    """
    try:
        return RunRecord.model_validate_json(text)
    except ValidationError as error:
        raise RunError(f"{path}: {_first(error)}. {_again(path)}") from error


def load(names: Sequence[str], under: Path, *, strict: bool = False) -> Runs:
    """Return the runs that are named, or all under a folder if none is.

    A name is a RUN, or a folder or an archive of runs. What is unfinished or damaged among the
    runs of one is listed; as a RUN that is named, or with `strict`, it is an error.

    Raises:
        RunError: there is no such run, or it cannot be read.
    """
    chosen, listed = _folders(names, under)
    runs = [(folder, read(folder)) for folder in chosen]
    unfinished = [folder for folder in listed if not (folder / FILE).is_file()]
    damaged = []
    for folder in listed:
        if folder in unfinished:
            continue
        try:
            runs.append((folder, read(folder)))
        except RunError as error:
            if strict:
                raise
            damaged.append(str(error))
    runs.sort(key=lambda run: run[1].started)
    folders, records = (tuple(column) for column in zip(*runs, strict=True)) if runs else ((), ())
    alone = len(names) == len(chosen) == 1
    return Runs(folders, records, tuple(unfinished), tuple(damaged), alone)


def _folders(names: Sequence[str], under: Path) -> tuple[list[Path], list[Path]]:
    """Return the folders of runs that are named one by one, and of those in folders of runs."""
    if not names:
        return [], every(under)
    chosen, listed = [], []
    for name in names:
        inside = archive.runs_of(name, under)
        listed += inside
        chosen += [] if inside else [archive.find(name, under)]
    chosen = list(dict.fromkeys(chosen))
    return chosen, [folder for folder in dict.fromkeys(listed) if folder not in chosen]


def _content(path: Path) -> tuple[str, dict[str, Any]]:
    """Return a record's text, and what it says, once its schema is one that we read."""
    try:
        text = path.read_text("utf-8")
        content = json.loads(text, parse_constant=_refuse)
    except OSError as error:
        raise RunError(f"{path}: cannot be read ({error.strerror})") from error
    except ValueError as error:  # not UTF-8, or not JSON
        raise RunError(f"{path}: is not JSON ({error}). {_again(path)}") from error
    schema = content.get("schema") if isinstance(content, dict) else None
    if schema != SCHEMA:
        raise RunError(
            f"{path}: has schema {schema!r}, this hrbench reads {SCHEMA}. "
            "Read it with the hrbench that wrote it, or a newer one."
        )
    return text, content


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not a JSON value")


def _first(error: ValidationError) -> str:
    fault = error.errors()[0]
    key = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "missing":
        return f"lacks the key '{key}'"
    if fault["type"] == "extra_forbidden":
        return f"has an unknown key '{key}'"
    return f"'{key}': {fault['msg'].removeprefix('Value error, ').lower()}"


def _again(path: Path) -> str:
    return f"`hrbench run {path.with_name(SPEC)}` repeats the run."
