"""Checkpoints in the layouts they are published in, brought to our names.

`backbone.layouts` says which layout a file is in and what its tensors are called here;
`backbone.fitting` puts them into a network.
"""

import hashlib
import pickle
import re
import struct
import warnings
import zipfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from hrbench.backbone import unpickling
from hrbench.backbone.layouts import BY_NAME, Layout, layout_of
from hrbench.errors import WeightsError

# Keys under which training scripts put the network beside optimisers and counters.
WRAPPERS = ("network", "state_dict", "model", "model_pos")
PREFIXES = ("module.", "_orig_mod.", "model.")  # of data parallelism, compilation, a trainer
LAYOUT = "hrbench.layout"  # in a file that was converted: what it was before
BEST = Path("checkpoints", "best.pt")  # of a run
FOREIGN = re.compile(r"GLOBAL ([\w.]+)")  # how torch.load names what it does not build
# What torch.load raises on a file that is no checkpoint, or a part of one.
DAMAGED = (
    *(RuntimeError, ValueError, LookupError, EOFError, AttributeError, TypeError, AssertionError),
    *(struct.error, pickle.UnpicklingError, zipfile.BadZipFile, safetensors.SafetensorError),
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A file's tensors under our names."""

    path: Path
    layout: str  # the name of one of `layouts.LAYOUTS`
    tensors: dict[str, Tensor]
    sha256: str  # of the file
    changes: tuple[str, ...] = ()  # what is not as in the file, in sentences
    dtypes: tuple[str, ...] = ("float32",)  # of its numbers, the commonest first

    @property
    def color(self) -> str | None:
        """The order of an image's planes that goes with the layout: rgb, bgr, or not said."""
        return BY_NAME[self.layout].color


def read(path: Path) -> Checkpoint:
    """Return the tensors of a checkpoint file; its code, if it has any, is not run.

    The folder of a run stands for the best of its checkpoints.

    Raises:
        WeightsError: there is none, it holds no tensors, or its layout is not known.
    """
    path = path / BEST if (path / BEST).is_file() else path
    try:
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        content, origin = _content(path)
    except FileNotFoundError as error:
        raise WeightsError(f"{path} does not exist; --weights and --init take a file") from error
    except OSError as error:
        raise WeightsError(f"{path} cannot be read: {error.strerror}") from error
    except DAMAGED as error:
        raise WeightsError(_unreadable(path, error)) from error
    tensors = _unwrapped(content, path)
    _require_finite(tensors, path)
    layout = layout_of(tensors)
    if layout is None:
        some = ", ".join(list(tensors)[:3])
        raise WeightsError(f"{path} is in no layout that is known here; its names begin {some}")
    dtypes = Counter(_name(t.dtype) for t in tensors.values() if t.is_floating_point())
    tensors, cast = _single(tensors)
    named = _counted({layout.ours(name): tensor for name, tensor in tensors.items()})
    named, filled = _filled(named, layout)
    converted = layout.name == "hrbench" and origin in BY_NAME
    common = tuple(name for name, _ in dtypes.most_common())
    return Checkpoint(
        path, origin if converted else layout.name, named, sha256, (*cast, *filled), common
    )


def digest(network: nn.Module) -> str:
    """Return the SHA-256 of a network's tensors with their names, in their order."""
    sha256 = hashlib.sha256()
    for name, tensor in network.state_dict().items():
        sha256.update(name.encode())
        sha256.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return sha256.hexdigest()


def _unreadable(path: Path, error: Exception) -> str:
    """Return why a file holds no tensors that can be read."""
    if foreign := FOREIGN.search(str(error)):
        return (
            f"{path} asks for {foreign[1]}, which is not taken from a file since it would run "
            "code; ask its publisher for the bare tensors (a state dict, or safetensors)"
        )
    return (
        f"{path} is not a whole checkpoint of tensors (a download page saved under that name, a "
        "truncated file, or one that would run code); fetch it again"
    )


def _content(path: Path) -> tuple[object, str]:
    """Return what a file holds, and the layout that it was converted from, if it says so."""
    with path.open("rb") as file:
        start = file.read(9)
    if start[8:] == b"{":  # a header's length, then its JSON
        with safetensors.safe_open(path, framework="pt") as file:
            origin = (file.metadata() or {}).get(LAYOUT, "")
        return safetensors.torch.load_file(path), origin
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's, on files that are refused
        content = unpickling.load(path)
    origin = content.get(LAYOUT, "") if isinstance(content, Mapping) else ""
    return content, str(origin)


def _unwrapped(content: object, path: Path) -> dict[str, Tensor]:
    for key in WRAPPERS:
        if isinstance(content, Mapping) and isinstance(content.get(key), Mapping):
            content = content[key]
    tensors = {}
    if isinstance(content, Mapping):
        tensors = {str(k): v for k, v in content.items() if isinstance(v, Tensor)}
    if not tensors:
        raise WeightsError(f"{path} holds no tensors by name; it is no checkpoint of a network")
    for prefix in PREFIXES:
        if all(name.startswith(prefix) for name in tensors):
            tensors = {name.removeprefix(prefix): t for name, t in tensors.items()}
    return tensors


def _require_finite(tensors: Mapping[str, Tensor], path: Path) -> None:
    spoilt = [n for n, t in tensors.items() if t.is_floating_point() and not t.isfinite().all()]
    if spoilt:
        raise WeightsError(
            f"{path} has NaN or infinity in {len(spoilt)} tensors ({spoilt[0]}); the training "
            "that wrote it had diverged"
        )


def _single(tensors: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], list[str]]:
    """Return all numbers in single precision, as networks here have them; and say so."""
    others = Counter(
        _name(tensor.dtype)
        for tensor in tensors.values()
        if tensor.is_floating_point() and tensor.dtype != torch.float32
    )
    words = [f"{n} tensors of {name} are loaded as float32." for name, n in sorted(others.items())]
    single = {n: t.float() if t.is_floating_point() else t for n, t in tensors.items()}
    return single, words


def _counted(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return tensors with the batches that normalisation has seen; torch 0.4 did not count."""
    missing = [
        name.replace("running_mean", "num_batches_tracked")
        for name in tensors
        if name.endswith(".running_mean")
    ]
    return tensors | {name: torch.tensor(0) for name in missing if name not in tensors}


def _filled(tensors: dict[str, Tensor], layout: Layout) -> tuple[dict[str, Tensor], list[str]]:
    """Return tensors with the biases of 0 that a layout leaves out; and say so."""
    zeros = {
        name: torch.zeros(len(tensors[weight]))
        for name in layout.zeros
        if name not in tensors and (weight := name.replace("bias", "weight")) in tensors
    }
    words = [f"{len(zeros)} biases that {layout.name} leaves out are 0."] if zeros else []
    return tensors | zeros, words


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
