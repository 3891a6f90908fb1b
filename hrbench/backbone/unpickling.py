"""Tensors out of checkpoints that hold objects of NumPy's or mmengine's as well: put aside.

VideoPose3D keeps its generator's random state beside the weights, Martinez's port an error as a
NumPy number, mmengine the losses that it has logged; `torch.load` refuses a file for any, unless
it also runs whatever code a file holds. Here a few of their names stand for a class that takes
everything and does nothing, so that neither their code nor any other is run.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import serialization


class PutAside:
    """Takes the place of an object that nobody here reads."""

    def __init__(self, *arguments: object) -> None:
        del arguments

    def __setstate__(self, state: object) -> None:
        del state


# NumPy 1.17, 1.24 and 2.0 each moved some of them.
NAMES = (
    ("numpy.random", "__RandomState_ctor"),
    ("numpy.random._pickle", "__randomstate_ctor"),
    ("numpy.random._pickle", "__bit_generator_ctor"),
    ("numpy.random._mt19937", "MT19937"),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("_codecs", "encode"),  # of an array's bytes; torch allows it itself since 2.5
    *((f"numpy.{core}.multiarray", "_reconstruct") for core in ("core", "_core")),
    *((f"numpy.{core}.multiarray", "scalar") for core in ("core", "_core")),
    ("mmengine.logging.history_buffer", "HistoryBuffer"),
)
# torch.load finds what stands for a name by the name that it has itself.
STAND_INS: list[Callable[..., Any] | tuple[Callable[..., Any], str]] = [
    type(name, (PutAside,), {"__module__": module}) for module, name in NAMES
]


def load(path: Path) -> object:
    """Return what a checkpoint holds: tensors, plain values, and `PutAside` for those objects.

    Raises:
        pickle.UnpicklingError: it holds any other object; and what torch.load raises besides.
    """
    with _allowed(STAND_INS):
        return torch.load(path, map_location="cpu", weights_only=True)


@contextmanager
def _allowed(names: list[Callable[..., Any] | tuple[Callable[..., Any], str]]) -> Iterator[None]:
    """Let torch.load meet these names alone, whatever else this process allows it."""
    before = list(serialization.get_safe_globals())
    serialization.clear_safe_globals()
    serialization.add_safe_globals(names)
    try:
        yield
    finally:
        serialization.clear_safe_globals()
        serialization.add_safe_globals(before)
