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
    input: Annotated[tuple[Multiple, Multiple], _FromList]  # height, width in pixels
    sigma: Positive  # of the target's bump, in heatmap cells
    activation: Literal["none", "softmax"] = "none"  # what makes heatmaps of the head's scores


class Recipe(Table):
    """How it is trained."""

    optimizer: Literal["adam"]
    lr: Positive
    milestones: Counts  # lr is multiplied by `decay` after these epochs
    decay: Positive = 0.1
    epochs: Count
    batch_size: Count  # per optimiser step, over all processes
    loss: Literal["mse", "ohkm", "cross-entropy"]
    target_weights: bool = True  # invisible keypoints do not count
    init: Literal["imagenet", "random"]  # what the published training starts from
    initial: Literal["normal", "kaiming"] = "normal"  # how random weights are drawn
    precision: Literal["auto", "fp32", "bf16"] = "auto"  # auto: bf16 on CUDA, fp32 elsewhere
    validate_every: Annotated[int, Field(ge=0)] = 0  # epochs, and at the end; 0 is never


class Augment(Table):
    """How far a training sample is changed; the names are those of `data.augment.Ranges`."""

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
    boxes: str  # gt | det | a detections file's name
    box_threshold: NotNegative  # detections below this score are not used
    padding: Positive  # of the box
    flip_test: bool
    flip_shift: Annotated[int, Field(ge=0)]  # cells
    decoder: Literal["quarter"]
    keypoint_threshold: NotNegative  # scores above it enter a pose's score
    nms: Literal["oks", "soft", "none"]
    nms_threshold: Share
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
    detections: str | None = None
    num_images: Count | None = None  # of the real dataset
    annotated: bool = True  # False: the truth is hidden, as on test-dev


class DatasetSpec(Table):
    """What a dataset's points are called, and where its files lie."""

    name: str
    title: str
    homepage: str
    licence: str
    citation: str
    format: str  # the reader: a key of `data.readers.READERS`
    folder: str  # below --data
    keypoints: Names
    flip_pairs: NamePairs = ()  # left and right, which change places in a mirror
    upper_body: Names = ()  # for the half-body augmentation
    edges: NamePairs = ()  # drawn as limbs
    sigmas: Numbers | None = None  # per keypoint, for OKS; without them there is no AP
    sources: dict[str, str]  # file or folder: who issues it, how large
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
