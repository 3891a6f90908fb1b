"""Networks of timm as backbones: by their names there, for images of one size.

timm draws their first weights, and prunes what makes nothing of the maps that are read.
"""

from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from typing import Any, cast

import torch
from torch import Tensor, nn

from hrbench.backbone.hrnet import STRIDES
from hrbench.backbone.input import Input
from hrbench.errors import SpecError, UnknownNameError, nearest

BEGINS = "timm/"  # a backbone's name, before timm's own
COARSEST = 32  # image pixels per cell of the maps that a head enlarges
BRANCHED = "hrnet_"  # whose branches leave it side by side
UNFIT = (
    TypeError,
    ValueError,
    RuntimeError,
    AssertionError,
    AttributeError,
)  # of timm's networks, for a size


class TimmBackbone(nn.Module):
    """A network of timm, as far as the maps that a head reads.

    These are its coarsest maps of at most 32 pixels per cell: a transformer's that keeps one
    scale, after the norm that follows its last block; HRNet's four branches.

    Args:
        name: timm's, with the tag of its weights or without.
        size: height and width of the images, which some are made for.
        drop_path: the probability that the last block is left out of a training step.

    Shapes: images (B, 3, H, W), normalised; returns (B, C, H / stride, W / stride) in a list, of
        HRNet one for each branch.
    """

    def __init__(self, name: str, size: Sequence[int], drop_path: float | None = None) -> None:
        super().__init__()
        self.model: Any
        self.strides: tuple[int, ...]  # image pixels per cell of each map
        # A class token and the like beside the cells: timm cuts it off in a way that torch.export
        # takes for a batch of at least two where it makes maps of the rest itself.
        self.with_tokens = False
        self.branched = name.startswith(BRANCHED)
        if self.branched:
            self.model = created(name, size, drop_path, features_only=True, feature_location="")
            self.strides = STRIDES
            return
        self.model = created(name, size, drop_path, num_classes=0)
        strides = [level["reduction"] for level in self.model.feature_info]
        last = max(number for number, stride in enumerate(strides) if stride <= COARSEST)
        self.norm = len(set(strides)) == 1
        self.with_tokens = self.norm and getattr(self.model, "num_prefix_tokens", 0) > 0
        self.strides = (int(strides[last]),)
        self.levels = self.model.prune_intermediate_layers(
            [last], prune_norm=not self.norm, prune_head=True
        )

    def forward(self, images: Tensor) -> list[Tensor]:
        maps: list[Tensor]
        if self.branched:
            _stem, *maps = self.model(images)
            return maps
        maps = self.model.forward_intermediates(
            images,
            indices=self.levels,
            norm=self.norm,
            output_fmt="NLC" if self.with_tokens else "NCHW",
            intermediates_only=True,
        )
        if self.with_tokens:
            cells = [edge // self.strides[0] for edge in images.shape[-2:]]
            return [tokens.mT.unflatten(2, cells).contiguous() for tokens in maps]
        return maps

    def parameter_groups(self, weight_decay: float, layer_decay: float) -> list[dict[str, Any]]:
        """Return `decayed` of the network."""
        return decayed(self.model, weight_decay, layer_decay)


class TimmPooled(nn.Module):
    """A network of timm, as far as the vector that its classes are told by.

    Args: as of `TimmBackbone`.

    Shapes: images (B, 3, H, W), normalised; returns one (B, features), in a list.
    """

    def __init__(self, name: str, size: Sequence[int], drop_path: float | None = None) -> None:
        super().__init__()
        self.model: Any = created(name, size, drop_path, num_classes=0)
        self.features = int(cast("Any", self.model).head_hidden_size)

    def forward(self, images: Tensor) -> list[Tensor]:
        return [self.model(images)]

    def parameter_groups(self, weight_decay: float, layer_decay: float) -> list[dict[str, Any]]:
        """Return `decayed` of the network."""
        return decayed(self.model, weight_decay, layer_decay)


def is_of_timm(backbone: str) -> bool:
    """Whether a backbone's name says that it is timm's."""
    return backbone.startswith(BEGINS)


def own_name(backbone: str) -> str:
    """Return what timm calls a backbone.

    Raises:
        SpecError: timm is not installed.
        UnknownNameError: it has no such network, or no such weights of it.
    """
    if find_spec("timm") is None:
        raise SpecError(f"model.backbone '{backbone}' needs timm: pip install 'hrbench[timm]'")
    import timm  # noqa: PLC0415  takes seconds, and is an extra

    name = backbone.removeprefix(BEGINS)
    network, _, tag = name.partition(".")
    if network not in (known := timm.list_models()):
        if not nearest(network, known):
            raise SpecError(
                f"no backbone is called '{backbone}'; `python -c 'import timm; "
                f"print(timm.list_models())'` names the {len(known):,} that timm has"
            )
        raise UnknownNameError("backbone", backbone, [f"{BEGINS}{other}" for other in known])
    if tag and name not in (tagged := timm.list_pretrained(f"{network}.*")):
        raise UnknownNameError("backbone", backbone, [f"{BEGINS}{other}" for other in tagged])
    return name


def created(
    name: str, size: Sequence[int], drop_path: float | None = None, **arguments: Any
) -> nn.Module:
    """Return a network as timm makes it, for images of a size where it is made for one."""
    import timm  # noqa: PLC0415

    if timm.models.get_pretrained_cfg_value(name, "fixed_input_size"):
        arguments["img_size"] = tuple(size)
    if drop_path is not None:
        arguments["drop_path_rate"] = drop_path
    return timm.create_model(name, **arguments)


def statistics(name: str) -> Input:
    """Return how images were given to a network when its weights of this name were trained."""
    import timm  # noqa: PLC0415

    known: Any = timm.models.get_pretrained_cfg(name)
    return Input(tuple(known.mean), tuple(known.std), "rgb")


@lru_cache
def maps(
    backbone: str, size: tuple[int, int], drop_path: float | None
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the channels and the strides of the maps that a backbone of timm's gives.

    Raises:
        SpecError: it takes no such images, or its cells are none that heatmaps are enlarged from.
        UnknownNameError: as `own_name`.
    """
    name = own_name(backbone)
    try:
        with torch.device("meta"), torch.no_grad():
            built = TimmBackbone(name, size, drop_path).eval()
            found = built(torch.empty(1, 3, *size))
    except UNFIT as error:
        raise _unfit(backbone, size, drop_path, error) from error
    for branch, stride in zip(found, built.strides, strict=True):
        cells = tuple(branch.shape[-2:])
        if stride.bit_count() != 1 or cells != tuple(edge // stride for edge in size):
            raise SpecError(
                f"model.backbone '{backbone}' makes maps of {cells[0]} x {cells[1]} cells, one for "
                f"every {stride} pixels, of images of {size[0]} x {size[1]}: heatmaps are enlarged "
                "from a cell for every 8, 16 or 32"
            )
    return tuple(branch.shape[1] for branch in found), built.strides


def require_classifier(backbone: str, size: tuple[int, int], drop_path: float | None) -> None:
    """Refuse a network of timm's that takes no images of a size.

    Raises:
        SpecError, UnknownNameError: as `maps`.
    """
    name = own_name(backbone)
    try:
        with torch.device("meta"), torch.no_grad():
            TimmPooled(name, size, drop_path).eval()(torch.empty(1, 3, *size))
    except UNFIT as error:
        raise _unfit(backbone, size, drop_path, error) from error


def decayed(model: Any, weight_decay: float, layer_decay: float) -> list[dict[str, Any]]:
    """Return the parameters of a network by layer, as optimisers take them.

    The learning rate of a layer (`lr_scale`) is `layer_decay` times that of the next; that of the
    last is `layer_decay` times the head's. Biases, norms, tokens and positions do not decay.

    Source: timm's grouping; Xu et al. 2022, section 4.1, for pose.
    """
    import timm.optim  # noqa: PLC0415

    apart = model.no_weight_decay() if hasattr(model, "no_weight_decay") else ()
    groups = cast("Any", timm.optim).param_groups_layer_decay(
        model, weight_decay, no_weight_decay_list=apart, layer_decay=layer_decay
    )
    return [
        {
            "params": group["params"],
            "weight_decay": group["weight_decay"],
            "lr_scale": group["lr_scale"] * layer_decay,
        }
        for group in groups
    ]


def _unfit(
    backbone: str, size: tuple[int, int], drop_path: float | None, error: Exception
) -> SpecError:
    first = (str(error).splitlines() or [type(error).__name__])[0]
    if drop_path is not None and "drop_path_rate" in first:
        return SpecError(f"recipe.drop_path: '{backbone}' leaves no blocks out; do not set it")
    return SpecError(
        f"model.backbone '{backbone}' makes no maps of images of {size[0]} x {size[1]} "
        f"(timm: {first}); another model.input, or another network, does"
    )
