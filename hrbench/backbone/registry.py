"""The backbones by name, each with all that a head, a spec or a checkpoint asks of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from torch import nn

from hrbench.backbone import hrnet, resnet
from hrbench.backbone.hrnet import HRNet, Upsampling
from hrbench.backbone.initial import Initial, draw
from hrbench.backbone.input import IMAGENET, Input
from hrbench.backbone.resnet import ResNet
from hrbench.errors import UnknownNameError


@dataclass(frozen=True, slots=True)
class Backbone:
    """A network from normalised images to maps: the module, and what is known of it."""

    make: Callable[[int, Upsampling], nn.Module]  # so many branches, the finest first
    channels: tuple[int, ...]  # of each branch
    strides: tuple[int, ...]  # image pixels per cell of each branch
    mark: tuple[str, int]  # the name of a tensor that no other family has, and its length
    initialise: Callable[[nn.Module, Initial], None] = draw  # its own weights, and no others
    input: Input = IMAGENET
    filters: int = 256  # of deconvolutions, where its finest branch is coarser than heatmaps


def of_hrnet(size: hrnet.Size) -> Backbone:
    """Return an HRNet of any width and depth."""
    return Backbone(
        make=lambda branches, upsampling: HRNet(size, branches, upsampling),
        channels=size.channels,
        strides=hrnet.STRIDES,
        mark=("stage4.0.branches.0.0.conv1.weight", size.width),
    )


def of_resnet(size: resnet.Size) -> Backbone:
    """Return a ResNet of any width and depth."""
    return Backbone(
        make=lambda _branches, _upsampling: ResNet(size),
        channels=(size.channels,),
        strides=(resnet.STRIDE,),
        mark=("layer4.0.conv1.weight", 8 * size.width),
        input=replace(IMAGENET, color=None),
        filters=4 * size.width,  # the official 256 of 64
    )


BACKBONES: dict[str, Backbone] = {
    **{name: of_hrnet(size) for name, size in hrnet.SIZES.items()},
    **{name: of_resnet(size) for name, size in resnet.SIZES.items()},
}


def backbone_of(name: str) -> Backbone:
    """Return the backbone of that name.

    Raises:
        UnknownNameError: there is none.
    """
    if name not in BACKBONES:
        raise UnknownNameError("backbone", name, BACKBONES)
    return BACKBONES[name]
