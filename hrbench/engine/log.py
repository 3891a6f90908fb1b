"""`log.csv`: what training did, a row every few steps."""

import math
import time
from pathlib import Path

from torch import Tensor

from hrbench.engine.progress import Steps
from hrbench.errors import RunError

HEADER = "step,epoch,loss,learning_rate,samples_per_second,data_wait_share\n"
EVERY = 20  # steps


class Log:
    """Sums up losses on the device and writes their mean every few steps.

    Reading a loss waits for the device, so it is done seldom.
    """

    def __init__(self, path: Path | None, steps: Steps, *, done: int = 0) -> None:
        self.path, self.steps, self.step = path, steps, done
        self.waited = self.trained = 0.0  # seconds over the whole training
        self._clear()
        if path is not None and not path.exists():
            path.write_text(HEADER, "utf-8")

    def _clear(self) -> None:
        self._loss: Tensor | None = None
        self._samples, self._count, self._waited = 0, 0, 0.0
        self._since = time.perf_counter()

    def add(self, loss: Tensor, samples: int, waited: float) -> None:
        """Take up one step: its loss, its number of samples, seconds spent waiting for them."""
        weighted = loss.detach() * samples
        self._loss = weighted if self._loss is None else self._loss + weighted
        self._samples += samples
        self._waited += waited
        self._count += 1
        self.step += 1

    def due(self) -> bool:
        """Whether enough steps have come together for a row."""
        return self._count >= EVERY

    def flush(self, epoch: int, learning_rate: float) -> None:
        """Write the row, move the bar.

        Raises:
            RunError: the loss is not finite.
        """
        if self._loss is None:
            return
        seconds = time.perf_counter() - self._since
        loss = self._loss.item() / self._samples
        self.waited += self._waited
        self.trained += seconds
        if not math.isfinite(loss):
            raise RunError(
                f"the loss became {loss} in the {self._count} steps before step {self.step} "
                f"(epoch {epoch + 1}); last.pt is from before that. Try a lower --set recipe.lr=…"
                " or --precision fp32"
            )
        rate = self._samples / seconds
        if self.path is not None:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(
                    f"{self.step},{epoch + 1},{loss:.6g},{learning_rate:g},{rate:.1f},"
                    f"{self._waited / seconds:.3f}\n"
                )
        note = f"epoch {epoch + 1}  loss {loss:.4g}  {rate:.0f} samples/s"
        self.steps.advance(self._count, note)
        self._clear()

    @property
    def wait_share(self) -> float:
        """The share of the training time that was spent waiting for samples."""
        return self.waited / self.trained if self.trained else 0.0
