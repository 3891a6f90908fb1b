"""Tensors out of checkpoints that hold objects of other programs as well: put aside.

VideoPose3D keeps its generator's random state beside the weights, Martinez's port an error as a
NumPy number, mmengine the losses that it has logged, timm the options of its training, the face
code its whole network; `torch.load` refuses a file for any, unless it also runs whatever code a
file holds. Here their names stand for a class that takes everything and does nothing, so that
neither their code nor any other is run.
"""

import pickle
import re
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, serialization


class PutAside:
    """Takes the place of an object that is not made, and keeps what it would be made of."""

    state: Mapping[Any, Any]

    def __init__(self, *arguments: object) -> None:
        self.arguments = arguments

    def __setstate__(self, state: object) -> None:
        self.state = state if isinstance(state, Mapping) else {}

    @property
    def words(self) -> str:
        """What it takes the place of."""
        return f"a pickled {type(self).__module__}.{type(self).__name__}"

    def tensors(self) -> dict[str, Tensor]:
        """Return the tensors of a pickled `nn.Module`, as its state dict names them."""
        tensors: dict[str, Tensor] = {}
        state = getattr(self, "state", {})
        left_out = _members(state.get("_non_persistent_buffers_set"))
        for kind in ("_parameters", "_buffers"):
            own = {str(name): value for name, value in (state.get(kind) or {}).items()}
            tensors |= {
                name: value
                for name, value in own.items()
                if isinstance(value, Tensor) and name not in left_out
            }
        for name, module in (state.get("_modules") or {}).items():
            if isinstance(module, PutAside):
                tensors |= {f"{name}.{inner}": value for inner, value in module.tensors().items()}
        return tensors


def _members(held: object) -> Collection[object]:
    """Return what is in a set, which a torch before 2.5 puts aside too."""
    if isinstance(held, PutAside):
        held = next(iter(held.arguments), ())
    return held if isinstance(held, Collection) else ()


# NumPy 1.17, 1.24 and 2.0 each moved some of them.
NAMES = (
    ("numpy.random", "__RandomState_ctor"),
    ("numpy.random._pickle", "__randomstate_ctor"),
    ("numpy.random._pickle", "__bit_generator_ctor"),
    ("numpy.random._mt19937", "MT19937"),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("_codecs", "encode"),  # of an array's bytes; torch allows it itself since 2.5
    ("builtins", "set"),  # of a module's buffers; a newer torch than 2.4 allows it itself
    *((f"numpy.{core}.multiarray", "_reconstruct") for core in ("core", "_core")),
    *((f"numpy.{core}.multiarray", "scalar") for core in ("core", "_core")),
    ("argparse", "Namespace"),
    *(("pathlib", name) for name in ("Path", "PosixPath", "WindowsPath", "PurePosixPath")),
)
REFUSED = re.compile(r"GLOBAL ([\w.]+)")  # how torch.load names what it does not build
LAYERS = "torch.nn."  # its modules, and functions that they keep
MOST = 200  # kinds of objects beside the tensors


def load(path: Path) -> object:
    """Return what a checkpoint holds: tensors, plain values, and `PutAside` for other objects.

    Put aside are the names above, layers of torch, and classes of packages that Python does not
    come with.

    Raises:
        pickle.UnpicklingError: it holds any other object; and what torch.load raises besides.
    """
    names = [_stand_in(module, name) for module, name in NAMES]
    for _ in range(MOST):
        try:
            with _allowed(names):
                return torch.load(path, map_location="cpu", weights_only=True)
        except pickle.UnpicklingError as error:
            asked = REFUSED.search(str(error))
            if asked is None or not _harmless(asked[1]):
                raise
            module, _, name = asked[1].rpartition(".")
            names.append(_stand_in(module, name))
    raise pickle.UnpicklingError(f"it holds objects of more than {MOST} kinds")


def _stand_in(module: str, name: str) -> type[PutAside]:
    # torch.load finds what stands for a name by the name that it has itself.
    return type(name, (PutAside,), {"__module__": module})


def _harmless(full: str) -> bool:
    """Whether a name is that of a class that a training program brought with it.

    A stand-in runs nothing in any case; what Python and NumPy can do is refused all the same,
    since a file that asks for it is no checkpoint.
    """
    if full.startswith(LAYERS):
        return True
    *packages, name = full.split(".")
    known = {*sys.stdlib_module_names, "numpy", "torch"}
    return bool(packages) and packages[0] not in known and name[:1].isupper()


@contextmanager
def _allowed(names: list[type[PutAside]]) -> Iterator[None]:
    """Let torch.load meet these names alone, whatever else this process allows it."""
    before = list(serialization.get_safe_globals())
    serialization.clear_safe_globals()
    serialization.add_safe_globals(list[Callable[..., Any] | tuple[Callable[..., Any], str]](names))
    try:
        yield
    finally:
        serialization.clear_safe_globals()
        serialization.add_safe_globals(before)
