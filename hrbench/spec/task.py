"""What every task's file says, whatever its head: the parts that the road reads."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from hrbench.errors import suggest
from hrbench.metrics import registry
from hrbench.metrics.registry import METRICS
from hrbench.spec.tables import Count, Counts, Names, NotNegative, Positive, Table

Reasons = dict[str, str]  # by dotted key


class Model(Table):
    """What is trained."""

    free: ClassVar[tuple[str, ...]] = ()  # as of the protocol: these are as the weights want them

    head: str

    @property
    def words(self) -> str:
        """What it is, in a few words."""
        return self.head

    @property
    def network(self) -> str:
        """What it is called where networks are compared."""
        return self.head


class Recipe(Table):
    """How it is trained."""

    optimizer: str  # one of `optimizing.OPTIMIZERS`
    lr: Positive
    weight_decay: NotNegative = 0.0
    # lr is multiplied by `decay` at each milestone (an epoch), after every epoch, or smoothly
    # over `decay_steps` optimiser steps; or it falls to 0 along half a cosine.
    schedule: Literal["milestones", "epochs", "steps", "cosine"] = "milestones"
    warmup_steps: Annotated[int, Field(ge=0)] = 0  # the first, over which lr rises from a 1000th
    milestones: Counts = ()
    decay: Positive = 0.1
    decay_steps: Count = 100_000
    epochs: Count
    batch_size: Count  # per optimiser step, over all processes
    init: Literal["imagenet", "random"] = "random"  # what the published training starts from
    precision: Literal["auto", "fp32", "tf32", "bf16"] = "auto"  # bf16 on CUDA, fp32 elsewhere
    validate_every: Annotated[int, Field(ge=0)] = 0  # epochs, and at the end; 0 is never

    @model_validator(mode="after")
    def _optimizer_has_its_decay(self) -> Self:
        if self.optimizer == "adamw" and not self.weight_decay:
            raise ValueError("optimizer 'adamw' without weight_decay is 'adam': set it too")
        return self


class Protocol(Table):
    """How it is measured: every choice that moves the number, stored in every record."""

    of_metrics: ClassVar[tuple[str, ...]] = ()  # keys that only some metrics read
    # Flags change these of a published task: they are compared as they stand in the record.
    free: ClassVar[tuple[str, ...]] = ("split", "precision")

    split: str
    train_split: str = ""  # weights that are given are measured without
    extra_data: Names = ()  # datasets trained on besides
    metric: str | None = None
    precision: Literal["fp32", "tf32", "bf16"] = "fp32"  # of the network while predicting


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
    reference: str  # papers and code that recipe and protocol are of
    dataset: str
    model: Model
    recipe: Recipe
    protocol: Protocol
    builtin: Builtin | None = None

    def foreign(self) -> Reasons:
        """Return the keys that a task of this kind never reads, each with the reason.

        One that says something all the same is refused: its figure would not be what it says.
        """
        kind, reasons = self.recipe.schedule, self._unread_by_metric()
        if kind != "milestones":
            reasons["recipe.milestones"] = f"recipe.schedule is '{kind}'"
        if kind != "steps":
            reasons["recipe.decay_steps"] = f"recipe.schedule is '{kind}'"
        if kind == "cosine":
            reasons["recipe.decay"] = "recipe.schedule is 'cosine'"
        return reasons

    def _unread_by_metric(self) -> Reasons:
        metric = METRICS.get(self.protocol.metric or "")
        if metric is None:
            return {}
        unread = [key for key in self.protocol.of_metrics if key not in metric.keys]
        words = f"the metric '{metric.name}' does not read it"
        return {f"protocol.{key}": words for key in unread}

    def asleep(self) -> Reasons:
        """Return the keys that are read once another key, a flag or the dataset says so.

        A file may state them; to set one of them is refused.
        """
        recipe = self.recipe
        if recipe.schedule != "milestones":
            return {}
        if not recipe.milestones:
            return {"recipe.decay": "recipe.milestones names none"}
        late = f"recipe.epochs is {recipe.epochs}, and the first milestone later"
        never = min(recipe.milestones) >= recipe.epochs
        return asleep_where({f"recipe.{key}": (never, late) for key in ("milestones", "decay")})

    @model_validator(mode="after")
    def _says_nothing_in_vain(self) -> Self:
        for key, reason in self.foreign().items():
            table, name = key.split(".")
            values: Table = getattr(self, table)
            value, default = getattr(values, name), type(values).model_fields[name].default
            if value != default:
                raise ValueError(f"{key} changes nothing: {reason}; leave it out")
        return self

    @model_validator(mode="after")
    def _protocol_is_whole(self) -> Self:
        """Let no choice that moves the number be left open."""
        metric = METRICS.get(self.protocol.metric or "")
        needed = () if metric is None else metric.needs
        for key in needed:
            if getattr(self.protocol, key) is None:
                raise ValueError(
                    f"protocol: the key '{key}' is missing; the metric "
                    f"'{self.protocol.metric}' needs it"
                )
        return self


def metric_of(predictions: type) -> AfterValidator:
    """Return what refuses a metric that is not one of such predictions."""

    def known(name: str) -> str:
        names = registry.names_of(predictions=predictions)
        if name not in names:
            words = f"no metric of such a task is called '{name}'"
            raise ValueError(f"{words}. {suggest(name, names)}")
        return name

    return AfterValidator(known)


def asleep_where(reasons: dict[str, tuple[bool, str]]) -> Reasons:
    """Return those keys whose condition holds, each with its reason."""
    return {key: words for key, (holds, words) in reasons.items() if holds}
