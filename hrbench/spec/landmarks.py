"""A task of keypoints in images: HRNet, heatmaps, crops around boxes."""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from hrbench.metrics.inputs import OF_CHOICE, PosesInBoxes
from hrbench.metrics.registry import METRICS
from hrbench.spec.images import ImageModel, ImageRecipe
from hrbench.spec.tables import NotNegative, Positive, Scales, Share, Table
from hrbench.spec.task import (
    Protocol,
    Reasons,
    TaskSpec,
    asleep_where,
    metric_of,
)


class HeatmapModel(ImageModel):
    """Backbone and heatmaps."""

    free: ClassVar[tuple[str, ...]] = ("color", *ImageModel.free)

    head: str  # one of `network.HEADS`; simcc: a class per half pixel of columns and rows
    color: Literal["rgb", "bgr"] = "rgb"  # the order of an image's planes, as the network has it
    branches: Literal[1, 4] = 1  # that the head reads: HRNetV1 the finest, HRNetV2 all four
    upsampling: Literal["nearest", "bilinear"] = "nearest"  # of coarser branches in the backbone
    momentum: Share = 0.1  # of batch normalisation's running statistics
    sigma: Positive  # of the target's bump, in heatmap cells or half pixels
    # Targets, and the crops' pixel grid, one of `codecs.CODECS`; `simcc` goes with its head.
    codec: str = "quarter"
    activation: Literal["none", "softmax"] = "none"  # what makes heatmaps of the head's scores


class HeatmapRecipe(ImageRecipe):
    """How it is trained."""

    loss: str  # one of the codec's: of `heatmap.LOSSES`, or of SimCC's own
    target_weights: bool = True  # invisible keypoints do not count
    initial: Literal["normal", "kaiming"] = "normal"  # how random weights are drawn


class Augment(Table):
    """How far a training sample is changed."""

    draws: Literal["normal", "uniform"] = "normal"  # uniform: all alike probable, to the limits
    scale: Share  # standard deviation and limit of the factor, around 1
    rotation: NotNegative  # standard deviation in degrees; the limit is twice that, or it (uniform)
    rotation_probability: Share
    flip: Share  # probability
    half_body: Share  # probability, where more than `half_body_above` keypoints are visible
    half_body_above: Annotated[int, Field(ge=0)]


class LandmarkProtocol(Protocol):
    """How it is measured."""

    of_metrics: ClassVar[tuple[str, ...]] = (*OF_CHOICE, "normaliser")
    free: ClassVar[tuple[str, ...]] = ("split", "precision", "boxes", "pixels")

    metric: Annotated[str, metric_of(PosesInBoxes)] | None = None  # None: by sigmas
    boxes: str  # gt | det | a detections file's name
    box_threshold: NotNegative | None = None  # detections below this score are not used
    padding: Positive  # of the box
    scales: Scales | None = None  # of the crops whose maps are averaged; None is the one
    pixels: Literal["clean", "official"] | None = None  # how faces are cut and read back
    # Turns that EXIF tags ask for: whether the annotations are of what a viewer shows. None: they
    # are not; of one's own pictures only where the annotated sizes tell so.
    orientation: Literal["ignored", "followed"] | None = None
    flip_test: bool
    flip_shift: Annotated[int, Field(ge=0)]  # cells
    decoder: str  # one of the codec's: of `decoding.DECODERS`, or "simcc"
    keypoint_threshold: NotNegative | None = None  # scores above it enter a pose's score
    nms: Literal["oks", "soft", "none"] | None = None
    nms_threshold: Share | None = None
    normaliser: str | None = None  # an object's size: of the dataset's `normalisers`, or the box's


class LandmarkTask(TaskSpec):
    """A benchmark of keypoints."""

    model: HeatmapModel
    recipe: HeatmapRecipe
    augment: Augment
    protocol: LandmarkProtocol

    def asleep(self) -> Reasons:
        """Return the keys that another one leaves without effect, each with the reason."""
        augment, protocol, loss = self.augment, self.protocol, self.recipe.loss
        moved = augment.scale > 0 or (augment.rotation > 0 and augment.rotation_probability > 0)
        rules = {
            "protocol.box_threshold": (protocol.boxes == "gt", "protocol.boxes is 'gt'"),
            "protocol.nms_threshold": (protocol.nms == "none", "protocol.nms is 'none'"),
            "protocol.flip_shift": (
                not protocol.flip_test and self.model.codec != "udp",
                "protocol.flip_test is false",
            ),
            "recipe.target_weights": (
                loss in {"plain-mse", "cross-entropy"},
                f"recipe.loss '{loss}' has no use for it",
            ),
            "augment.draws": (not moved, "augment.scale and augment.rotation are 0"),
            "augment.rotation": (
                augment.rotation > 0 and not augment.rotation_probability,
                "augment.rotation_probability is 0",
            ),
            "augment.rotation_probability": (
                augment.rotation_probability > 0 and not augment.rotation,
                "augment.rotation is 0",
            ),
            "augment.half_body_above": (not augment.half_body, "augment.half_body is 0"),
        }
        metric = METRICS.get(protocol.metric or "")
        for key, reason in ({} if metric is None else metric.idle).items():
            rules[f"protocol.{key}"] = (True, reason)
        return super().asleep() | asleep_where(rules)

    @model_validator(mode="before")
    @classmethod
    def _decode_as_encoded(cls, raw: Any) -> Any:
        """Let the protocol's decoder be the codec's own, where it says nothing."""
        match raw:
            case {"model": dict() as model, "protocol": dict() as protocol}:
                own = model.get("codec", "quarter")
                return {**raw, "protocol": {"decoder": own, **protocol}}
        return raw

    @model_validator(mode="after")
    def _codec_and_protocol_agree(self) -> Self:
        codec, protocol = self.model.codec, self.protocol
        if (codec == "udp") != (protocol.decoder == "udp"):
            raise ValueError(
                "model.codec and protocol.decoder: 'udp' counts cells on a grid of its own, so it "
                f"goes with itself only; not '{codec}' with '{protocol.decoder}'"
            )
        if codec == "udp" and protocol.flip_shift:
            raise ValueError(
                "protocol.flip_shift must be 0 with model.codec 'udp': its mirrored maps fall on "
                "the same cells, and a shift would move them apart"
            )
        of_faces = [f"'{m.name}'" for m in METRICS.values() if "pixels" in m.keys]
        if protocol.pixels is not None and f"'{protocol.metric}'" not in of_faces:
            raise ValueError(
                "protocol.pixels is how faces are cut and read back: it goes with metric "
                f"{' or '.join(of_faces)} only"
            )
        if protocol.pixels == "official" and (protocol.decoder, protocol.scales) != (
            "quarter",
            None,
        ):
            raise ValueError(
                "protocol.pixels 'official' decodes by whole cells: protocol.decoder must be "
                "'quarter', and protocol.scales not set; 'clean' takes any"
            )
        if protocol.pixels == "official" and len(set(self.model.input)) > 1:
            raise ValueError("protocol.pixels 'official' cuts squares: model.input must be one")
        return self

    @model_validator(mode="after")
    def _simcc_is_whole(self) -> Self:
        """Let a head that scores columns and rows have no key of one that scores maps."""
        model, protocol = self.model, self.protocol
        said = {
            "model.head": model.head == "simcc",
            "model.codec": model.codec == "simcc",
            "protocol.decoder": protocol.decoder == "simcc",
            "recipe.loss": self.recipe.loss == "kl-divergence",
        }
        if not any(said.values()):
            return self
        if not all(said.values()):
            others = " and ".join(key for key, holds in said.items() if not holds)
            raise ValueError(
                "'simcc' as model.head, model.codec and protocol.decoder, and 'kl-divergence' as "
                f"recipe.loss belong together; {others} says otherwise"
            )
        if (model.branches, protocol.scales) != (1, None):
            raise ValueError(
                "model.head 'simcc' reads one branch of one crop: model.branches must be 1, and "
                "protocol.scales not set"
            )
        return self
