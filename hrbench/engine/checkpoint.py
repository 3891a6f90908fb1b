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
from torch import nn

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
        "network": network.state_dict(),
        "optimizer": optimizer.state_dict(),
        "epoch": position.epoch,
        "step": position.step,
        "best": position.best,
        "random_state": torch.get_rng_state(),
    }
    write(path, content)


def save_weights(path: Path, network: nn.Module, said: Mapping[str, Any] = NOTHING) -> None:
    """Write the network, and what is said of it."""
    write(path, {**said, "network": network.state_dict()})


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


def restore(
    path: Path, network: nn.Module, optimizer: torch.optim.Optimizer, device: torch.device
) -> Position:
    """Put a network and its optimiser back to where `save` found them.

    Raises:
        RunError: the file cannot be read, or is of another network.
    """
    try:
        content = torch.load(path, map_location=device, weights_only=True)
        network.load_state_dict(content["network"])
        optimizer.load_state_dict(content["optimizer"])
        torch.set_rng_state(content["random_state"].cpu())
        return Position(content["epoch"], content["step"], content["best"])
    except (OSError, RuntimeError, LookupError, TypeError, ValueError, *UNREADABLE) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise RunError(
            f"{path} is no checkpoint that this run can go on from ({first}); without that file "
            "--resume starts from the beginning"
        ) from error
