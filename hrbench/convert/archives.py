"""Archives of annotations, as tools hand them out, unpacked beside what is made of them."""

import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hrbench.data.media import IMAGES
from hrbench.errors import DataError, RunError

OF_MACS = "__MACOSX"  # what macOS adds to an archive
UNREADABLE = (
    OSError,
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    ValueError,
)


@contextmanager
def unpacked(archive: Path, target: Path) -> Iterator[tuple[Path, Path | None]]:
    """Yield the folder in `target` with the files of a zip; it goes again where the block fails.

    Beside it, the folder where pictures may be that the archive has not; None where it has some.

    Raises:
        DataError: it is no whole zip.
        RunError: it cannot be unpacked there.
    """
    folder, new = target / archive.stem, not target.exists()
    if folder.exists():
        raise RunError(f"{folder} is there already; name another folder")
    try:
        _unpack(archive, folder)
        yield _top(folder), None if _has_pictures(folder) else _beside(archive)
    except BaseException:
        shutil.rmtree(target if new else folder, ignore_errors=True)
        raise


def _unpack(archive: Path, folder: Path) -> None:
    try:
        with zipfile.ZipFile(archive) as opened:
            files = [member for member in opened.infolist() if OF_MACS not in member.filename]
            size = sum(member.file_size for member in files)
            folder.mkdir(parents=True)
            if size > (free := shutil.disk_usage(folder).free):
                raise RunError(
                    f"{archive} takes {size / 1e9:,.1f} GB unpacked, and {folder} has "
                    f"{free / 1e9:,.1f} GB; name a folder elsewhere"
                )
            opened.extractall(folder, files)
    except UNREADABLE as error:
        raise DataError(f"{archive} cannot be unpacked: {error}; fetch it again") from error


def _top(folder: Path) -> Path:
    """Return the folder with the files: of an archive that is one folder, that one."""
    inside = list(folder.iterdir())
    return inside[0] if len(inside) == 1 and inside[0].is_dir() else folder


def _has_pictures(folder: Path) -> bool:
    return any(path.suffix.lower() in IMAGES for path in folder.rglob("*"))


def _beside(archive: Path) -> Path:
    images = archive.parent / "images"
    return images if images.is_dir() else archive.parent
