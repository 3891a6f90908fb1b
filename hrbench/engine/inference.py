"""A network of images as it predicts: made ready at its first batch, by what is only faster."""

import copy
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from hrbench.engine.compiling import Compiled
from hrbench.engine.execution import EAGER, PATHS, Execution, Format
from hrbench.engine.folding import folded
from hrbench.engine.graphs import Captured, Card, Recorder, Tensors
from hrbench.engine.runtime import Runtime

TOLERANCE = 1e-5  # of the largest output, as the golden numbers have it
TRIED = 2  # images of the first batch, by which both are compared
TOO_FEW = "no CUDA graph: too few batches for one"
UNCOMPILED = "not compiled: no batch was full"
LAYOUTS: dict[Format, torch.memory_format] = {
    "contiguous": torch.contiguous_format,
    "channels_last": torch.channels_last,
}
Network = Callable[[Tensor], Tensor]  # of images, as `Inference` is
See = Callable[[Tensor], Tensors]  # images on their device, to what is read of them


class Inference:
    """A network in evaluation, computed in one precision.

    Batch normalisation is folded into the convolutions, and their weights are laid out as the
    device computes them faster, in a copy. Where its outputs for images of the first batch are
    further from the network's own than rounding takes them, nothing is folded; with
    `runtime.eager`, or on a CPU then, the network itself is used.

    Shapes: (B, H, W, 3) uint8 RGB images, on any device, to what the network makes of them, in
    float32.

    Args:
        network: as it was trained.
        runtime: where it computes, and what of that is wanted.
        precision: in which.
        size: images of the batches that it is compiled for, where it is.
    """

    def __init__(self, network: nn.Module, runtime: Runtime, precision: str, size: int = 0) -> None:
        self.network, self.runtime, self.precision, self.size = network, runtime, precision, size
        self.format: Format = "contiguous"
        self.folds = False
        self._compiled: Compiled | None = None
        self._ready: Network | None = network if runtime.eager else None
        self._unfolded = ""

    def __call__(self, images: Tensor) -> Tensor:
        ready = self._ready or self._made_ready(images[:TRIED])
        with self.runtime.autocast(self.precision):
            outputs = ready(images)
        return outputs.float().contiguous()  # what reads them goes through one map after the other

    def _made_ready(self, images: Tensor) -> Network:
        network, layout = folded(self.network, images[:1]), self._layout()
        network.to(memory_format=LAYOUTS[layout])
        with self.runtime.autocast("fp32"):
            expected, found = self.network(images), network(images)
        gap = ((found - expected).abs().max() / expected.abs().max()).item()
        self.folds = gap <= TOLERANCE  # not with NaN
        if not self.folds:
            self._unfolded = f"outputs would move by {gap:.1g} of the largest"
            if self.runtime.device.type == "cpu":
                network, layout = self.network, "contiguous"
            else:  # whose layout is another only where it rounds more coarsely than that
                network = copy.deepcopy(self.network).to(memory_format=LAYOUTS[layout])
        self.format = layout
        self._ready = network
        if self.runtime.compiles:
            freezes = self.runtime.device.type == "cpu"
            self._ready = self._compiled = Compiled(network, self.size, freezes=freezes)
        return self._ready

    def _layout(self) -> Format:
        """Return how weights lie: of a card, its tensor cores take channels last."""
        kind = self.runtime.device.type
        fast = kind == "cpu" or (kind == "cuda" and self.precision != "fp32")
        return "channels_last" if fast else "contiguous"

    @property
    def compiled(self) -> bool:
        """Whether full batches are computed by what a compiler made of it."""
        return self._compiled is not None and self._compiled.done

    def reasons(self) -> Iterator[str]:
        """Yield why it is not computed faster."""
        if self.runtime.eager:
            yield EAGER
        if self._unfolded:
            yield f"batch normalisation is not folded: {self._unfolded}"
        if self._compiled is not None and not self._compiled.done:
            why = self._compiled.reason
            yield f"not compiled: {why}" if why else UNCOMPILED


class Pass:
    """All that is computed of a batch: the network, and what reads its outputs.

    On a card that is captured as one CUDA graph, of full batches.

    Args:
        inference: the network.
        see: goes through it.
        size: images that `see` is given of a full batch.
        recorder: what captures; by default the card, where there is one.
    """

    def __init__(
        self, inference: Inference, see: See, size: int, recorder: Recorder | None = None
    ) -> None:
        runtime = inference.runtime
        if recorder is None and runtime.device.type == "cuda" and not runtime.eager:
            recorder = Card(runtime.device)
        self.inference = inference
        self._captured = None if recorder is None else Captured(see, size, recorder)
        self._see: See = self._captured or see

    def __call__(self, images: Tensor) -> Tensors:
        """Return what is read of images on the device, until the next call."""
        return self._see(images)

    def execution(self, batch: int) -> Execution:
        """Return how batches of so many boxes or pictures were computed."""
        inference, captured = self.inference, self._captured
        reasons = list(inference.reasons())
        if captured is not None and not captured.replays:
            reasons.append(f"no CUDA graph: {captured.reason}" if captured.reason else TOO_FEW)
        path: str = PATHS[inference.compiled, captured is not None and captured.replays]
        return Execution(
            f"{path}, BatchNorm folded" if inference.folds else path,
            inference.precision,
            inference.format,
            batch,
            tuple(reasons),
        )
