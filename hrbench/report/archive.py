"""Runs in one file, to be handed on: a zip with the SHA-256 of all that is in it."""

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

import hrbench
from hrbench.errors import RunError
from hrbench.report import files, run_folders
from hrbench.report.run_folders import FILE, RUNS, SPEC, STATE, every
from hrbench.report.unpacking import MANIFEST, PICTURES, SCHEMA, TOLD, unpacked

SUFFIX = ".zip"


def of_run(folder: Path, *, weights: bool, pictures: bool) -> list[str]:
    """Return which files of a run are handed on: weights and pictures if they are asked for."""
    kept = {FILE, STATE, SPEC, *files.KEPT, *TOLD} - {files.WEIGHTS}
    patterns = [*sorted(kept), *(PICTURES if pictures else ())]
    patterns += [files.WEIGHTS, "checkpoints/last.pt"] if weights else []
    found = (path for pattern in patterns for path in sorted(folder.glob(pattern)))
    return [path.relative_to(folder).as_posix() for path in found if path.is_file()]


def write(path: Path, contents: Mapping[str, Path]) -> None:
    """Write an archive of files by their names in it, whole or not at all.

    Raises:
        RunError: it cannot be written.
    """
    listed = {
        name: {"sha256": files.sha256(file), "bytes": file.stat().st_size}
        for name, file in contents.items()
    }
    said = {"schema": SCHEMA, "hrbench": hrbench.__version__, "files": listed}
    partial = path.with_name(f".{path.name}.partial")
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(MANIFEST, json.dumps(said, indent=2) + "\n")
            for name, file in contents.items():
                archive.write(file, name)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise RunError(f"{path}: cannot be written ({error.strerror})") from error


def find(name: str, under: Path = RUNS) -> Path:
    """Return the folder of the run that a name stands for, which may be in an archive.

    It is named by its archive where it is the only one there, else as `results.zip/ID`.

    Raises:
        RunError: there is none, or there are several; the archive is none, or was tampered with.
    """
    archived = _within(name)
    if archived is None:
        return run_folders.find(name, under)
    place, rest = archived
    folder = unpacked(place)
    if rest:
        return run_folders.find(rest, folder)
    runs = every(folder)
    if len(runs) != 1:
        names = run_folders.lines([place / run.relative_to(folder) for run in runs])
        raise RunError(f"{name}: has {len(runs)} runs; name one of them:{names}")
    return runs[0]


def several(name: str, under: Path = RUNS) -> list[Path]:
    """Return the folders of all runs of an archive, or of the run that a name stands for.

    Raises:
        RunError: as `find`.
    """
    return runs_of(name) or [find(name, under)]


def runs_of(name: str) -> list[Path]:
    """Return the folders of the runs of an archive; none where a name is not that of one."""
    archived = _within(name)
    return every(unpacked(archived[0])) if archived and not archived[1] else []


def _within(name: str) -> tuple[Path, str] | None:
    """Return the archive that a name begins with, and the rest of the name."""
    path = Path(name)
    for place in (path, *path.parents):
        if place.suffix.lower() == SUFFIX and place.is_file():
            rest = path.relative_to(place).as_posix()
            return place, "" if rest == "." else rest
    return None
