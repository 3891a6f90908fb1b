"""An archive of runs, looked through before anything of it is written to the disk."""

import atexit
import hashlib
import json
import shutil
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path, PurePosixPath
from tempfile import mkdtemp
from typing import Any

from hrbench.errors import RunError
from hrbench.report import files
from hrbench.report.run_folders import MARKS
from hrbench.spec.tables import leaves

MANIFEST = "manifest.json"
SCHEMA = 1
TOLD = ("log.csv", "curve.csv", "curve.png", "reliability.png")  # of training and figures
PICTURES = ("predictions.png", "worst.png", "training.png", "cases/*")  # of the dataset's images
LARGEST = 16 << 30  # bytes that an archive may unpack to
LARGEST_ARRAYS = 4 << 30  # bytes that a file of arrays in it may, once more
RATIO = 100  # times its size that a file may unpack to, once it is LARGE
LARGE = 1 << 20
STEP = 1 << 20
OPENED: dict[Path, Path] = {}  # a folder of this program -> the archive that is unpacked there
PACKED = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)


def unpacked(path: Path) -> Path:
    """Return a folder with the runs of an archive; it lasts as long as the program.

    Raises:
        RunError: it is no archive of runs, is not whole, or is not what its manifest says.
    """
    return _unpacked(path.resolve(), path.stat().st_mtime_ns)


def shown(folder: Path) -> str:
    """Return how a user names a run: by its place in an archive, if it comes out of one."""
    for place, archive in OPENED.items():
        if folder.is_relative_to(place):
            return f"{archive}/{folder.relative_to(place).as_posix()}"
    return str(folder)


@cache
def _unpacked(path: Path, _changed: int) -> Path:
    folder = Path(mkdtemp(prefix="hrbench-runs-"))
    OPENED[folder] = path
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    try:
        with zipfile.ZipFile(path) as archive:
            for fault in _faults(archive):
                raise RunError(f"{path}: {fault}")
            listed = _listed(archive)
            for name, said in listed.items():
                _extract(archive, name, said, folder / name)
    except DAMAGED as error:
        raise RunError(f"{path}: is no whole archive of runs ({error})") from error
    except ValueError as error:
        raise RunError(f"{path}: {error}") from error
    return folder


def _faults(archive: zipfile.ZipFile) -> Iterator[str]:
    """Yield why nothing of an archive is unpacked."""
    entries = archive.infolist()
    names = Counter(entry.filename.lower() for entry in entries)
    twice = [name for name, count in names.items() if count > 1]
    for entry in entries:
        if fault := _fault(entry):
            yield f"'{entry.filename}' {fault}"
    if twice:
        yield f"'{twice[0]}' is there twice"
    if MANIFEST not in archive.namelist():
        yield f"has no {MANIFEST}: it is no archive that `hrbench bundle` has written"
        return
    if sum(entry.file_size for entry in entries) > LARGEST:
        yield f"would unpack to more than {LARGEST >> 30} GB"
    listed, there = _listed(archive), set(archive.namelist()) - {MANIFEST}
    for name in sorted(there.symmetric_difference(listed)):
        yield f"'{name}' is {'not in the manifest' if name in there else 'missing'}"
    for name in listed:
        if not _is_of_run(name):
            yield f"'{name}' is no file that a run leaves"


def _fault(entry: zipfile.ZipInfo) -> str:
    """Return why an entry is not unpacked, or nothing."""
    mode = entry.external_attr >> 16
    outside = leaves(entry.filename) or "." in entry.filename.split("/")
    swollen = entry.file_size > LARGE and entry.file_size > RATIO * entry.compress_size
    checks = (
        (outside, "lies outside of the archive"),
        (entry.is_dir() or stat.S_ISDIR(mode), "is a folder, not a file"),
        (stat.S_ISLNK(mode), "is a link"),
        (stat.S_IFMT(mode) not in {0, stat.S_IFREG, stat.S_IFLNK, stat.S_IFDIR}, "is no file"),
        (bool(entry.flag_bits & 1), "is encrypted"),
        (entry.compress_type not in PACKED, "is packed in a way that is not used here"),
        (swollen, f"would unpack to {entry.file_size} bytes out of {entry.compress_size}"),
    )
    return next((words for holds, words in checks if holds), "")


def _listed(archive: zipfile.ZipFile) -> dict[str, Mapping[str, Any]]:
    """Return the files of an archive's manifest.

    Raises:
        ValueError: it does not list them.
    """
    try:
        said = json.loads(archive.read(MANIFEST))
    except ValueError as error:
        raise ValueError(f"its {MANIFEST} is not JSON ({error})") from error
    listed = said.get("files") if isinstance(said, dict) else None
    if not isinstance(listed, dict) or said.get("schema") != SCHEMA:
        raise ValueError(f"its {MANIFEST} is not of schema {SCHEMA}: read it with a newer hrbench")
    for name, facts in listed.items():
        kinds = {"sha256": str, "bytes": int}
        if not isinstance(facts, dict) or any(
            not isinstance(facts.get(key), kind) for key, kind in kinds.items()
        ):
            raise ValueError(f"its {MANIFEST} does not say the SHA-256 and bytes of '{name}'")
    return listed


def _is_of_run(name: str) -> bool:
    """Whether a file is one of those that a run leaves, in a folder of its own."""
    kept = (*MARKS, *files.KEPT, *TOLD, *PICTURES, files.LAST)
    parts = PurePosixPath(name).parts
    return any(
        PurePosixPath(*parts[-length:]).match(pattern)
        for pattern in kept
        if len(parts) > (length := len(PurePosixPath(pattern).parts))
    )


def _extract(archive: zipfile.ZipFile, name: str, said: Mapping[str, Any], target: Path) -> None:
    """Write one file; it has to have the size and the SHA-256 that the manifest says."""
    target.parent.mkdir(parents=True, exist_ok=True)
    sha256, size = hashlib.sha256(), 0
    with archive.open(name) as source, target.open("wb") as file:
        while (block := source.read(STEP)) and (size := size + len(block)) <= said["bytes"]:
            sha256.update(block)
            file.write(block)
    if size != said["bytes"] or sha256.hexdigest() != said["sha256"]:
        raise ValueError(f"'{name}' is not the file that its manifest says (SHA-256)")
    if target.suffix == ".npz":
        with zipfile.ZipFile(target) as arrays:
            if sum(entry.file_size for entry in arrays.infolist()) > LARGEST_ARRAYS:
                raise ValueError(f"'{name}' would unpack to more than {LARGEST_ARRAYS >> 30} GB")
