"""Files that a user names: with -o, and pictures with --sheet."""

from pathlib import Path

from hrbench.errors import HrbenchError

SHEET = ".png"


def require_free(path: Path, *, force: bool) -> None:
    """Refuse to write over a file, but with `force`, and where no file can be.

    Raises:
        HrbenchError: it is there, or is a folder, or is in a folder that is not.
    """
    if path.is_dir():
        raise HrbenchError(f"-o {path}: is a folder; name a file")
    if not path.parent.is_dir():
        raise HrbenchError(f"-o {path}: there is no folder {path.parent}; make it first")
    if path.exists() and not force:
        raise HrbenchError(f"-o {path}: is there already; --force replaces it")


def require_free_sheet(path: Path) -> None:
    """Refuse a file that a picture could not be written to, before anything is computed.

    Raises:
        HrbenchError: it is not named as one, or is there.
    """
    if path.suffix != SHEET:
        raise HrbenchError(f"--sheet {path}: write a name that ends in {SHEET}")
    if path.exists():
        raise HrbenchError(f"--sheet {path}: is there already; name another file")


def write(path: Path, text: str) -> None:
    """Write a text with a line's end behind it.

    Raises:
        HrbenchError: it cannot be.
    """
    try:
        path.write_text(text + "\n", "utf-8")
    except OSError as error:
        raise HrbenchError(f"-o {path}: cannot be written ({error.strerror})") from error
