"""What single precision is on a card: all of its bits, or TF32's."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from hrbench.errors import RunError

FULL, SHORT = "ieee", "tf32"  # torch's names for them


def require_precision(precision: str, device_type: str) -> None:
    """Refuse a precision that a sort of device does not compute in.

    Raises:
        RunError: it is TF32, and the device no card.
    """
    if precision == "tf32" and device_type != "cuda":
        raise RunError(
            f"tf32 is how CUDA cards multiply, and this runs on {device_type}; use --precision fp32"
        )


@contextmanager
def single(device: torch.device, *, tf32: bool) -> Iterator[None]:
    """Multiply and convolve single precision in full, or in TF32; afterwards as before.

    Unless told not to, torch convolves in TF32 on a card: 10 bits of a number's 23. Elsewhere
    single precision is full, and nothing is changed.
    """
    if device.type != "cuda":
        yield
        return
    before = _told()
    _tell((SHORT if tf32 else FULL,) * len(before))
    try:
        yield
    finally:
        _tell(before)


def _told() -> tuple[str, ...]:
    """Return how products of matrices, convolutions and recurrent networks are computed."""
    if hasattr(torch.backends.cudnn, "conv"):
        return tuple(part.fp32_precision for part in _parts())
    old = (torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32)
    return tuple(SHORT if allowed else FULL for allowed in old)


def _tell(names: tuple[str, ...]) -> None:
    """Have them computed as `_told` says."""
    matmul, *convolutions = names
    if (matmul == SHORT) != (_told()[0] == SHORT):
        # Not by its `fp32_precision`: torch's compiler may ask by this, and refuses a mix of both.
        torch.set_float32_matmul_precision("high" if matmul == SHORT else "highest")
    if hasattr(torch.backends.cudnn, "conv"):
        for part, name in zip(_parts()[1:], convolutions, strict=True):
            part.fp32_precision = name
    else:  # torch before 2.9
        torch.backends.cudnn.allow_tf32 = convolutions == [SHORT]


def _parts() -> tuple[Any, ...]:
    # Networks here are not recurrent; but torch takes it ill if only convolutions are told.
    cudnn: Any = torch.backends.cudnn
    return torch.backends.cuda.matmul, cudnn.conv, cudnn.rnn
