"""What network a checkpoint is of, told from the shapes of its tensors under our names."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from hrbench.backbone.fitting import PREFIX
from hrbench.backbone.registry import BACKBONES
from hrbench.backbone.timm_networks import is_of_timm

STEM = f"{PREFIX}conv1.weight"
COLORS = 3


@dataclass(frozen=True, slots=True)
class Anatomy:
    """A network by its parts; None for what it has not."""

    backbones: tuple[str, ...]  # the names that fit; two of them are one network
    input_channels: int | None  # of the image
    keypoints: int | None  # that heatmaps are scored for
    classes: int | None
    branches: int | None  # that the heatmaps' head reads
    simcc: bool = False  # keypoints are scored for by column and row, not by heatmaps

    @property
    def head(self) -> str:
        """What the head makes, in a word or two."""
        if self.keypoints is not None:
            return "columns and rows (SimCC)" if self.simcc else "heatmaps"
        return "none that is known here" if self.classes is None else "classes"


def anatomy(tensors: Mapping[str, Tensor], said: str = "") -> Anatomy:
    """Return the parts of the network that tensors are of.

    `said` is the backbone that their file names: shapes do not tell timm's.
    """
    score, logits = tensors.get("head.score.weight"), tensors.get("head.classifier.weight")
    stem = tensors.get(STEM)
    branches = None
    if score is not None:
        branches = 4 if "head.mix.0.weight" in tensors else 1
    of_timm = is_of_timm(said) and any(name.startswith(f"{PREFIX}model.") for name in tensors)
    planes = COLORS if of_timm else None
    return Anatomy(
        backbones=(said,) if of_timm else _backbones(tensors),
        input_channels=planes if stem is None else stem.shape[1],
        keypoints=None if score is None else len(score),
        classes=None if logits is None else len(logits),
        branches=branches,
        simcc="head.mlp_head_x.weight" in tensors,
    )


def _backbones(tensors: Mapping[str, Tensor]) -> tuple[str, ...]:
    """Return the names of the backbones whose every tensor is there."""
    inside = {
        name.removeprefix(PREFIX): tuple(tensor.shape)
        for name, tensor in tensors.items()
        if name.startswith(PREFIX)
    }
    fitting = []
    for name, backbone in BACKBONES.items():
        mark, length = backbone.mark
        if inside.get(mark, ())[:1] != (length,):
            continue
        with torch.device("meta"):
            built = backbone.make(1, "nearest")
        wanted = {key: tuple(tensor.shape) for key, tensor in built.state_dict().items()}
        blocks = {key.rsplit(".", 2)[0] for key in wanted}
        further = {key.rsplit(".", 2)[0] for key in inside} - blocks
        if wanted.items() <= inside.items() and all("fuse" in key for key in further):
            fitting.append(name)
    return tuple(fitting)
