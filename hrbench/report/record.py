"""The record of a run: what came out, and everything that it came out of."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)

from hrbench.report.run_folders import FILE
from hrbench.report.seal import digest
from hrbench.whole import whole

SCHEMA: Final = 1
# Keys that came later: records of before are read all the same.
LATER = ("seal", "left_out", "notes", "uncertainty", "group_intervals", "files", "execution")
SOMETIMES = frozenset({"division"})  # keys that are only written where they say something


class Part(BaseModel):
    """A frozen part of a record that refuses unknown keys, wrong types and NaN."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True
    )


class Counts(Part):
    """How many samples the split has, and how many of them were scored."""

    expected: int
    evaluated: int
    images: int | None = None  # that were scored, and the annotated objects in them; both are
    objects: int | None = None  # written only where samples are images with several objects

    @property
    def words(self) -> str:
        """What was scored, in words."""
        if self.images is None or self.objects is None:
            return str(self.evaluated)
        counts = ((self.images, "image"), (self.objects, "object"))
        return ", ".join(f"{count} {what}{'s' * (count != 1)}" for count, what in counts)

    @model_serializer(mode="wrap")
    def _leave_out_what_is_not_told(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        content: dict[str, Any] = handler(self)
        return {key: value for key, value in content.items() if value is not None}


class MetricValue(Part):
    """One metric in the literature's unit, with its 95 % interval where one was computed."""

    value: float | None
    unit: str
    higher_is_better: bool
    low: float | None = None
    high: float | None = None
    reason: str | None = None  # why `value` is null; not written otherwise

    @model_validator(mode="after")
    def _null_has_a_reason(self) -> Self:
        if (self.value is None) != bool(self.reason):
            raise ValueError("a metric is null if, and only if, it gives the reason")
        return self

    @model_serializer(mode="wrap")
    def _leave_out_no_reason(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        content: dict[str, Any] = handler(self)
        return content if self.reason else {k: v for k, v in content.items() if k != "reason"}


class Uncertainty(Part):
    """How the intervals of a record's figures came about."""

    method: str  # in words
    level: float  # 0.95
    unit: str  # what was drawn anew: "image", "performance"
    units: int  # how many there are
    replicates: int
    seed: int
    notes: tuple[str, ...] = ()  # where they are known to be too narrow, or are missing


class Dataset(Part):
    """Which data were scored; the fingerprint is that of the annotation files."""

    name: str
    split: str
    fingerprint: str


class Division(Part):
    """How the images of a file were divided by its dataset's table [split]."""

    by: str  # "image", or what images of one group have alike: "video"
    pattern: str | None = None  # of the images' names, that tells it
    stratify: str | None = None
    validation: float  # shares of the images that were asked for
    test: float
    seed: int
    folds: int | None = None  # of a cross-validation
    fold: int | None = None  # the one that validates here, counted from 1
    images: dict[str, int]  # by part: "training", "validation", "test"
    groups: dict[str, int]  # by part
    fingerprint: str  # SHA-256 of which image is of which group and part

    @model_serializer(mode="wrap")
    def _leave_out_what_is_not_told(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        content: dict[str, Any] = handler(self)
        return {key: value for key, value in content.items() if value is not None}


class BegunFrom(Part):
    """The file that a training began with."""

    origin: str  # its name, or the name that it was fetched by
    sha256: str
    address: str | None  # that it was fetched from; null of a file of one's own


class Weights(Part):
    """Where the evaluated weights come from."""

    origin: str  # "trained", the name of the file that was given, or that it was fetched by
    sha256: str | None
    seen_datasets: tuple[str, ...]
    init: str  # what training started from: "random", "imagenet", a file's name
    untouched: tuple[str, ...] = ()  # parameters that --allow-partial left as they were
    published: str | None = None  # the file of results/weights.csv that has this hash
    trained_for: str | None = None  # of given weights that say it: TASK@VARIANT
    address: str | None = None  # that given weights were fetched from
    begun_from: BegunFrom | None = None  # of trained ones that a file was given to

    @model_serializer(mode="wrap")
    def _leave_out_what_is_not_known(
        self, handler: SerializerFunctionWrapHandler
    ) -> dict[str, Any]:
        content: dict[str, Any] = handler(self)
        optional = {"published", "trained_for", "address", "begun_from"}
        return {k: v for k, v in content.items() if v is not None or k not in optional}


class Code(Part):
    """Which hrbench it was; commit and dirty are null where it was no git checkout."""

    version: str
    commit: str | None
    dirty: bool | None


class Times(Part):
    """Seconds that each step took; null for a step that was not taken."""

    train: float | None
    predict: float | None
    score: float | None


class Computed(Part):
    """How a network was computed, of which no figure may depend but by the precision."""

    path: str  # "eager", "torch.compile", "CUDA graph", or the latter two; and what is folded
    precision: str  # as it was: "fp32" is never TF32
    memory_format: str  # of the weights: "contiguous", "channels_last"
    batch: int  # samples that go through together, in each process
    reasons: tuple[str, ...] = ()  # why a faster path was not taken, in sentences


class Execution(Part):
    """How it was trained, and how predicted; a step that was not taken is not told."""

    training: Computed | None = None
    prediction: Computed | None = None
    prepared: tuple[str, ...] | None = None  # of training and evaluation, whose images were

    @model_serializer(mode="wrap")
    def _leave_out_what_is_not_told(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        content: dict[str, Any] = handler(self)
        return {key: value for key, value in content.items() if value is not None}


class RunRecord(Part):
    """One run, as `record.json` holds it. The first metric is the headline one."""

    schema_version: Literal[1] = Field(SCHEMA, alias="schema")
    id: str = ""  # of the run, as its folder's name has its beginning
    seal: str = ""  # the same for the same experiment with the same outcome; set by `sealed`
    task: str
    variant: str
    task_version: int
    modified: bool
    synthetic: bool
    complete: bool
    n: Counts
    metrics: dict[str, MetricValue] = Field(min_length=1)
    groups: dict[str, JsonValue]
    protocol: dict[str, JsonValue]
    spec: dict[str, JsonValue]
    dataset: Dataset
    weights: Weights
    code: Code
    environment: dict[str, str | None]
    hardware: dict[str, str | int | None]
    seed: int
    times: Times
    started: AwareDatetime
    left_out: dict[str, dict[str, int]] = {}  # of training and of what is measured, by why
    notes: tuple[str, ...] = ()  # what a reader of the numbers has to know, in sentences
    uncertainty: Uncertainty | None = None  # of `low` and `high`; older records have none
    group_intervals: dict[str, tuple[float, float]] = {}  # by "group/row/figure"
    files: dict[str, str] = {}  # beside the record, their SHA-256; older records have none
    execution: Execution = Execution()  # older records do not tell it
    division: Division | None = None  # of the images, where the dataset's [split] makes one

    @field_validator("groups", mode="before")
    @classmethod
    def _no_nan_in_groups(cls, groups: object) -> object:
        return _null_for_nan(groups)

    @property
    def lacking(self) -> tuple[str, ...]:
        """The keys that a record of an older version does not have."""
        return tuple(key for key in LATER if key not in self.model_fields_set)

    @property
    def headline(self) -> str:
        """The name of the metric that decides."""
        return next(iter(self.metrics))

    @property
    def name(self) -> str:
        """The task and its variant, as `hrbench run` takes them."""
        return f"{self.task}@{self.variant}" if self.variant else self.task

    def content(self) -> dict[str, Any]:
        """Return what `record.json` says, as plain values."""
        said = self.model_dump(mode="json", by_alias=True)
        return {key: v for key, v in said.items() if v is not None or key not in SOMETIMES}

    def sealed(self) -> Self:
        """Return this record with the seal of its content; that is the id of one without any."""
        seal = digest(self.content())
        return self.model_copy(update={"id": self.id or seal, "seal": seal})

    def write(self, run_folder: Path) -> Path:
        """Write `record.json` in one step, so that there is a whole record or none.

        Raises:
            RunError: it cannot be written.
        """
        if not self.seal:
            raise ValueError("a record is sealed before it is written")
        path = run_folder / FILE
        text = json.dumps(self.content(), indent=2, ensure_ascii=False, allow_nan=False)
        with whole(path) as draft:
            draft.write_text(text + "\n", encoding="utf-8")
        return path


def measured(
    value: float, unit: str, *, higher_is_better: bool, reason: str = "no sample to measure"
) -> MetricValue:
    """Return a metric's value without an interval; NaN becomes null with `reason`."""
    if math.isnan(value):
        return MetricValue(value=None, unit=unit, higher_is_better=higher_is_better, reason=reason)
    return MetricValue(value=float(value), unit=unit, higher_is_better=higher_is_better)


def _null_for_nan(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _null_for_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_null_for_nan(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value
