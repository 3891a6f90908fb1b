"""How a task's predictions are timed, stage by stage, and its network is counted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hrbench.engine.runtime import Runtime
from hrbench.kinds.complexity import Complexity

READ, CROP, NETWORK, DECODE = "read", "crop", "network", "decode"
STAGES = (READ, CROP, NETWORK, DECODE)  # of which a task may have a part
OF_PICTURES = "read decodes a file; crop cuts the network's input; network is normalising, then"
Stages = Mapping[str, Callable[[Any], Any]]  # in order; each takes what the one before gave


@dataclass(frozen=True, slots=True)
class Profiled:
    """What a task's predictions go through, by the functions that `hrbench run` predicts with."""

    items: str  # what a batch has several of
    passes: int  # times that each of them goes through the network
    words: str  # what the stages do
    # (picture, B, runtime): the stages for a batch of B items, all of them of one picture.
    stages: Callable[[Path, int, Runtime], Stages]
    complexity: Complexity


def ready(crops: NDArray[np.uint8], runtime: Runtime) -> Tensor:
    """Return crops as the loader hands them over: pinned where a card will copy them."""
    tensor = torch.from_numpy(crops)
    return tensor.pin_memory() if runtime.device.type == "cuda" else tensor
