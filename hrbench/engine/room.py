"""Whether the memory holds a step of a training, told from a few samples before the first."""

import copy
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks

from hrbench.engine.duration import FEW

if TYPE_CHECKING:
    from hrbench.engine.train import Trainer

LINUX = Path("/proc/meminfo")


def needed(training: "Trainer[Any]") -> float:
    """Return the bytes that a step keeps of a batch between forward and backward.

    Nothing of the training changes. Weights, gradients and the optimiser's state come to little
    beside it where it matters.
    """
    count = min(FEW, training.step.size)
    with torch.random.fork_rng([]):  # loader, dropout
        inputs, *truth = training.step.cost.prepared(training.feed.some(count))
        network = copy.deepcopy(training.network).train()
        seen = {tensor.untyped_storage().data_ptr() for tensor in network.state_dict().values()}
        kept = 0

        def keep(tensor: Tensor) -> Tensor:
            nonlocal kept
            storage = tensor.untyped_storage()
            if storage.data_ptr() not in seen:
                seen.add(storage.data_ptr())
                kept += storage.nbytes()
            return tensor

        with (
            training.runtime.autocast(training.recipe.precision),
            saved_tensors_hooks(keep, lambda tensor: tensor),
        ):
            training.step.cost.loss(network(inputs), *truth)
    return kept * training.step.size / count


def free() -> float:
    """Return the bytes of memory that are free here, as far as the system says it."""
    if LINUX.is_file():
        known = re.search(r"^MemAvailable:\s*(\d+) kB", LINUX.read_text("ascii"), re.MULTILINE)
        if known:
            return 1024.0 * int(known[1])
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:  # all there is: macOS
        return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    return float("inf")
