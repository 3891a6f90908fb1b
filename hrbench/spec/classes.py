"""A task of classes: HRNet, the classification head, whole images."""

from typing import Annotated, ClassVar, Literal

from hrbench.metrics.inputs import RankedClasses
from hrbench.spec.tables import Count, Share, Size, Table
from hrbench.spec.task import Model, Protocol, Reasons, Recipe, TaskSpec, metric_of


class ClassifierModel(Model):
    """What is trained."""

    head: Literal["classify"]
    backbone: str
    input: Size  # height, width in pixels
    width: Count = 32  # of the head's first bottleneck; each coarser branch's is twice as wide
    features: Count = 2048  # before the classes

    @property
    def words(self) -> str:
        """Backbone and input."""
        return f"{self.backbone}, {self.input[0]} x {self.input[1]}"

    @property
    def network(self) -> str:
        """The backbone."""
        return self.backbone


class ClassifierRecipe(Recipe):
    """How it is trained."""

    loss: Literal["cross-entropy"] = "cross-entropy"


class View(Table):
    """What part of a picture a training sample is; torchvision's RandomResizedCrop."""

    smallest: Share = 0.08  # of the picture's area
    flip: Share = 0.5


class ClassificationProtocol(Protocol):
    """How it is measured."""

    free: ClassVar[tuple[str, ...]] = ("split", "precision", "tta")

    metric: Annotated[str, metric_of(RankedClasses)] = "accuracy"
    crop_share: Share = 0.875  # of the shorter side
    interpolation: Literal["bilinear", "bicubic"] = "bilinear"
    tta: Literal["none", "ten-crop"] = "none"  # averaged crops: corners, centre, their mirrors


class ClassificationTask(TaskSpec):
    """A benchmark of classes."""

    model: ClassifierModel
    recipe: ClassifierRecipe
    augment: View
    protocol: ClassificationProtocol

    def foreign(self) -> Reasons:
        """Return the keys that a task of classes never reads, each with the reason."""
        return super().foreign() | {"protocol.extra_data": "classes are trained by one dataset"}
