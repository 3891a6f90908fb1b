"""Archives unpacked into a dataset's folder: each place whole or not at all.

What is unpacked lies in a folder beside it until all of it is there, and so goes on after a kill.
"""

import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from gzip import BadGzipFile
from lzma import LZMAError
from pathlib import Path, PurePosixPath
from typing import IO

from hrbench.engine.progress import Steps
from hrbench.errors import DataError
from hrbench.spec.download import Place
from hrbench.spec.tables import leaves

STEP = 1 << 20  # bytes that are copied at once
INNER = ".tar"  # an archive in an archive is a folder of that name
ASIDE = "__MACOSX"  # a folder of what macOS knows of the others
DAMAGED = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, LZMAError, BadGzipFile),
    *(EOFError, NotImplementedError, RuntimeError),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in an archive."""

    name: str
    size: int  # in bytes
    opened: Callable[[], IO[bytes]]


def unpack(archive: Path, gives: Sequence[Place], folder: Path, scratch: Path) -> list[str]:
    """Unpack what an archive gives into a folder; return what lay there and is not the archive's.

    A file that lies there already stays as it is.

    Args:
        archive: a zip, a tar or a compressed one.
        gives: what of it is put where, below the folder.
        folder: of the dataset.
        scratch: where it lies until it is whole, on the same disk.

    Raises:
        DataError: it is not whole, or has a name that leads out of the folder: nothing of it is
            put there.
    """
    try:
        other = _unpack(archive, gives, folder, scratch)
    except DAMAGED as error:
        shutil.rmtree(scratch, ignore_errors=True)
        words = f"is no whole archive ({error}); remove it, and get it again"
        raise DataError(f"{archive}: {words}") from error
    except DataError as error:
        shutil.rmtree(scratch, ignore_errors=True)
        raise DataError(f"{archive}: {error}; nothing of it is unpacked") from error
    for given in gives:
        _settle(scratch / given.place, folder / given.place)
    shutil.rmtree(scratch, ignore_errors=True)
    return other


def _unpack(archive: Path, gives: Sequence[Place], folder: Path, scratch: Path) -> list[str]:
    """Unpack what is not in its place yet into `scratch`."""
    other, counts = list[str](), dict.fromkeys((given.place for given in gives), 0)
    with Steps(f"unpacking {archive.name}", sum(given.files for given in gives)) as steps:
        for entry in _entries(archive):
            if (found := _target(entry, gives)) is None:
                continue
            place, target = found
            if (there := folder / target).exists():
                other += [str(target)] if there.stat().st_size != entry.size else []
            elif not _is_written(scratch / target, entry):
                _write(entry, scratch / target, scratch / ".part")
            counts[place] += 1
            steps.advance()
    for given in gives:
        if (count := counts[given.place]) < given.files:
            raise DataError(f"has {count:,} files of {given.entry}, and not {given.files:,}")
    return other


def _entries(archive: Path) -> Iterator[Entry]:
    """Yield the files of an archive, those of archives in it as well.

    Raises:
        DataError: it has something else than files and folders, or names that lead out of it.
    """
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as packed:
            yield from _of_zip(packed)
    else:
        with tarfile.open(archive) as tar:
            yield from _of_tar(tar, "")


def _of_zip(packed: zipfile.ZipFile) -> Iterator[Entry]:
    for one in packed.infolist():
        name, kind = _safe(one.filename), stat.S_IFMT(one.external_attr >> 16)
        if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
            raise DataError(f"'{name}' is a link or a device")
        if not one.is_dir():
            yield Entry(name, one.file_size, partial(packed.open, one))


def _of_tar(tar: tarfile.TarFile, below: str) -> Iterator[Entry]:
    for one in tar:
        name = below + _safe(one.name)
        if not (one.isfile() or one.isdir()):
            raise DataError(f"'{name}' is a link or a device")
        file = tar.extractfile(one)
        if file is None:  # a folder
            continue
        if name.endswith(INNER):
            with file, tarfile.open(fileobj=file) as inner:
                yield from _of_tar(inner, f"{name.removesuffix(INNER)}/")
        else:
            yield Entry(name, one.size, partial(_given, file))


def _given(file: IO[bytes]) -> IO[bytes]:
    return file


def _safe(name: str) -> str:
    """Return an entry's name.

    Raises:
        DataError: it leads out of the folder.
    """
    if leaves(name):
        raise DataError(f"'{name}' leads out of the folder")
    return name.removeprefix("./")


def _target(entry: Entry, gives: Sequence[Place]) -> tuple[str, PurePosixPath] | None:
    """Return of which place an entry is, and where it is put; None where nobody asks for it.

    Publishers pack the same files with and without a folder around them: what is asked for is
    found in any.
    """
    parts = PurePosixPath(entry.name).parts
    if ASIDE in parts:
        return None
    for given in gives:
        wanted = PurePosixPath(given.entry or ".").parts
        for start in range(len(parts) - len(wanted) + 1):
            if parts[start : start + len(wanted)] == wanted:
                return given.place, PurePosixPath(given.place, *parts[start + len(wanted) :])
    return None


def _is_written(path: Path, entry: Entry) -> bool:
    return path.is_file() and path.stat().st_size == entry.size


def _write(entry: Entry, path: Path, draft: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with entry.opened() as source, draft.open("wb") as file:
        shutil.copyfileobj(source, file, STEP)
    draft.replace(path)


def _settle(made: Path, place: Path) -> None:
    """Put what is whole into its place, and into a folder that is there what it lacks."""
    if made.is_dir() and place.is_dir():
        for inner in list(made.iterdir()):
            _settle(inner, place / inner.name)
    elif made.exists() and not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        made.replace(place)
