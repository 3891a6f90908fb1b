"""What a task file and a dataset file may say, and what it means.

Frozen and strict: an unknown key, a wrong type, a number out of range is refused.
`catalog` reads the files and turns refusals into sentences.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator


def _tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value  # TOML knows only lists


_FromList = BeforeValidator(_tuple)
Names = Annotated[tuple[str, ...], _FromList]
NamePairs = Annotated[tuple[Annotated[tuple[str, str], _FromList], ...], _FromList]
Numbers = Annotated[tuple[float, ...], _FromList]
Counts = Annotated[tuple[int, ...], _FromList]
Multiple = Annotated[int, Field(ge=32, multiple_of=32)]  # the coarsest branch has a 32nd
Share = Annotated[float, Field(ge=0, le=1)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1)]
Scales = Annotated[tuple[Positive, ...], Field(min_length=1), _FromList]
Sizes = Annotated[tuple[Positive, ...], _FromList]


class Table(BaseModel):
    """One table of a TOML file."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    def plain(self) -> dict[str, Any]:
        """Return it as dicts, lists, numbers and strings, as TOML and JSON have them."""
        return self.model_dump(mode="json", exclude_none=True)


class Model(Table):
    """What is trained."""

    backbone: str
    head: Literal["heatmap"]
    branches: Literal[1, 4] = 1  # that the head reads: HRNetV1 the finest, HRNetV2 all four
    upsampling: Literal["nearest", "bilinear"] = "nearest"  # of coarser branches in the backbone
    momentum: Share = 0.1  # of batch normalisation's running statistics
    input: Annotated[tuple[Multiple, Multiple], _FromList]  # height, width in pixels
    sigma: Positive  # of the target's bump, in heatmap cells
    codec: Literal["quarter", "dark", "udp"] = "quarter"  # targets, and the crops' pixel grid
    activation: Literal["none", "softmax"] = "none"  # what makes heatmaps of the head's scores


class Recipe(Table):
    """How it is trained."""

    optimizer: Literal["adam"]
    lr: Positive
    milestones: Counts  # lr is multiplied by `decay` after these epochs
    decay: Positive = 0.1
    epochs: Count
    batch_size: Count  # per optimiser step, over all processes
    loss: Literal["mse", "plain-mse", "ohkm", "cross-entropy"]
    target_weights: bool = True  # invisible keypoints do not count
    init: Literal["imagenet", "random"]  # what the published training starts from
    initial: Literal["normal", "kaiming"] = "normal"  # how random weights are drawn
    precision: Literal["auto", "fp32", "bf16"] = "auto"  # auto: bf16 on CUDA, fp32 elsewhere
    validate_every: Annotated[int, Field(ge=0)] = 0  # epochs, and at the end; 0 is never


class Augment(Table):
    """How far a training sample is changed; the names are those of `data.augment.Ranges`."""

    draws: Literal["normal", "uniform"] = "normal"  # of scale and rotation
    scale: Share
    rotation: NotNegative  # degrees
    rotation_probability: Share
    flip: Share
    half_body: Share
    half_body_above: Annotated[int, Field(ge=0)]


class Protocol(Table):
    """How it is measured: every choice that moves the number, stored in every record."""

    split: str
    train_split: str
    extra_data: Names = ()  # datasets trained on besides
    metric: Literal["oks", "crowdpose", "pckh", "nme", "pixels"] | None = None  # None: by sigmas
    boxes: str  # gt | det | a detections file's name
    box_threshold: NotNegative | None = None  # detections below this score are not used
    padding: Positive  # of the box
    scales: Scales | None = None  # of the crops whose maps are averaged; None is the one
    pixels: Literal["clean", "official"] | None = None  # how faces are cut and read back
    flip_test: bool
    flip_shift: Annotated[int, Field(ge=0)]  # cells
    decoder: Literal["quarter", "dark", "udp"]
    keypoint_threshold: NotNegative | None = None  # scores above it enter a pose's score
    nms: Literal["oks", "soft", "none"] | None = None
    nms_threshold: Share | None = None
    normaliser: str | None = None  # what NME divides by: a name in the dataset's `normalisers`
    precision: Literal["fp32", "bf16"] = "fp32"  # of the network while predicting


class Builtin(Table):
    """What runs where there is no data: a variant, on a synthetic set of this size."""

    variant: str
    images: Count  # to train on
    seed: Annotated[int, Field(ge=0)] = 0


class TaskSpec(Table):
    """A benchmark: one network, one recipe, one protocol."""

    name: str
    variant: str
    title: str
    version: Count  # counts up when the protocol changes
    source: str
    dataset: str
    model: Model
    recipe: Recipe
    augment: Augment
    protocol: Protocol
    builtin: Builtin | None = None

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
        if protocol.pixels is not None and protocol.metric != "nme":
            raise ValueError(
                "protocol.pixels is how faces are cut and read back: it goes with metric 'nme' only"
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
    def _protocol_is_whole(self) -> Self:
        """Let no choice that moves the number be left open."""
        needed = {
            "oks": ("box_threshold", "keypoint_threshold", "nms", "nms_threshold"),
            "crowdpose": ("box_threshold", "keypoint_threshold", "nms", "nms_threshold"),
            "nme": ("normaliser", "pixels"),
        }
        for key in needed.get(self.protocol.metric or "", ()):
            if getattr(self.protocol, key) is None:
                raise ValueError(
                    f"protocol: the key '{key}' is missing; the metric "
                    f"'{self.protocol.metric}' needs it"
                )
        return self

    @model_validator(mode="after")
    def _loss_and_activation_agree(self) -> Self:
        entropy, softmax = self.recipe.loss == "cross-entropy", self.model.activation == "softmax"
        if entropy != softmax:
            raise ValueError(
                "model.activation and recipe.loss belong together: 'softmax' with "
                f"'cross-entropy', 'none' with the others; not '{self.model.activation}' "
                f"with '{self.recipe.loss}'"
            )
        return self


class Split(Table):
    """The files of a split, below the dataset's folder."""

    annotations: str
    images: Names  # folders, of which the first that exists counts
    release: Names = ()  # of faces: what the original release has instead of `annotations`
    attribute: str | None = None  # of faces: the flag in that release that chooses them
    part: Literal["training", "validation"] | None = None  # of the file's images, by the seed
    heads: str | None = None  # of MPII: the .mat file with the truth to score against
    detections: str | None = None
    num_images: Count | None = None  # of the real dataset
    num_samples: Count | None = None  # persons or faces of the real dataset
    annotated: bool = True  # False: the truth is hidden, as on test-dev


FaceGroups = Annotated[tuple[Names, Names], _FromList]


class DatasetSpec(Table):
    """What a dataset's points are called, and where its files lie."""

    name: str
    title: str
    homepage: str = ""
    licence: str = ""
    citation: str = ""
    format: str  # the reader: a key of `data.readers.READERS`
    folder: str  # below --data
    complete: bool = False  # COCO's format: every field is there; else boxes, areas are derived
    keypoints: Names
    flip_pairs: NamePairs = ()  # left and right, which change places in a mirror
    upper_body: Names = ()  # for the half-body augmentation
    edges: NamePairs = ()  # drawn as limbs
    sigmas: Sizes | None = None  # per keypoint, for OKS; without them there is no AP
    counted_from: Literal[0, 1] = 0  # of faces: the number of the first pixel in the files
    normalisers: dict[str, FaceGroups] = {}  # the distance between the means of two groups
    validation_share: Annotated[float, Field(gt=0, lt=1)] = 0.2  # of images, where `part` is named
    split_seed: Annotated[int, Field(ge=0)] = 0  # that chooses them
    sources: dict[str, str] = {}  # file or folder: who issues it, how large
    splits: dict[str, Split]

    @model_validator(mode="after")
    def _points_agree(self) -> Self:
        if len(set(self.keypoints)) != len(self.keypoints):
            raise ValueError("keypoints: a name stands twice")
        if self.sigmas is not None and len(self.sigmas) != len(self.keypoints):
            raise ValueError(
                f"sigmas: {len(self.sigmas)} numbers for {len(self.keypoints)} keypoints"
            )
        pairs = {"flip_pairs": self.flip_pairs, "edges": self.edges}
        named = {key: [name for pair in value for name in pair] for key, value in pairs.items()}
        for key, groups in self.normalisers.items():
            named[f"normalisers: {key}"] = [name for group in groups for name in group]
        for key, names in {**named, "upper_body": self.upper_body}.items():
            for name in names:
                if name not in self.keypoints:
                    raise ValueError(f"{key}: no keypoint is called '{name}'")
        if len(set(named["flip_pairs"])) != len(named["flip_pairs"]):
            raise ValueError("flip_pairs: a keypoint has two partners")
        return self

    def indices(self, pairs: NamePairs) -> tuple[tuple[int, int], ...]:
        """Return pairs of names as pairs of positions in `keypoints`."""
        place = {name: index for index, name in enumerate(self.keypoints)}
        return tuple((place[left], place[right]) for left, right in pairs)
