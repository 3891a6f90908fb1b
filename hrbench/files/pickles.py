"""Pickled arrays, read without running what a file asks for.

VideoPose3D's .npz files and mmpose's cameras.pkl are pickles. Of all that a pickle can name, only
what builds numpy's arrays is let through; dicts, lists, strings and numbers need no name.
"""

import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy

from hrbench.errors import DataError

_NUMPY = ("numpy.core.multiarray", "numpy._core.multiarray")
ALLOWED: dict[tuple[str, str], Any] = {
    **{(module, "_reconstruct"): np.ndarray(0).__reduce__()[0] for module in _NUMPY},
    **{(module, "scalar"): np.float64(0).__reduce__()[0] for module in _NUMPY},
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("_codecs", "encode"): lambda text, encoding: text.encode(encoding),  # of bytes, by Python 2
}
NOT_WHOLE = (
    *(pickle.UnpicklingError, EOFError, ValueError, TypeError, AttributeError, LookupError),
    *(zipfile.BadZipFile, NotImplementedError, OSError, ImportError, MemoryError),
)


class _Refused(Exception):  # noqa: N818  becomes a DataError, with the file's name
    """A pickle asks for something else."""


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """Return what a file asks for by name, if it may have it."""
        if (module, name) not in ALLOWED:
            raise _Refused(f"{module}.{name}")
        return ALLOWED[module, name]


def load_pickle(path: Path) -> Any:
    """Return what a pickle of arrays, dicts, lists, strings and numbers holds.

    Raises:
        DataError: it cannot be read, or asks for anything else.
    """
    try:
        return _unpickled(io.BytesIO(path.read_bytes()))
    except _Refused as error:
        raise _refusal(path, error) from error
    except NOT_WHOLE as error:
        raise DataError(f"{path} is not a whole pickle file ({error}); fetch it again") from error


def load_npz(path: Path) -> dict[str, Any]:
    """Return the arrays of an .npz file; a single object in place of an array as itself.

    Raises:
        DataError: it cannot be read, or its pickles ask for more than arrays and dicts.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return {
                name.removesuffix(".npy"): _member(archive.read(name))
                for name in archive.namelist()
            }
    except _Refused as error:
        raise _refusal(path, error) from error
    except NOT_WHOLE as error:
        raise DataError(f"{path} is not a whole .npz file ({error}); fetch it again") from error


def _member(content: bytes) -> Any:
    file = io.BytesIO(content)
    read_header = {
        (1, 0): npy.read_array_header_1_0,
        (2, 0): npy.read_array_header_2_0,
    }[npy.read_magic(file)]
    shape, _, dtype = read_header(file)
    if not dtype.hasobject:
        return npy.read_array(io.BytesIO(content), allow_pickle=False)
    held = _unpickled(file)
    return held.item() if isinstance(held, np.ndarray) and shape == () else held


def _unpickled(file: io.BytesIO) -> Any:
    # Python 2 wrote numpy's bytes as text; latin1 has one letter for each.
    return _Unpickler(file, encoding="latin1").load()


def _refusal(path: Path, error: _Refused) -> DataError:
    return DataError(
        f"{path} asks for {error}, and a file of arrays needs no such thing: it would run code, so "
        "it is not read; fetch it again from where it is issued"
    )
