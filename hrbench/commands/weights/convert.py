"""A checkpoint written again: as safetensors or for torch.load, under our names or others'."""

from pathlib import Path

from hrbench.backbone import layouts
from hrbench.backbone.layouts import Layout
from hrbench.backbone.weights import Checkpoint
from hrbench.commands.weights.inspect import color_of
from hrbench.errors import WeightsError
from hrbench.road.given import weights_of
from hrbench.road.saving import SAFETENSORS, save

TORCH = (".pth", ".pt")
OFFICIAL = (  # by a tensor of ours that tells them; of those that are there, the first
    ("head.classifier.weight", layouts.CLASSIFICATION),
    ("head.expand_conv.weight", layouts.VIDEOPOSE3D),
    ("head.w1.weight", layouts.MARTINEZ),
    ("head.deconv_layers.0.weight", layouts.POSE_RESNET),
    ("head.mix.0.weight", layouts.FACE),
    ("backbone.conv1.weight", layouts.POSE),
)


def convert(
    file: str | Path, target: Path, names: str = "hrbench", *, part: str = "", force: bool = False
) -> Checkpoint:
    """Write a checkpoint's tensors to `target`, whose ending says how; return what was read.

    `part` is that of `weights.read`. A target that is there is replaced with `force` alone, and
    never where it is the file that is read.

    Raises:
        WeightsError: the file cannot be read, the ending is not known, the release has no such
            network, or the target cannot be written; nothing is left of it then.
    """
    if target.suffix not in {SAFETENSORS, *TORCH}:
        raise WeightsError(f"-o {target}: end it in {SAFETENSORS}, or in {' or '.join(TORCH)}")
    checkpoint = weights_of(str(file)).read(part)
    layout = _layout(checkpoint, names)
    if target.exists() and target.samefile(checkpoint.path):
        raise WeightsError(f"-o {target} is the file that is read; name another")
    if target.exists() and not force:
        raise WeightsError(
            f"-o {target} is there already; name another, or replace it with --force"
        )
    tensors = {}
    for name, tensor in checkpoint.tensors.items():
        theirs = layout.theirs(name)
        if theirs is None:
            raise WeightsError(f"{file}: a network of {names} has nothing like {name}")
        tensors[theirs] = tensor.contiguous()
    save(tensors, target, checkpoint, plain=names != "hrbench")
    return checkpoint


def _layout(checkpoint: Checkpoint, names: str) -> Layout:
    """Return the layout in which a network of these tensors has the names asked for.

    Raises:
        WeightsError: there are none, or such files are read with another order of colours.
    """
    if names == "hrbench":
        return layouts.HRBENCH[0]
    if names == "mmpose" and "head.score.weight" not in checkpoint.tensors:
        raise WeightsError(f"{checkpoint.path}: mmpose names heatmap networks only, and it is none")
    fitting = [layout for mark, layout in OFFICIAL if mark in checkpoint.tensors]
    layout = layouts.MMPOSE if names == "mmpose" else fitting[0]
    known = color_of(checkpoint)
    if "head.deconv_layers.0.weight" in checkpoint.tensors and known != layout.color:
        raise WeightsError(
            f"{checkpoint.path}: under these names a ResNet is taken for one of {layout.color} "
            f"images, and this one is of {known or 'images of unknown colour order'}; leave out "
            "--names"
        )
    return layout
