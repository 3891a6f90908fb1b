"""What tasks of images have in common: a backbone, and how the weights of one are trained."""

from typing import ClassVar, Literal, Self

from pydantic import model_validator

from hrbench.spec.tables import Colors, PositiveShare, Share, Size
from hrbench.spec.task import Model, Recipe


class ImageModel(Model):
    """A backbone, and the images that it is given."""

    free: ClassVar[tuple[str, ...]] = ("mean", "std")

    backbone: str  # one of `registry.BACKBONES`, or timm/NAME
    input: Size  # height, width in pixels
    # Of red, green and blue from 0 to 1; None: the backbone's own. A run on timm's says them.
    mean: Colors | None = None
    std: Colors | None = None

    @property
    def words(self) -> str:
        """Backbone and input."""
        return f"{self.backbone}, {self.input[0]} x {self.input[1]}"

    @property
    def network(self) -> str:
        """The backbone."""
        return self.backbone

    @model_validator(mode="after")
    def _statistics_are_whole(self) -> Self:
        if (self.mean is None) != (self.std is None):
            raise ValueError("mean and std go together: set both, or neither")
        if self.std is not None and not all(self.std):
            raise ValueError("std: images are divided by it, and a 0 stands there")
        return self


class ImageRecipe(Recipe):
    """What recipes have that train a backbone of layers."""

    # Of timm's backbones alone: a layer's learning rate is so much of the next one's, and biases,
    # norms and positions do not decay; the last block is left out of so many steps at random.
    layer_decay: PositiveShare | None = None
    drop_path: Share | None = None
    max_norm: Literal["gradients"] | None = None  # what is kept below a norm of 1
