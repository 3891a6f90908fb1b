"""What stands for a card's graphs on a CPU: it records calls, and replays them."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import torch

from hrbench.engine.graphs import Tensors


class Injected:
    """Replays a call of which there is one scalar result; until then that is NaN, as memory is.

    Like a card, it computes nothing while it records, and overwrites the result at each replay.
    """

    def __init__(self) -> None:
        self.recorded = self.replayed = self.besides = 0

    def beside(self) -> AbstractContextManager[None]:
        self.besides += 1
        return nullcontext()

    def record(self, function: Callable[[], Tensors]) -> tuple[Callable[[], object], Tensors]:
        self.recorded += 1
        kept = (torch.tensor(torch.nan),)

        def replay() -> None:
            self.replayed += 1
            (result,) = function()
            kept[0].copy_(result)

        return replay, kept


class Unable(Injected):
    """A card that cannot capture."""

    def record(self, function: Callable[[], Tensors]) -> tuple[Callable[[], object], Tensors]:
        del function
        raise RuntimeError("operation not permitted when stream is capturing\nCompile with ...")
