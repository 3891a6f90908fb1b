"""A task of joints in space: keypoints of a frame, or of several, lifted to three dimensions."""

import math
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from hrbench.metrics.inputs import LiftedJoints
from hrbench.spec.tables import Count, Counts, Names, PositiveShare, Share
from hrbench.spec.task import (
    Model,
    Protocol,
    Reasons,
    Recipe,
    TaskSpec,
    asleep_where,
    metric_of,
)


class LinearModel(Model):
    """The residual linear network of single frames (Martinez et al. 2017)."""

    head: Literal["lift-linear"]
    width: Count = 1024
    stages: Count = 2
    dropout: Share = 0.5

    @property
    def words(self) -> str:
        """Kind and size."""
        return f"linear, {self.stages} stages of {self.width}"


class TemporalModel(Model):
    """The dilated temporal network of VideoPose3D (Pavllo et al. 2019)."""

    head: Literal["lift-temporal"]
    filter_widths: Counts  # their product is the number of frames that one answer sees
    channels: Count = 1024
    dropout: Share = 0.25
    causal: bool = False  # sees no later frame
    momentum: PositiveShare = 0.1  # of batch normalisation's running statistics, at first

    @property
    def words(self) -> str:
        """Kind and size."""
        causal = ", causal" if self.causal else ""
        return f"temporal, {math.prod(self.filter_widths)} frames, {self.channels} channels{causal}"

    @model_validator(mode="after")
    def _widths_are_odd(self) -> Self:
        if not self.filter_widths or not all(w > 0 and w % 2 for w in self.filter_widths):
            raise ValueError("filter_widths: odd numbers, as in [3, 3, 3]")
        return self


class LiftingRecipe(Recipe):
    """How it is trained."""

    loss: Literal["mse", "mpjpe"]  # of standardised joints; of joints in space
    flip: bool = False  # every sequence is trained on mirrored too
    max_norm: Literal["none", "weights", "gradients"] = "none"  # what is kept below a norm of 1
    final_momentum: PositiveShare | None = None  # of batch normalisation, reached over all epochs


class LiftingProtocol(Protocol):
    """How it is measured."""

    of_metrics: ClassVar[tuple[str, ...]] = ("average", "joints", "root")
    free: ClassVar[tuple[str, ...]] = (
        *("split", "precision", "keypoints", "train_keypoints", "joint_map"),
    )

    metric: Annotated[str, metric_of(LiftedJoints)] = "mpjpe"
    keypoints: str = "gt"  # the 2D input: gt, the name of detections, or of a run
    train_keypoints: str = "gt"  # that it was trained on
    joint_map: Literal["none", "coco-17"] = "none"  # of a run's keypoints to the 17 joints
    projection: Literal["h36m", "videopose3d", "mmpose"] = "h36m"  # of gt, where no file has it
    frame_step: Count = 1  # of 50 frames a second, every one
    excluded: Names = ()  # sequences, as S11/Directions
    average: Literal["actions", "frames"] = "actions"
    joints: Literal[17, 16, 14] = 17  # 16 without the hip; 14 without spine and nose too
    root: Literal["target", "both"] = "target"  # whose hip is moved to the origin
    flip_test: bool = True


class LiftingTask(TaskSpec):
    """A benchmark of joints in space."""

    model: Annotated[LinearModel | TemporalModel, Field(discriminator="head")]
    recipe: LiftingRecipe
    protocol: LiftingProtocol

    def foreign(self) -> Reasons:
        """Return the keys that a task of joints never reads, each with the reason."""
        reasons = super().foreign() | {"protocol.extra_data": "joints are trained by one dataset"}
        if self.model.head == "lift-temporal" and self.recipe.max_norm == "weights":
            reasons["recipe.max_norm"] = "'weights' are of linear layers; 'lift-temporal' has none"
        return reasons

    def asleep(self) -> Reasons:
        """Return the keys that another one leaves without effect, each with the reason."""
        linear = self.model.head == "lift-linear"
        return super().asleep() | asleep_where(
            {
                "recipe.final_momentum": (linear, "the momentum of 'lift-linear' does not fall"),
                "protocol.root": (linear, "'lift-linear' answers around the hip, which is 0"),
            }
        )

    @model_validator(mode="after")
    def _loss_fits_the_head(self) -> Self:
        wanted = "mse" if self.model.head == "lift-linear" else "mpjpe"
        if self.recipe.loss != wanted:
            raise ValueError(
                f"recipe.loss: '{self.model.head}' is trained with '{wanted}', "
                f"not '{self.recipe.loss}'"
            )
        if self.recipe.flip and self.model.head == "lift-linear":
            raise ValueError("recipe.flip: 'lift-linear' takes pixels, which have no middle")
        return self
