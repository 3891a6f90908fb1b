"""The backbones by name, each with all that a head, a spec or a checkpoint asks of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.util import find_spec

from torch import nn

from hrbench.backbone import hrnet, resnet, timm_networks
from hrbench.backbone.hrnet import HRNet, Upsampling
from hrbench.backbone.initial import Initial, draw
from hrbench.backbone.input import IMAGENET, Input
from hrbench.backbone.resnet import ResNet
from hrbench.backbone.timm_networks import TimmBackbone
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


def of_timm(name: str, size: tuple[int, int], drop_path: float | None) -> Backbone:
    """Return a network of timm's, for images of a size.

    Raises:
        SpecError, UnknownNameError: timm has none, or makes no such maps of such images.
    """
    channels, strides = timm_networks.maps(name, size, drop_path)
    own = timm_networks.own_name(name)
    return Backbone(
        make=lambda _branches, _upsampling: TimmBackbone(own, size, drop_path),
        channels=channels,
        strides=strides,
        mark=("", 0),  # none: a file of ours says which it is of
        initialise=_as_it_is,
        input=timm_networks.statistics(own),
    )


def _as_it_is(module: nn.Module, initial: Initial) -> None:
    """Draw nothing: the network has."""


def backbone_of(
    name: str, size: tuple[int, int] = (256, 192), drop_path: float | None = None
) -> Backbone:
    """Return the backbone of that name.

    Of `timm/NAME` it is the one for images of `size`, height and width, whose last block is left
    out of a training step with the probability `drop_path`; ours have neither.

    Raises:
        SpecError: timm's makes no maps of such images, or timm is not installed.
        UnknownNameError: there is none.
    """
    if timm_networks.is_of_timm(name):
        return of_timm(name, size, drop_path)
    if name not in BACKBONES:
        raise UnknownNameError("backbone", name, (*BACKBONES, *_of_timm_alike(name)))
    return BACKBONES[name]


def _of_timm_alike(name: str) -> tuple[str, ...]:
    """Return how a network of timm's would have been named that is called just so."""
    if find_spec("timm") is None:
        return ()
    import timm  # noqa: PLC0415  takes seconds

    return (f"{timm_networks.BEGINS}{name}",) if timm.models.is_model(name) else ()
