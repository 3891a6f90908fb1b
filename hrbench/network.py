"""The composition root: a backbone and a head from a spec."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from hrbench.backbone.initial import Initial
from hrbench.backbone.input import Input, Normalisation
from hrbench.backbone.registry import Backbone, backbone_of
from hrbench.backbone.timm_networks import (
    TimmPooled,
    is_of_timm,
    own_name,
    require_classifier,
    statistics,
)
from hrbench.data.pose_statistics import JOINTS_OUT, KEYPOINTS_IN
from hrbench.errors import SpecError
from hrbench.heads.classify import ClassificationHead, PooledHead
from hrbench.heads.codec import GridCodec
from hrbench.heads.codecs import CODECS
from hrbench.heads.deconvolution import DeconvolutionHead
from hrbench.heads.faces import OfficialFaceHeatmap
from hrbench.heads.heatmap import STRIDE, HeatmapHead
from hrbench.heads.keypoints import KeypointHead
from hrbench.heads.linear_lift import LinearLifter
from hrbench.heads.simcc import SPLIT, SimccHead
from hrbench.heads.temporal_lift import TemporalLifter
from hrbench.spec import (
    ClassifierModel,
    HeatmapModel,
    ImageModel,
    LandmarkTask,
    LinearModel,
    TemporalModel,
)

NUM_JOINTS = 17
MILLIMETRES = 1000.0  # in the metres that VideoPose3D's weights answer in


class ImageNetwork(nn.Module):
    """Normalisation, backbone and head.

    In evaluation the head computes in single precision, whatever the backbone does: of maps in 8
    bits, neighbouring cells would tie.

    Shapes: (B, H, W, 3) uint8 RGB images to what the head makes: (B, K, H / 4, W / 4) scores of
    keypoints, (B, K, 2 W + 2 H) ones, or (B, classes) logits.
    """

    def __init__(self, normalise: nn.Module, backbone: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.normalise, self.backbone, self.head = normalise, backbone, head

    def forward(self, images: Tensor) -> Tensor:
        inputs: Tensor = self.normalise(images)
        return self.answer(inputs)

    def parameter_groups(self, weight_decay: float, layer_decay: float) -> list[dict[str, Any]]:
        """Return all parameters by layer, as optimisers take them; the backbone is timm's.

        The head learns at the full rate; its biases and norms do not decay.
        """
        backbone: Any = self.backbone
        of_head: dict[bool, list[nn.Parameter]] = {True: [], False: []}  # by whether they decay
        for parameter in self.head.parameters():
            of_head[parameter.ndim > 1].append(parameter)
        return [
            *backbone.parameter_groups(weight_decay, layer_decay),
            {"params": of_head[True], "weight_decay": weight_decay},
            {"params": of_head[False], "weight_decay": 0.0},
        ]

    def answer(self, inputs: Tensor) -> Tensor:
        """Return what the head makes of (B, 3, H, W) images that are normalised already."""
        branches = self.backbone(inputs)
        answers: Tensor
        if self.training or branches[0].dtype == torch.float32:
            answers = self.head(branches)
            return answers
        with torch.autocast(inputs.device.type, enabled=False):
            answers = self.head([branch.float() for branch in branches])
        return answers


def build(
    model: HeatmapModel,
    num_keypoints: int,
    seed: int,
    initial: Initial = "normal",
    drop_path: float | None = None,
) -> ImageNetwork:
    """Return the network that a spec describes, its initial weights drawn with `seed`.

    `drop_path` is the recipe's, of a backbone of timm's.

    Raises:
        UnknownNameError, SpecError: as `require_buildable`.
    """
    require_buildable(model)
    entry = backbone_of(model.backbone, model.input, drop_path)
    torch.manual_seed(seed)
    backbone = entry.make(model.branches, model.upsampling)
    head = HEADS[model.head](entry, model, num_keypoints)
    # Backbone and head are made before either is drawn, so that a seed draws what it always did.
    entry.initialise(backbone, initial)
    head.initialise(initial)
    network = ImageNetwork(Normalisation(_given(model, entry.input), model.color), backbone, head)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = model.momentum
    return network


def require_buildable(model: HeatmapModel) -> None:
    """Refuse a spec of a network that there is none of.

    Raises:
        UnknownNameError: no backbone is called so.
        SpecError: it has one branch, and a key is of several.
    """
    several = len(backbone_of(model.backbone, model.input).channels) > 1
    if not several and (model.branches, model.upsampling) != (1, "nearest"):
        raise SpecError(
            "model.branches and model.upsampling are HRNet's: with "
            f"'{model.backbone}', which has one branch, they are 1 and 'nearest'"
        )
    if is_of_timm(model.backbone) and model.upsampling != "nearest":
        raise SpecError(
            f"model.upsampling: timm's '{model.backbone}' takes the nearest cell; "
            f"'{model.backbone.removeprefix('timm/').replace('_', '-')}' has the other"
        )


def _heatmap_head(backbone: Backbone, model: HeatmapModel, num_keypoints: int) -> KeypointHead:
    """Return the head on branches as fine as heatmaps, or deconvolutions of a coarser one."""
    if backbone.strides[0] == STRIDE:
        return HeatmapHead(backbone.channels[: model.branches], num_keypoints)
    *_, channels = backbone.channels
    doublings = (backbone.strides[-1] // STRIDE).bit_length() - 1
    return DeconvolutionHead(channels, backbone.filters, num_keypoints, doublings)


def _simcc_head(backbone: Backbone, model: HeatmapModel, num_keypoints: int) -> KeypointHead:
    """Return the head that reads the finest branch, whatever its stride."""
    height, width = model.input
    cells = (height // backbone.strides[0], width // backbone.strides[0])
    return SimccHead(backbone.channels[0], cells, (SPLIT * width, SPLIT * height), num_keypoints)


HEADS: dict[str, Callable[[Backbone, HeatmapModel, int], KeypointHead]] = {  # by `model.head`
    "heatmap": _heatmap_head,
    "simcc": _simcc_head,
}


def codec(spec: LandmarkTask) -> GridCodec:
    """Return how keypoints are written as targets, and read back by the protocol's decoder."""
    model, make = spec.model, CODECS[spec.model.codec]
    height, width = (round(edge / make.STRIDE) for edge in model.input)
    return make(height, width, make.STRIDE, model.sigma, spec.protocol.decoder)


def official_face_codec(model: HeatmapModel, counted_from: int) -> OfficialFaceHeatmap:
    """Return how the published face code does that: in whole cells."""
    height, width = (edge // STRIDE for edge in model.input)
    return OfficialFaceHeatmap(height, width, STRIDE, model.sigma, counted_from=counted_from)


def build_classifier(
    model: ClassifierModel, num_classes: int, seed: int, drop_path: float | None = None
) -> ImageNetwork:
    """Return a classification network, its weights drawn as the official code draws them.

    A network of timm's pools as it does there.

    Raises:
        UnknownNameError: no backbone is called so.
        SpecError: it has not the four branches that the head sums.
    """
    if is_of_timm(model.backbone):
        return _build_pooled(model, num_classes, seed, drop_path)
    torch.manual_seed(seed)
    entry = backbone_of(model.backbone)
    if len(entry.channels) != ClassificationHead.BRANCHES:
        raise SpecError(
            f"model.backbone: the head 'classify' sums {ClassificationHead.BRANCHES} branches, and "
            f"'{model.backbone}' has {len(entry.channels)}"
        )
    backbone = entry.make(len(entry.channels), "nearest")
    head = ClassificationHead(
        entry.channels, num_classes, width=model.width, features=model.features
    )
    entry.initialise(backbone, "fan-out")
    head.initialise()
    return ImageNetwork(Normalisation(_given(model, entry.input)), backbone, head)


def _build_pooled(
    model: ClassifierModel, num_classes: int, seed: int, drop_path: float | None
) -> ImageNetwork:
    require_classifier(model.backbone, model.input, drop_path)
    name = own_name(model.backbone)
    torch.manual_seed(seed)
    backbone = TimmPooled(name, model.input, drop_path)
    head = PooledHead(backbone.features, num_classes)
    return ImageNetwork(Normalisation(_given(model, statistics(name))), backbone, head)


def _given(model: ImageModel, own: Input) -> Input:
    """Return the statistics that a spec says, or the backbone's own."""
    if model.mean is None or model.std is None:
        return own
    return replace(own, mean=model.mean, deviation=model.std)


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
        points = keypoints.unbind(-2)  # by number: a list of them would go to a card at each step
        flat = torch.stack([points[number] for number in KEYPOINTS_IN], dim=-2).flatten(-2)
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
