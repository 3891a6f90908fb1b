"""What the flags and the dataset say of a task of keypoints."""

from collections.abc import Iterator
from pathlib import Path

from hrbench import network
from hrbench.backbone.anatomy import Anatomy
from hrbench.backbone.layouts import FACE
from hrbench.backbone.registry import backbone_of
from hrbench.backbone.timm_networks import is_of_timm
from hrbench.backbone.weights import Checkpoint
from hrbench.begun.options import Options
from hrbench.errors import RunError
from hrbench.formats.contract import PeopleFormat
from hrbench.formats.registry import format_of
from hrbench.heads.codecs import CODECS
from hrbench.heads.heatmap import HARDEST, OF_LOGITS
from hrbench.kinds import starting
from hrbench.kinds.kind import Refusal, unknown
from hrbench.kinds.landmarks import scoring
from hrbench.metrics import registry
from hrbench.metrics.inputs import PosesInBoxes
from hrbench.spec import DatasetSpec, LandmarkTask

OWN_BOXES = (".json",)


def overrides(options: Options, spec: LandmarkTask, checkpoint: Checkpoint | None) -> list[str]:
    """Return the keys that flags set.

    Weights are measured as they were trained: published ones of the official face code by its
    pixels, those of ResNets by the order of colours of their release, ours by the order that they
    say.
    """
    keys = []
    if checkpoint is not None:
        keys += _as_trained(spec, checkpoint)
    if options.boxes is not None:
        name = Path(options.boxes).name
        if options.boxes not in {"gt", "det"} and not name.endswith(OWN_BOXES):
            raise RunError(f"--boxes {options.boxes}: write gt, det, or a detections file (.json)")
        keys.append(f'protocol.boxes="{name}"')
    if options.tta is not None:
        keys.append(f"protocol.flip_test={str(options.tta).lower()}")
    return keys


def _as_trained(spec: LandmarkTask, checkpoint: Checkpoint) -> list[str]:
    keys, before = [], checkpoint.about
    if checkpoint.layout == FACE.name and spec.protocol.pixels is not None:
        keys.append("protocol.pixels=official")
    color = None if before is None else before.color
    if color is None and backbone_of(spec.model.backbone, spec.model.input).input.color is None:
        color = checkpoint.color
    return keys if color is None else [*keys, f"model.color={color}"]


def settled(
    spec: LandmarkTask, dataset: DatasetSpec, options: Options, checkpoint: Checkpoint | None
) -> list[str]:
    """Return the keys that the dataset or the weights decide, where the task leaves them open."""
    keys = [
        *starting.settled(spec.model, options, checkpoint),
        *_without_hrnets_keys(spec, options),
    ]
    if spec.protocol.metric is not None:
        return keys
    return [*keys, f"protocol.metric={registry.by_sigmas(known=dataset.sigmas is not None)}"]


def _without_hrnets_keys(spec: LandmarkTask, options: Options) -> list[str]:
    """Return what keys of HRNet's branches are with a backbone of timm's, where a file has them."""
    if not is_of_timm(spec.model.backbone):
        return []
    asked = {text.partition("=")[0].strip() for text in options.overrides}
    several = len(backbone_of(spec.model.backbone, spec.model.input).channels) > 1
    fitting = {"model.upsampling": "nearest"} | ({} if several else {"model.branches": "1"})
    return [f"{key}={value}" for key, value in fitting.items() if key not in asked]


def refusals(spec: LandmarkTask) -> Iterator[Refusal]:
    """Yield what is wrong with codec, decoder and loss; the codec has its own of both."""
    model, loss = spec.model, spec.recipe.loss
    yield from starting.refusals(model, spec.recipe)
    if model.codec not in CODECS:
        yield from unknown("model.codec", model.codec, CODECS)
        return
    yield from unknown("protocol.decoder", spec.protocol.decoder, CODECS[model.codec].decoders)
    yield from unknown("recipe.loss", loss, network.codec(spec).losses)
    if (loss in OF_LOGITS) != (model.activation == "softmax"):
        words = (
            f"model.activation and recipe.loss belong together: 'softmax' with '{OF_LOGITS[0]}', "
            f"'none' with the others; not '{model.activation}' with '{loss}'"
        )
        yield ("model.activation", "recipe.loss"), words


def require_measurable(spec: LandmarkTask, dataset: DatasetSpec) -> None:
    """Refuse, before anything is trained, what could not be measured.

    Raises:
        HrbenchError: there is no such network; the dataset has no such metric, no sigmas, or no
            extra data.
    """
    network.require_buildable(spec.model)
    read, protocol = format_of(dataset, PeopleFormat), spec.protocol
    fitting = registry.names_of(predictions=PosesInBoxes, truth=read.truth)
    if protocol.metric not in fitting:
        raise RunError(
            f"protocol.metric: {dataset.name}, of format '{dataset.format}', is measured by "
            f"{' or '.join(fitting)}, not '{protocol.metric}'"
        )
    if fault := registry.METRICS[protocol.metric].fault(scoring.setting(spec, dataset)):
        raise RunError(fault)
    if protocol.extra_data and not read.extra_data:
        raise RunError(f"protocol.extra_data: {dataset.name} is trained on by itself; leave it out")


def require_trainable(spec: LandmarkTask, dataset: DatasetSpec) -> None:
    """Refuse a recipe that would do something else than it says with such keypoints.

    Raises:
        RunError: one does.
    """
    count, augment = len(dataset.keypoints), spec.augment
    if spec.recipe.loss == "ohkm" and count <= HARDEST:
        raise RunError(
            f"recipe.loss 'ohkm' takes the {HARDEST} hardest keypoints, and {dataset.name} has "
            f"{count}: use 'mse'"
        )
    if not augment.half_body:
        return
    reasons = {
        "protocol.pixels 'official' cuts whole faces": spec.protocol.pixels == "official",
        f"{dataset.name} names no upper_body": not dataset.upper_body,
        f"{dataset.name} has {count} keypoints, and augment.half_body_above is "
        f"{augment.half_body_above}": count <= augment.half_body_above,
    }
    for words, holds in reasons.items():
        if holds:
            raise RunError(f"augment.half_body: {words}; set it to 0")


def fits(_: Checkpoint, anatomy: Anatomy, spec: LandmarkTask, dataset: DatasetSpec) -> bool:
    """Whether a checkpoint's network may be that of a task."""
    model = spec.model
    parts = (anatomy.keypoints, anatomy.branches, anatomy.simcc)
    same = parts == (len(dataset.keypoints), model.branches, model.head == "simcc")
    return same and spec.model.backbone in anatomy.backbones
