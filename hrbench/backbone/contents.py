"""What a checkpoint file holds: its dictionaries and tensors, none of its code run."""

import hashlib
import pickle
import struct
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from hrbench.backbone import about, containers, foreign, unpickling
from hrbench.backbone.about import About
from hrbench.backbone.unpickling import PutAside
from hrbench.errors import WeightsError

LAYOUT = "hrbench.layout"  # in a file that was converted: what it was before
TENSORS = "hrbench.tensors"  # in a safetensors file of ours: the SHA-256 of its tensors
# What torch.load raises on a file that is no checkpoint, or a part of one.
DAMAGED = (
    *(RuntimeError, ValueError, LookupError, EOFError, AttributeError, TypeError, AssertionError),
    *(struct.error, pickle.UnpicklingError, zipfile.BadZipFile, safetensors.SafetensorError),
)


@dataclass(frozen=True, slots=True)
class Content:
    """What a file holds, before anything of it is taken."""

    held: object
    layout: str  # that it was converted from, if it says so
    about: About | None
    checked: str  # by what it was seen that the file is whole
    sha256: str  # of the file


def read(path: Path) -> Content:
    """Return what a file holds.

    Raises:
        WeightsError: there is none, it is no checkpoint, or it is damaged.
    """
    try:
        if path.is_dir():
            raise WeightsError(f"{path} {foreign.folder(path)}")
        container = containers.verified(path)
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        if container.is_safetensors:
            return _safetensors(path, container.checked, sha256)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's, on files that are refused
            held = unpickling.load(path)
    except FileNotFoundError as error:
        raise WeightsError(
            f"{path} does not exist; weights are a file, a RUN (by four characters of its id or "
            "more), or a name that `hrbench weights fetch` takes"
        ) from error
    except OSError as error:
        raise WeightsError(f"{path} cannot be read: {error.strerror or error}") from error
    except DAMAGED as error:
        raise WeightsError(_unreadable(path, error)) from error
    said = held if isinstance(held, dict) else {}
    ours = about.read(said.get(about.KEY))
    return Content(held, str(said.get(LAYOUT, "")), ours, container.checked, sha256)


def _safetensors(path: Path, checked: str, sha256: str) -> Content:
    with safetensors.safe_open(path, framework="pt") as file:
        said = file.metadata() or {}
    held = safetensors.torch.load_file(path)
    if TENSORS in said:
        if hashed(held) != said[TENSORS]:
            raise WeightsError(
                f"{path} is damaged: its tensors have not the SHA-256 that hrbench wrote with "
                "them; convert or copy it again"
            )
        checked = "the SHA-256 of its tensors"
    return Content(held, said.get(LAYOUT, ""), about.read(said.get(about.KEY)), checked, sha256)


def hashed(tensors: Mapping[str, Tensor]) -> str:
    """Return the SHA-256 of tensors with their names and types, whatever their order."""
    sha256 = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        flat = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8)
        sha256.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        sha256.update(flat.numpy().tobytes())
    return sha256.hexdigest()


def without_network(held: object) -> str:
    """Return what a file holds that has no network of a known layout."""
    names, pickled = _largest(held)
    if names:
        begin = f"its names begin {', '.join(names[:3])}"
        of = pickled and f" ({pickled})"
        return f"is in no layout that is known here; {begin}{of}. docs/weights.md lists the layouts"
    if pickled:
        held_is = f"{pickled} without tensors"
    elif isinstance(held, Mapping):
        held_is = ", ".join(map(str, list(held)[:5])) or "nothing"
    else:
        held_is = f"a {type(held).__name__.lower()}"
    return (
        f"holds no tensors by name, but {held_is}; it is no checkpoint of a network: name the file "
        "of its state dict"
    )


def _largest(held: object) -> tuple[list[str], str]:
    """Return the names of the most tensors that are in one place, and the object they are of."""
    if isinstance(held, PutAside):
        return list(held.tensors()), held.words
    if not isinstance(held, Mapping):
        return [], ""
    here = [str(name) for name, value in held.items() if isinstance(value, Tensor)]
    deeper = [_largest(value) for value in held.values()]
    return max(((here, ""), *deeper), key=lambda place: (len(place[0]), place[1]))


def _unreadable(path: Path, error: Exception) -> str:
    """Return why a file holds no tensors that can be read."""
    if named := unpickling.REFUSED.search(str(error)):
        return (
            f"{path} asks for {named[1]}, which is not taken from a file since it would run "
            "code; ask its publisher for the bare tensors (a state dict, or safetensors)"
        )
    first = (str(error).splitlines() or [type(error).__name__])[0][:100]
    return (
        f"{path} is not a whole checkpoint of tensors: it is cut off, damaged, or of objects that "
        f"would run code ({first}); fetch it again, or ask for its state dict"
    )
