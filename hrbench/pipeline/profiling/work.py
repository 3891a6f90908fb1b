"""How large a network is: its parameters and its multiply-adds."""

import copy
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from hrbench.pipeline.job import Job
from hrbench.pipeline.lifting.job import LiftingJob

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


def work_of(job: Job[Any]) -> Work:
    """Return the work of a job's network; nothing is computed for it.

    For a network that lifts, it is that of one more frame of a sequence, whose frames share
    what lies between them.

    Source: deep-high-resolution-net.pytorch, lib/utils/utils.py, for what is counted; Pavllo et
    al. 2019 for frames.
    """
    network = copy.deepcopy(job.network).to("meta").eval()
    parameters = sum(parameter.numel() for parameter in network.parameters())
    if isinstance(job, LiftingJob):
        joints, seen = len(job.dataset.keypoints), 2 * job.inputs().pad + 1
        one, two = (_counted(network, (1, frames, joints, 2)) for frames in (seen, seen + 1))
        doubled = Published(2 * (two - one) / MEGA, "MFLOPs", "twice as many, in millions")
        return Work(parameters, two - one, "one more frame of a sequence", doubled)
    model: Any = job.spec.model
    height, width = model.input
    found = _counted(network, (1, 3, height, width))
    printed = Published(found / GIGA, "GFLOPs", "the same over 1024^3, as the official code prints")
    return Work(parameters, found, f"one crop of {height} x {width} (height x width)", printed)


def _counted(network: nn.Module, shape: tuple[int, ...]) -> int:
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network(torch.empty(shape, device="meta"))
    return int(counter.get_total_flops()) // 2  # a multiplication and an addition
