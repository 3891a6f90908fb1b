"""How large a network is: its parameters and its multiply-adds.

Source: deep-high-resolution-net.pytorch, lib/utils/utils.py, for what is counted.
"""

import copy
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

HOLLOW = torch.device("meta")  # where there are shapes, and no numbers
GIGA = 1024**3  # what the official code calls so where it prints GFLOPs


@dataclass(frozen=True, slots=True)
class Published:
    """Multiply-adds in the unit in which the network's paper or code gives them."""

    value: float
    unit: str
    words: str  # what was done to them


@dataclass(frozen=True, slots=True)
class Complexity:
    """What one item costs, counted and not measured."""

    parameters: int
    multiply_adds: int  # of convolutions and linear layers; not of bias, normalisation, pooling
    item: str  # what goes through the network, once
    published: Published


def of_crop(network: nn.Module, height: int, width: int) -> Complexity:
    """Return what a crop of so many pixels costs; nothing is computed for it."""
    crop = torch.empty((1, height, width, 3), dtype=torch.uint8, device=HOLLOW)
    hollow = without_numbers(network)
    overcounted = _overcounted(hollow)
    count = multiply_adds(hollow, crop)  # the pass that fills the list too
    more = sum(overcounted)
    words = "the same over 1024^3, as the official code prints"
    if more:
        words += " it, which counts deconvolutions by the cells that they put out: four times"
    printed = Published((count + more) / GIGA, "GFLOPs", words)
    item = f"one crop of {height} x {width} (height x width)"
    return Complexity(parameters(network), count, item, printed)


def without_numbers(network: nn.Module) -> nn.Module:
    """Return a copy of a network that has shapes alone."""
    return copy.deepcopy(network).to(HOLLOW).eval()


def parameters(network: nn.Module) -> int:
    """Return how many numbers a training sets."""
    return sum(parameter.numel() for parameter in network.parameters())


def multiply_adds(hollow: nn.Module, given: Tensor) -> int:
    """Return how many an input takes in a network; neither has numbers."""
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        hollow(given)
    return int(counter.get_total_flops()) // 2  # a multiplication and an addition


def _overcounted(hollow: nn.Module) -> list[int]:
    """Return a list that takes, of a pass, how many more multiply-adds the official code counts.

    Of a deconvolution it takes a weight for each cell that comes out, where there is one for each
    that goes in.
    """
    more: list[int] = []

    def count(module: nn.Module, taken: tuple[Tensor, ...], output: Tensor) -> None:
        cells = output.shape[2:].numel() - taken[0].shape[2:].numel()
        more.append(cells * sum(weight.numel() for weight in module.parameters()))

    for module in hollow.modules():
        if isinstance(module, nn.ConvTranspose2d):
            module.register_forward_hook(count)
    return more
