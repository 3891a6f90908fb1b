"""The composition root: a backbone and a head from a spec."""

import torch
from torch import Tensor, nn

from hrbench.backbone import hrnet, resnet
from hrbench.data.pose_statistics import JOINTS_OUT, KEYPOINTS_IN
from hrbench.errors import UnknownNameError
from hrbench.heads.classify import ClassificationHead
from hrbench.heads.codecs import CODECS, Codec
from hrbench.heads.deconvolution import DeconvolutionHead
from hrbench.heads.faces import OfficialFaceHeatmap
from hrbench.heads.heatmap import HeatmapHead
from hrbench.heads.linear_lift import LinearLifter
from hrbench.heads.temporal_lift import TemporalLifter
from hrbench.spec import ClassifierModel, HeatmapModel, LinearModel, TemporalModel

INITIAL_DEVIATION = 0.001  # of convolutions, in the official pose code
FILTERS = 4  # of each deconvolution, times the width of a ResNet's stem: the official 256 of 64
NUM_JOINTS = 17
MILLIMETRES = 1000.0  # in the metres that VideoPose3D's weights answer in


class LandmarkNetwork(nn.Module):
    """Backbone and head.

    Shapes: (B, 3, H, W) normalised images, in the spec's order of colours, to
    (B, K, H / 4, W / 4) scores.
    """

    def __init__(self, backbone: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.backbone, self.head = backbone, head

    def forward(self, images: Tensor) -> Tensor:
        scores: Tensor = self.head(self.backbone(images))
        return scores


def build(
    model: HeatmapModel, num_keypoints: int, seed: int, initial: str = "normal"
) -> LandmarkNetwork:
    """Return the network that a spec describes, its initial weights drawn with `seed`.

    Convolutions start as in the official pose code, or, with `kaiming`, those of the backbone
    as He et al. 2015 propose: from nothing that learns sooner.
    """
    torch.manual_seed(seed)
    network = _heatmap_network(model, num_keypoints)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = model.momentum
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(module.weight, std=INITIAL_DEVIATION)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
            elif initial == "kaiming":
                nn.init.kaiming_normal_(module.weight, mode="fan_out")
    return network


def _heatmap_network(model: HeatmapModel, num_keypoints: int) -> LandmarkNetwork:
    """Return HRNet with its head, or a ResNet with deconvolutions."""
    if model.backbone in resnet.SIZES:
        size = resnet.SIZES[model.backbone]
        filters = FILTERS * size.width
        head = DeconvolutionHead(size.channels, filters, num_keypoints)
        return LandmarkNetwork(resnet.build(model.backbone), head)
    if model.backbone not in hrnet.SIZES:
        raise UnknownNameError("backbone", model.backbone, [*hrnet.SIZES, *resnet.SIZES])
    channels = hrnet.SIZES[model.backbone].channels[: model.branches]
    backbone = hrnet.build(model.backbone, model.branches, model.upsampling)
    return LandmarkNetwork(backbone, HeatmapHead(channels, num_keypoints))


def codec(model: HeatmapModel) -> Codec:
    """Return how keypoints are written as heatmaps and read back."""
    height, width = (edge // hrnet.STRIDE for edge in model.input)
    return CODECS[model.codec](height, width, hrnet.STRIDE, model.sigma)


def official_face_codec(model: HeatmapModel) -> OfficialFaceHeatmap:
    """Return how the published face code does that: in whole cells."""
    height, width = (edge // hrnet.STRIDE for edge in model.input)
    return OfficialFaceHeatmap(height, width, hrnet.STRIDE, model.sigma)


class Classifier(nn.Module):
    """Backbone and classification head.

    Shapes: (B, 3, H, W) normalised RGB to (B, classes) logits.
    """

    def __init__(self, backbone: hrnet.HRNet, head: nn.Module) -> None:
        super().__init__()
        self.backbone, self.head = backbone, head

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.head(self.backbone(images))
        return logits


def build_classifier(model: ClassifierModel, num_classes: int, seed: int) -> Classifier:
    """Return a classification network, its weights drawn as the official code draws them."""
    torch.manual_seed(seed)
    backbone = hrnet.build(model.backbone, num_outputs=4)
    channels = hrnet.SIZES[model.backbone].channels
    head = ClassificationHead(channels, num_classes, width=model.width, features=model.features)
    network = Classifier(backbone, head)
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out")
    return network


class TemporalNetwork(nn.Module):
    """The dilated temporal network, from normalised keypoints to joints.

    Shapes: (B, F, 17, 2) in VideoPose3D's screen coordinates, F frames of which the network sees
    `receptive_field` at once, to (B, F - receptive_field + 1, 17, 3) mm in the camera's frame,
    the hip near the origin. In training F is the receptive field: the network is strided then,
    which gives the same.
    """

    def __init__(self, head: TemporalLifter) -> None:
        super().__init__()
        self.head = head

    def forward(self, keypoints: Tensor) -> Tensor:
        metres: Tensor = self.head.one_frame(keypoints) if self.training else self.head(keypoints)
        return metres * MILLIMETRES


class LinearNetwork(nn.Module):
    """The residual linear network, from keypoints in pixels to joints, frame by frame.

    Shapes: (B, F, 17, 2) image pixels to (B, F, 17, 3) mm in the camera's frame, the hip at the
    origin. The statistics that both sides are standardised by are kept with the weights.
    """

    keypoint_mean: Tensor  # (32,) px, of x and y of 16 joints
    keypoint_std: Tensor
    joint_mean: Tensor  # (48,) mm, of x, y and z of 16 joints around the hip
    joint_std: Tensor

    def __init__(self, head: LinearLifter) -> None:
        super().__init__()
        self.head = head
        for name, joints, axes in (("keypoint", KEYPOINTS_IN, 2), ("joint", JOINTS_OUT, 3)):
            self.register_buffer(f"{name}_mean", torch.zeros(len(joints) * axes))
            self.register_buffer(f"{name}_std", torch.ones(len(joints) * axes))

    def forward(self, keypoints: Tensor) -> Tensor:
        flat = keypoints[..., list(KEYPOINTS_IN), :].flatten(-2)
        standard = (flat - self.keypoint_mean) / self.keypoint_std
        lifted = self.head(standard.flatten(0, 1)).unflatten(0, flat.shape[:2])
        joints = (lifted * self.joint_std + self.joint_mean).unflatten(-1, (-1, 3))
        return torch.cat((torch.zeros_like(joints[..., :1, :]), joints), dim=-2)


def build_lifter(model: LinearModel | TemporalModel, seed: int) -> TemporalNetwork | LinearNetwork:
    """Return a lifting network, its weights drawn as its official code draws them."""
    torch.manual_seed(seed)
    if isinstance(model, LinearModel):
        head = LinearLifter(
            len(KEYPOINTS_IN),
            len(JOINTS_OUT),
            width=model.width,
            stages=model.stages,
            dropout=model.dropout,
        )
        return LinearNetwork(head)
    return TemporalNetwork(
        TemporalLifter(
            NUM_JOINTS,
            NUM_JOINTS,
            widths=model.filter_widths,
            channels=model.channels,
            dropout=model.dropout,
            causal=model.causal,
        )
    )
