"""What training leaves on disk, so that it can go on as if it had not stopped."""

import os
import pickle
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn

from hrbench.engine import optimizing
from hrbench.errors import RunError

NOTHING: Mapping[str, Any] = MappingProxyType({})
UNREADABLE = (EOFError, pickle.UnpicklingError, zipfile.BadZipFile)


@dataclass(frozen=True, slots=True)
class Position:
    """How far training has come."""

    epoch: int = 0  # the one under way, from 0
    step: int = 0  # optimiser steps taken in it
    best: float | None = None  # the best validation so far


def save(
    path: Path,
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    position: Position,
    said: Mapping[str, Any],
) -> None:
    """Write everything that the next step depends on, and what is said of the network."""
    content = {
        **said,
        "network": plain(network),
        "optimizer": optimizing.state(optimizer),
        "epoch": position.epoch,
        "step": position.step,
        "best": position.best,
        "random_state": torch.get_rng_state(),
    }
    write(path, content)


def save_weights(path: Path, network: nn.Module, said: Mapping[str, Any] = NOTHING) -> None:
    """Write the network, and what is said of it."""
    write(path, {**said, "network": plain(network)})


def plain(network: nn.Module) -> dict[str, Tensor]:
    """Return the parameters and buffers of a network, however they are laid out in memory."""
    return {name: tensor.contiguous() for name, tensor in network.state_dict().items()}


def write(path: Path, content: dict[str, Any]) -> None:
    """Write a file that is either whole or not there."""
    partial = path.with_suffix(".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(content, partial)
        os.replace(partial, path)  # noqa: PTH105  atomic, also over an older file
    except (OSError, RuntimeError) as error:  # torch.save wraps the former in the latter
        if partial.exists():
            partial.unlink()
        first = str(error).splitlines()[0]
        raise RunError(f"{path} cannot be written ({first}); is the disk full?") from error


def restore(path: Path, network: nn.Module, optimizer: torch.optim.Optimizer) -> Position:
    """Put a network and its optimiser back to where `save` found them, on the device they are on.

    Raises:
        RunError: the file cannot be read, or is of another network.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        network.load_state_dict(content["network"])
        optimizing.restore(optimizer, content["optimizer"])
        torch.set_rng_state(content["random_state"])
        return Position(content["epoch"], content["step"], content["best"])
    except (OSError, RuntimeError, LookupError, TypeError, ValueError, *UNREADABLE) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise RunError(
            f"{path} is no checkpoint that this run can go on from ({first}); without that file "
            "--resume starts from the beginning"
        ) from error
