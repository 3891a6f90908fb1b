"""Arrays that a run keeps in files of its folder: one dataclass of arrays each, no pickles."""

import zipfile
import zlib
from dataclasses import MISSING, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from hrbench.errors import RunError
from hrbench.whole import whole

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

# What NumPy, zipfile and zlib raise at a file that is not whole; the last where a spoilt header has
# an array be larger than the memory.
DAMAGED = (
    *(OSError, EOFError, ValueError, KeyError, zlib.error, zipfile.BadZipFile, RuntimeError),
    MemoryError,
)
BEGIN = b"PK\x03\x04"  # of a zip that holds something
_Kind = TypeVar("_Kind", bound="DataclassInstance")


def write(path: Path, content: "DataclassInstance") -> None:
    """Write arrays, whole or not at all; those that are None are left out.

    Raises:
        RunError: they cannot be written.
    """
    # Not by asdict, which copies every array.
    arrays = {field.name: getattr(content, field.name) for field in fields(content)}
    kept = {name: array for name, array in arrays.items() if array is not None}
    with whole(path) as draft:
        np.savez_compressed(draft, **kept)


def read(path: Path, kind: type[_Kind], *, missing: str, spoilt: str) -> _Kind:
    """Return the arrays of a file.

    Args:
        path: the file.
        kind: of what it holds.
        missing: what to do where there is no such file.
        spoilt: what to do where it is not whole.

    Raises:
        RunError: it is not there, or not whole.
    """
    try:
        with path.open("rb") as file:
            if file.read(len(BEGIN)) != BEGIN:  # for NumPy it would be pickles
                raise zipfile.BadZipFile("it is no archive of arrays")
            file.seek(0)
            with np.load(file, allow_pickle=False) as content:
                arrays: dict[str, Any] = {
                    field.name: content[field.name]
                    for field in fields(kind)
                    if field.name in content or field.default is MISSING
                }
    except FileNotFoundError as error:
        raise RunError(f"{path} does not exist; {missing}") from error
    except DAMAGED as error:
        raise RunError(f"{path} is not whole: {error}; {spoilt}") from error
    return kind(**arrays)
