"""What every task's file says, whatever its head: the parts that the road reads."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from hrbench.spec.tables import Count, Counts, Names, NotNegative, Positive, Table


class Model(Table):
    """What is trained."""

    head: str

    @property
    def words(self) -> str:
        """What it is, in a few words."""
        return self.head


class Recipe(Table):
    """How it is trained."""

    optimizer: Literal["adam", "amsgrad", "sgd"]  # sgd: Nesterov's, with a momentum of 0.9
    lr: Positive
    weight_decay: NotNegative = 0.0
    # lr is multiplied by `decay` at each milestone (an epoch), after every epoch, or smoothly
    # over `decay_steps` optimiser steps.
    schedule: Literal["milestones", "epochs", "steps"] = "milestones"
    milestones: Counts = ()
    decay: Positive = 0.1
    decay_steps: Count = 100_000
    epochs: Count
    batch_size: Count  # per optimiser step, over all processes
    init: Literal["imagenet", "random"] = "random"  # what the published training starts from
    precision: Literal["auto", "fp32", "bf16"] = "auto"  # auto: bf16 on CUDA, fp32 elsewhere
    validate_every: Annotated[int, Field(ge=0)] = 0  # epochs, and at the end; 0 is never


class Protocol(Table):
    """How it is measured: every choice that moves the number, stored in every record."""

    # Flags change these of a published task: they are compared as they stand in the record.
    free: ClassVar[tuple[str, ...]] = ("split", "precision")

    split: str
    train_split: str
    extra_data: Names = ()  # datasets trained on besides
    metric: str | None = None
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
    protocol: Protocol
    builtin: Builtin | None = None
