"""The composition root: a backbone and a head from a spec."""

import torch
from torch import Tensor, nn

from hrbench.backbone import hrnet
from hrbench.heads import HEADS
from hrbench.heads.codecs import CODECS, Codec
from hrbench.heads.faces import OfficialFaceHeatmap
from hrbench.spec import Model

INITIAL_DEVIATION = 0.001  # of convolutions, in the official pose code


class LandmarkNetwork(nn.Module):
    """Backbone and head.

    Shapes: (B, 3, H, W) normalised RGB to (B, K, H / 4, W / 4) scores.
    """

    def __init__(self, backbone: hrnet.HRNet, head: nn.Module) -> None:
        super().__init__()
        self.backbone, self.head = backbone, head

    def forward(self, images: Tensor) -> Tensor:
        scores: Tensor = self.head(self.backbone(images))
        return scores


def build(model: Model, num_keypoints: int, seed: int, initial: str = "normal") -> LandmarkNetwork:
    """Return the network that a spec describes, its initial weights drawn with `seed`.

    Convolutions start as in the official pose code, or, with `kaiming`, those of the backbone
    as He et al. 2015 propose: from nothing that learns sooner.
    """
    torch.manual_seed(seed)
    backbone = hrnet.build(model.backbone, model.branches, model.upsampling)
    channels = hrnet.SIZES[model.backbone].channels[: model.branches]
    network = LandmarkNetwork(backbone, HEADS[model.head](channels, num_keypoints))
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = model.momentum
        if isinstance(module, nn.Conv2d):
            nn.init.normal_(module.weight, std=INITIAL_DEVIATION)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
            elif initial == "kaiming":
                nn.init.kaiming_normal_(module.weight, mode="fan_out")
    return network


def codec(model: Model) -> Codec:
    """Return how keypoints are written as heatmaps and read back."""
    height, width = (edge // hrnet.STRIDE for edge in model.input)
    return CODECS[model.codec](height, width, hrnet.STRIDE, model.sigma)


def official_face_codec(model: Model) -> OfficialFaceHeatmap:
    """Return how the published face code does that: in whole cells."""
    height, width = (edge // hrnet.STRIDE for edge in model.input)
    return OfficialFaceHeatmap(height, width, hrnet.STRIDE, model.sigma)
