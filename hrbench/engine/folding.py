"""Batch normalisation put into the weights of the convolutions before it, to predict faster.

With its statistics fixed, it only scales and shifts what a convolution gives.
"""

import copy
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

CONVOLUTIONS = (nn.Conv2d, nn.ConvTranspose2d)


@torch.no_grad()
def folded(network: nn.Module, inputs: Tensor) -> nn.Module:
    """Return a copy of a network in evaluation, without such normalisation.

    What comes after what is seen as the inputs go through it.
    """
    copied = copy.deepcopy(network).eval()
    found = _followed(copied, inputs)
    for norm, layer in found.items():
        layer.weight, layer.bias = fuse_conv_bn_weights(
            layer.weight,
            layer.bias,
            norm.running_mean,
            norm.running_var,
            norm.eps,
            norm.weight,
            norm.bias,
            transpose=isinstance(layer, nn.ConvTranspose2d),
        )
    for parent in list(copied.modules()):
        for name, child in parent.named_children():
            if child in found:  # timm's have an activation inside, which is called after them
                setattr(parent, name, nn.Sequential(*child.children()))
    return copied


def _followed(network: nn.Module, inputs: Tensor) -> Mapping[Any, Any]:
    """Return the convolution whose output each normalisation is given."""
    found: dict[Any, Any] = {}
    last: list[tuple[Any, Any]] = [(None, None)]

    def keep(layer: nn.Module, _: object, output: Tensor) -> None:
        last[:] = [(layer, output)]

    def match(norm: nn.Module, given: tuple[Tensor, ...]) -> None:
        layer, output = last[0]
        if output is given[0]:
            found[norm] = layer

    handles = []
    for module in network.modules():
        if isinstance(module, CONVOLUTIONS):
            handles.append(module.register_forward_hook(keep))
        elif isinstance(module, nn.BatchNorm2d):
            handles.append(module.register_forward_pre_hook(match))
    network(inputs)
    for handle in handles:
        handle.remove()
    return found
