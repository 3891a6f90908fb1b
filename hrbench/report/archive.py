"""Runs in one file, to be handed on: a zip with the SHA-256 of all that is in it."""

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

import hrbench
from hrbench.errors import RunError
from hrbench.report import files, run_folders
from hrbench.report.run_folders import MARKS, RUNS, every, id_of, is_run
from hrbench.report.unpacking import MANIFEST, PICTURES, SCHEMA, TOLD, unpacked
from hrbench.whole import whole

ID = 8  # characters of an id that a message names


def of_run(folder: Path, *, weights: bool, pictures: bool) -> list[str]:
    """Return which files of a run are handed on: weights and pictures if they are asked for."""
    kept = {*MARKS, *files.KEPT, *TOLD} - {files.WEIGHTS}
    patterns = [*sorted(kept), *(PICTURES if pictures else ())]
    patterns += [files.WEIGHTS, files.LAST] if weights else []
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
    with whole(path, "") as draft, zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(MANIFEST, json.dumps(said, indent=2) + "\n")
        for name, file in contents.items():
            archive.write(file, name)


def find(name: str, under: Path = RUNS) -> Path:
    """Return the folder of the run that a name stands for, which may be in an archive.

    It is named by its archive where it is the only one there, else as `results.zip/ID`.

    Raises:
        RunError: there is none, or there are several; the archive is none, or was tampered with.
    """
    place = run_folders.archive_of(name)
    if place is None:
        return run_folders.find(name, under)
    folder = unpacked(place)
    rest = Path(name).relative_to(place)
    runs = every(folder)
    if is_all := rest == Path():
        matching = runs
    elif (run := run_folders.at(folder / rest)) is not None:
        matching = [run]
    else:
        matching = run_folders.called(str(rest), runs, least=1)
    if len(matching) == 1:
        return matching[0]
    names = run_folders.lines(place / id_of(run)[:ID] for run in matching or runs)
    if is_all:
        raise RunError(f"{name}: has {len(runs)} runs; name one of them:{names}")
    if matching:
        raise RunError(f"{name}: {len(matching)} runs begin so:{names}")
    raise RunError(f"{name}: no run in {place} is called so or has an id that begins so:{names}")


def runs_of(name: str, under: Path = RUNS) -> list[Path]:
    """Return the runs of a folder of them, or of an archive; none where a name is of neither."""
    path = Path(name)
    if run_folders.archive_of(name) == path:
        return every(unpacked(path))
    places = (every(place) for place in (path, under / name) if not is_run(place))
    return next(filter(None, places), [])
