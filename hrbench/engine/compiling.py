"""torch.compile, with what happens where it fails."""

from typing import Any

import torch
from torch import Tensor, nn

from hrbench.engine.execution import why


class Compiled:
    """A network that is compiled for batches of one size; others go through it as they do.

    What it was compiled to has the parameters and buffers of the network itself. Where the first
    call fails (no C++ compiler, say), the network is used as it is.

    Args:
        network: to be trained, or to predict.
        size: samples of the batches that it is compiled for.
        freezes: whether the weights are constants of what it is compiled to: it only predicts.
    """

    def __init__(self, network: nn.Module, size: int, *, freezes: bool = False) -> None:
        self.network, self.size, self.freezes = network, size, freezes
        self.reason = ""  # why it could not be compiled, in words
        self._compiled: Any = None

    @property
    def done(self) -> bool:
        """Whether it has been compiled."""
        return self._compiled is not None

    def __call__(self, inputs: Tensor) -> Any:
        if self.reason or len(inputs) != self.size:
            return self.network(inputs)
        if self._compiled is not None:
            return self._compiled(inputs)
        from torch._inductor import config  # noqa: PLC0415  takes long, and is seldom needed

        statistics = [buffer.clone() for buffer in self.network.buffers()]
        try:
            compiled = torch.compile(self.network, dynamic=False)
            with config.patch(freezing=self.freezes):  # as an option it packs no weights
                answers = compiled(inputs)
        except RuntimeError as error:  # one of the network's own comes again
            self.reason = why(error)
            for buffer, before in zip(self.network.buffers(), statistics, strict=True):
                buffer.copy_(before)
            return self.network(inputs)
        self._compiled = compiled
        return answers
