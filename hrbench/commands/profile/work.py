"""How large a network is: its parameters and its multiply-adds."""

import copy
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from hrbench.kinds.contract import Task
from hrbench.kinds.lifting.task import Lifting

GIGA = 1024**3  # what the official code calls so where it prints GFLOPs
MEGA = 10**6


@dataclass(frozen=True, slots=True)
class Published:
    """Multiply-adds in the unit in which the network's paper or code gives them."""

    value: float
    unit: str
    words: str  # what was done to them


@dataclass(frozen=True, slots=True)
class Work:
    """What one item costs, counted and not measured."""

    parameters: int
    multiply_adds: int  # of convolutions and linear layers; not of bias, normalisation, pooling
    item: str  # what goes through the network, once
    published: Published


def work_of(job: Task[Any]) -> Work:
    """Return the work of a job's network; nothing is computed for it.

    For a network that lifts, it is that of one more frame of a sequence, whose frames share
    what lies between them.

    Source: deep-high-resolution-net.pytorch, lib/utils/utils.py, for what is counted; Pavllo et
    al. 2019 for frames.
    """
    network = copy.deepcopy(job.network).to("meta").eval()
    parameters = sum(parameter.numel() for parameter in network.parameters())
    if isinstance(job, Lifting):
        joints, seen = len(job.dataset.keypoints), 2 * job.inputs().pad + 1
        one, two = (_counted(network, (1, frames, joints, 2)) for frames in (seen, seen + 1))
        doubled = Published(2 * (two - one) / MEGA, "MFLOPs", "twice as many, in millions")
        return Work(parameters, two - one, "one more frame of a sequence", doubled)
    model: Any = job.spec.model
    height, width = model.input
    shape = (1, 3, height, width)
    found, more = _counted(network, shape), _overcounted(network, shape)
    words = "the same over 1024^3, as the official code prints"
    if more:
        words += " it, which counts deconvolutions by the cells that they put out: four times"
    printed = Published((found + more) / GIGA, "GFLOPs", words)
    return Work(parameters, found, f"one crop of {height} x {width} (height x width)", printed)


def _overcounted(network: nn.Module, shape: tuple[int, ...]) -> int:
    """Return how many more multiply-adds of deconvolutions the official code counts.

    It takes a weight for each cell that comes out, where there is one for each that goes in.
    """
    more = 0

    def count(module: nn.Module, given: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal more
        cells = output.shape[2:].numel() - given[0].shape[2:].numel()
        more += cells * sum(weight.numel() for weight in module.parameters())

    hooks = [
        module.register_forward_hook(count)
        for module in network.modules()
        if isinstance(module, nn.ConvTranspose2d)
    ]
    with torch.no_grad():
        network(torch.empty(shape, device="meta"))
    for hook in hooks:
        hook.remove()
    return more


def _counted(network: nn.Module, shape: tuple[int, ...]) -> int:
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network(torch.empty(shape, device="meta"))
    return int(counter.get_total_flops()) // 2  # a multiplication and an addition
