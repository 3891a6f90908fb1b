"""A task of classes: HRNet, the classification head, whole images."""

from typing import Annotated, ClassVar, Literal

from hrbench.metrics.inputs import RankedClasses
from hrbench.spec.images import ImageModel, ImageRecipe
from hrbench.spec.tables import Count, Share, Table
from hrbench.spec.task import Protocol, Reasons, TaskSpec, asleep_where, metric_of


class ClassifierModel(ImageModel):
    """What is trained."""

    head: Literal["classify"]
    width: Count = 32  # of the head's first bottleneck; each coarser branch's is twice as wide
    features: Count = 2048  # before the classes


class ClassifierRecipe(ImageRecipe):
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

    def asleep(self) -> Reasons:
        """Return the keys that another one leaves without effect, each with the reason."""
        backbone = self.model.backbone
        words = f"they are of HRNet's head, and '{backbone}' pools by itself"
        pools = backbone.startswith("timm/")
        return super().asleep() | asleep_where(
            {f"model.{key}": (pools, words) for key in ("width", "features")}
        )

    def foreign(self) -> Reasons:
        """Return the keys that a task of classes never reads, each with the reason."""
        return super().foreign() | {"protocol.extra_data": "classes are trained by one dataset"}
