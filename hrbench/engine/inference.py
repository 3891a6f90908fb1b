"""A network of images as it predicts: made ready at its first batch, by what is only faster."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from hrbench.engine.execution import Execution, Format
from hrbench.engine.folding import folded
from hrbench.engine.runtime import Runtime

TOLERANCE = 1e-5  # of the largest output, as the golden numbers have it
TRIED = 4  # images of the first batch, by which both are compared
EAGER = "--eager was asked for"


class Inference:
    """A network in evaluation, computed in one precision.

    Batch normalisation is folded into the convolutions, and their weights are laid out as the
    device computes them faster, in a copy. Where its outputs for images of the first batch are
    further from the network's own than rounding takes them, or with `runtime.eager`, the network
    itself is used.

    Shapes: (B, H, W, 3) uint8 RGB images, on any device, to what the network makes of them, in
    float32.
    """

    def __init__(self, network: nn.Module, runtime: Runtime, precision: str) -> None:
        self.network, self.runtime, self.precision = network, runtime, precision
        self.reasons: tuple[str, ...] = (EAGER,) if runtime.eager else ()
        self.format: Format = "contiguous"
        self.folds = False
        self._ready: nn.Module | None = network if runtime.eager else None

    def __call__(self, images: Tensor) -> Tensor:
        ready = self._ready or self._made_ready(images[:TRIED])
        with self.runtime.autocast(self.precision):
            outputs: Tensor = ready(images)
        return outputs.float()

    def _made_ready(self, images: Tensor) -> nn.Module:
        with self.runtime.autocast("fp32"):
            network = folded(self.network, images).to(memory_format=LAYOUTS[self._layout()])
            expected = self.network(images)
            gap = ((network(images) - expected).abs().max() / expected.abs().max()).item()
        self.folds = gap <= TOLERANCE  # not with NaN
        if self.folds:
            self.format, self._ready = self._layout(), network
            return network
        self.reasons = (
            f"batch normalisation is not folded: outputs would move by {gap:.1g} of the largest",
        )
        self._ready = self.network
        return self.network

    def _layout(self) -> Format:
        """Return how weights lie: of a card, its tensor cores take channels last."""
        kind = self.runtime.device.type
        fast = kind == "cpu" or (kind == "cuda" and self.precision != "fp32")
        return "channels_last" if fast else "contiguous"

    def execution(self, batch: int) -> Execution:
        """Return how batches of so many samples were computed."""
        path = "eager, BatchNorm folded" if self.folds else "eager"
        return Execution(path, self.precision, self.format, batch, self.reasons)


LAYOUTS: dict[Format, torch.memory_format] = {
    "contiguous": torch.contiguous_format,
    "channels_last": torch.channels_last,
}
Network = Callable[[Tensor], Tensor]  # of images, as `Inference` is
