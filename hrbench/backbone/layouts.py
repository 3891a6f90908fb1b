"""What published checkpoints call their tensors, and what they are called here.

Ours are `backbone.` and the official names, then `head.` and the head's own.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Layout:
    """How one release names the tensors of its networks."""

    name: str
    marks: tuple[str, ...]  # its files have names that begin with each of these
    beginnings: Mapping[str, str]  # theirs, and ours instead; of those that fit, the first
    zeros: tuple[str, ...] = ()  # biases of ours that its convolutions leave out
    color: str | None = "rgb"  # the order of an image's planes; None: the network's spec says
    bottom_up: bool = False  # its head finds all persons at once, which none here does

    def ours(self, name: str) -> str:
        """Return what a tensor of this layout is called here."""
        begins = next(theirs for theirs in self.beginnings if name.startswith(theirs))
        return self.beginnings[begins] + name.removeprefix(begins)

    def theirs(self, name: str) -> str | None:
        """Return what a tensor of ours is called in this layout; None where it has none such."""
        fitting = [(ours, theirs) for theirs, ours in self.beginnings.items()]
        beginning = next((pair for pair in fitting if name.startswith(pair[0])), None)
        return None if beginning is None else beginning[1] + name.removeprefix(beginning[0])

    def fits(self, names: Collection[str]) -> bool:
        """Return whether a file with these names is in this layout."""
        return all(any(name.startswith(mark) for name in names) for mark in self.marks)


OURS = {"": ""}
BACKBONE = {"": "backbone."}
HEAD = {"": "head."}
CLASSES = {
    part: f"head.{part}"
    for part in ("incre_modules.", "downsamp_modules.", "final_layer.", "classifier.")
}

SIMCC = {name: f"head.{name}" for name in ("mlp_head_x.", "mlp_head_y.")}

POSE = Layout("pose", ("conv1.", "stage4."), {"final_layer.": "head.score."} | SIMCC | BACKBONE)
FACE = Layout(
    "face",
    ("conv1.", "stage4.", "head.0.weight", "head.3.weight"),
    {"head.0.": "head.mix.0.", "head.1.": "head.mix.1.", "head.3.": "head.score."} | BACKBONE,
)
CLASSIFICATION = Layout("classification", ("conv1.", "stage4.", "classifier."), CLASSES | BACKBONE)
# The ImageNet files of the official pose recipes, hrnet_w32-36af842e.pth and its like.
POSE_IMAGENET = Layout(
    "pose-imagenet",
    ("conv1.", "stage4.", "head.0.0.0."),
    {
        "head.0.": "head.incre_modules.",
        "head.1.": "head.downsamp_modules.",
        "head.2.": "head.final_layer.",
        **dict.fromkeys(("head.3.", "fc.", "classifier."), "head.classifier."),
    }
    | BACKBONE,
)
# timm's networks that end with the branches, widened or not.
FEATURES = Layout("features", ("conv1.", "stage4.", "incre_modules."), CLASSES | BACKBONE)
HIGHER = Layout(
    "higherhrnet",
    ("conv1.", "stage4.", "final_layers."),
    {part: f"head.{part}" for part in ("final_layers.", "deconv_layers.")} | BACKBONE,
    bottom_up=True,
)
POSE_RESNET = Layout(
    "pose_resnet",
    ("conv1.", "layer4.", "deconv_layers."),
    {"deconv_layers.": "head.deconv_layers.", "final_layer.": "head.score."} | BACKBONE,
    color="bgr",  # COLOR_RGB: false in every configuration of experiments/*/resnet
)
RESNET = Layout("resnet", ("conv1.", "layer4."), {"fc.": "head.fc."} | BACKBONE)
MMPOSE = Layout(
    "mmpose",
    ("backbone.", "head.final_layer."),
    {"head.conv_layers.": "head.mix.", "head.final_layer.": "head.score."} | OURS,
)
MMPOSE_0 = Layout(
    "mmpose-0",  # before version 1
    ("backbone.", "keypoint_head.final_layer."),
    {f"keypoint_head.final_layer.{i}.": f"head.mix.{i}." for i in (0, 1)}
    | {"keypoint_head.final_layer.3.": "head.score."}
    | {"keypoint_head.final_layer.": "head.score.", "keypoint_head.": "head."}
    | OURS,
)
MMPRETRAIN = Layout(
    "mmpretrain",
    ("backbone.", "head.fc."),
    {"neck.increase_layers.": "head.incre_modules.", "head.fc.": "head.classifier."}
    | {
        f"{theirs}.{part}.": f"{ours}.{place}."
        for theirs, ours in (
            *((f"neck.downsample_layers.{i}", f"head.downsamp_modules.{i}") for i in range(3)),
            ("neck.final_layer", "head.final_layer"),
        )
        for place, part in enumerate(("conv", "bn"))
    }
    | OURS,
    zeros=(
        *(f"head.downsamp_modules.{i}.0.bias" for i in range(3)),
        "head.final_layer.0.bias",
    ),
)
VIDEOPOSE3D = Layout("videopose3d", ("expand_conv.", "shrink."), HEAD)
MARTINEZ = Layout("martinez", ("w1.", "batch_norm1.", "w2."), HEAD)
HRBENCH = tuple(
    Layout("hrbench", marks, OURS, color=None)
    for marks in (
        *(("backbone.", "head.score."), ("backbone.", "head.classifier.")),
        *(("head.expand_conv.",), ("head.w1.",)),
    )
)
# What `timm_weights` makes of timm's other networks: no names tell these files.
TIMM = Layout("timm", (), OURS)
BARE = Layout("backbone", ("backbone.",), OURS)  # with a head of which nothing is known here

# The first that fits: what those at the end have, those before them have as well.
LAYOUTS = (
    *(*HRBENCH, MMPOSE, MMPOSE_0, MMPRETRAIN, BARE),
    *(POSE_IMAGENET, CLASSIFICATION, FACE, HIGHER, FEATURES, POSE),
    *(POSE_RESNET, RESNET, VIDEOPOSE3D, MARTINEZ),
)


def by_name() -> dict[str, Layout]:
    """Return the layouts by what they are called; those of one name differ in their marks only."""
    return {layout.name: layout for layout in (*LAYOUTS, TIMM)}


def layout_of(names: Collection[str]) -> Layout | None:
    """Return the layout of a file with these names; None if it is not known."""
    return next((layout for layout in LAYOUTS if layout.fits(names)), None)
