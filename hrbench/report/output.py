"""Files that a user names with -o."""

from pathlib import Path

from hrbench.errors import HrbenchError


def require_free(path: Path, *, force: bool) -> None:
    """Refuse to write over a file, but with `force`.

    Raises:
        HrbenchError: it is there.
    """
    if path.exists() and not force:
        raise HrbenchError(f"-o {path}: is there already; --force replaces it")


def write(path: Path, text: str) -> None:
    """Write a text with a line's end behind it.

    Raises:
        HrbenchError: it cannot be.
    """
    try:
        path.write_text(text + "\n", "utf-8")
    except OSError as error:
        raise HrbenchError(f"-o {path}: cannot be written ({error.strerror})") from error
