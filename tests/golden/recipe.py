"""The deterministic weights that the golden networks were run with, and their inputs."""

import ast
import json
import re
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def golden_state(named_shapes: list[tuple[str, tuple[int, ...]]]) -> dict[str, Tensor]:
    """Return a tensor for each official name, as the goldens' README says."""
    return {name: golden_tensor(name, shape) for name, shape in named_shapes}


def golden_tensor(name: str, shape: tuple[int, ...]) -> Tensor:
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    if name.endswith("num_batches_tracked"):
        return torch.tensor(0)
    if name.endswith("running_var") or (len(shape) == 1 and name.endswith("weight")):
        values = 0.5 + rng.random(shape)
    elif name.endswith(("running_mean", "bias")):
        values = 0.1 * rng.standard_normal(shape)
    else:
        values = rng.standard_normal(shape) * np.sqrt(1 / np.prod(shape[1:]))
    return torch.from_numpy(np.asarray(values)).float()


def official_checkpoint(description: Any, path: Path) -> Path:
    """Write the golden weights under the official names, as an official file has them."""
    shapes = [(name, tuple(shape)) for name, shape in description["state_dict"]]
    torch.save(golden_state(shapes), path)
    return path


def network_inputs(height: int, width: int, blocks: int = 8) -> dict[str, Tensor]:
    """Return two images of noise, and two of so many blocks in height and in width."""
    gauss = np.random.default_rng(0).standard_normal((2, 3, height, width))
    small = np.random.default_rng(1).standard_normal((2, 3, blocks, blocks))
    block = 2 * np.kron(small, np.ones((height // blocks, width // blocks)))
    return {"gauss": as_float32(gauss), "block": as_float32(block)}


def drawn(words: str) -> NDArray[Any]:
    """Return what a golden says was drawn: default_rng(5).standard_normal((64,20))."""
    match = re.match(r"default_rng\((\d+)\)\.(\w+)\((.*?)\)(?!\))", words)
    assert match, f"{words!r} is no draw of NumPy's"
    arguments = ast.literal_eval(f"({match[3]},)")
    values: NDArray[Any] = getattr(np.random.default_rng(int(match[1])), match[2])(*arguments)
    return values


def as_float32(values: NDArray[Any]) -> Tensor:
    return torch.from_numpy(values.astype(np.float32))


def dump(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), "utf-8")
