"""Run folders: what they are called, and the records read back from them."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from hrbench.errors import RunError
from hrbench.report.record import FILE, SCHEMA, RunRecord, canonical, digest

SPEC = "spec.toml"  # of every run from its beginning


def run_folder(out: Path, task: str, started: datetime, spec: Mapping[str, Any], seed: int) -> Path:
    """Return the folder of a run: `<out>/<task>/<UTC time>-<short id>`."""
    short = hashlib.sha256(canonical({"seed": seed, "spec": spec})).hexdigest()[:8]
    return out / task / f"{started.astimezone(UTC):%Y%m%dT%H%M%SZ}-{short}"


def read(run_folder: Path) -> RunRecord:
    """Return the record of a run folder.

    Raises:
        RunError: no such folder, no record in it, or one that cannot be relied upon.
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
    text, content = _content(path)
    try:
        record = RunRecord.model_validate_json(text)
    except ValidationError as error:
        raise RunError(f"{path}: {_first(error)}. {_again(path)}") from error
    if record.id != digest(content):
        raise RunError(f"{path}: was changed after the run, its id no longer fits. {_again(path)}")
    return record


def load_records(paths: Sequence[Path], default: Path) -> list[RunRecord]:
    """Return the records in `paths`, or all under `default` if none is named, oldest first.

    A path is a run folder or a folder of runs. An unfinished run under a folder of runs
    has no record yet and is passed over; one that is named is an error.
    """
    folders: dict[Path, None] = {}
    for path in paths or [default]:
        inside = [file.parent for file in sorted(path.rglob(FILE))] if path.is_dir() else []
        folders |= dict.fromkeys(inside or (() if not paths else [path]))
    return sorted((read(folder) for folder in folders), key=lambda record: record.started)


def _content(path: Path) -> tuple[str, dict[str, Any]]:
    """Return a record's text, and what it says, once its schema is one that we read."""
    try:
        text = path.read_text("utf-8")
        content = json.loads(text, parse_constant=_refuse)
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
    found = error.errors()[0]
    key = ".".join(str(part) for part in found["loc"])
    if found["type"] == "missing":
        return f"lacks the key '{key}'"
    if found["type"] == "extra_forbidden":
        return f"has an unknown key '{key}'"
    return f"'{key}': {found['msg'].removeprefix('Value error, ').lower()}"


def _again(path: Path) -> str:
    return f"`hrbench run {path.with_name(SPEC)}` repeats the run."
