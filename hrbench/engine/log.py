"""`log.csv`: what training did, a row every few steps and one for each validation."""

import csv
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from hrbench.engine.progress import Steps
from hrbench.errors import RunError
from hrbench.whole import whole

OF_STEPS = ("step", "epoch", "loss", "learning_rate", "samples_per_second", "data_wait_share")
COLUMNS = (*OF_STEPS, "metric", "value", "best")  # the last three of a validation
EVERY = 20  # steps
SECONDS = 30.0  # after which fewer steps are a row too


@dataclass(frozen=True, slots=True)
class Figure:
    """What a validation came to: the first figure of the protocol."""

    name: str
    value: float
    unit: str
    higher_is_better: bool

    def turned(self, value: float) -> float:
        """Return a value with the sign with which higher is better; twice is the value again."""
        return value if self.higher_is_better else -value

    def said(self, best: float) -> str:
        """Return the figure in words, beside the best so far."""
        words = f"{self.name} {self.value:.4g} {self.unit}"
        if best == self.value:
            return f"{words}, the best so far"
        return f"{words}; best so far {best:.4g} {self.unit}"


Track = Callable[[Mapping[str, float], int], None]  # takes numbers of a step by their names


def untracked(_: Mapping[str, float], __: int) -> None:
    """Take them and do nothing."""


class Log:
    """Sums up losses on the device and writes their mean every few steps.

    Reading a loss waits for the device, so it is done seldom. What is written is tracked too.
    """

    def __init__(
        self, path: Path | None, steps: Steps, *, done: int = 0, track: Track = untracked
    ) -> None:
        self.path, self.steps, self.step, self.track = path, steps, done, track
        self.waited = self.trained = 0.0  # seconds over the whole training
        self._clear()
        if path is not None:
            begin(path, done)

    def _clear(self) -> None:
        self._loss: Tensor | None = None
        self._samples, self._count = 0, 0
        self._since = time.perf_counter()

    def add(self, loss: Tensor, samples: int) -> None:
        """Take up one step: its loss, and its number of samples."""
        weighted = loss.detach() * samples
        self._loss = weighted if self._loss is None else self._loss + weighted
        self._samples += samples
        self._count += 1
        self.step += 1
        self.steps.advance()

    def due(self) -> bool:
        """Whether enough steps have come together for a row."""
        return self._count >= EVERY or time.perf_counter() - self._since >= SECONDS

    def flush(self, epoch: int, learning_rate: float, waited: float) -> None:
        """Write the row, and the loss beside the bar; `waited` are seconds spent so since before.

        Raises:
            RunError: the loss is not finite.
        """
        if self._loss is None:
            return
        loss = self._loss.item() / self._samples  # waits for the device
        seconds = time.perf_counter() - self._since
        self.waited += waited
        self.trained += seconds
        if not math.isfinite(loss):
            raise RunError(
                f"the loss became {loss} in the {self._count} steps before step {self.step} "
                f"(epoch {epoch + 1}); last.pt is from before that. Try a lower --set recipe.lr=…"
                " or --precision fp32"
            )
        rate, share = self._samples / seconds, waited / seconds
        numbers = (f"{loss:.6g}", f"{learning_rate:g}", f"{rate:.1f}", f"{share:.3f}")
        self._write(self.step, epoch + 1, *numbers, "", "", "")
        values = (epoch + 1, loss, learning_rate, rate, share)
        self.track(dict(zip(OF_STEPS[1:], values, strict=True)), self.step)
        self.steps.note = f"epoch {epoch + 1}  loss {loss:.4g}  {rate:.0f} samples/s"
        self._clear()

    def validated(self, epoch: int, epochs: int, figure: Figure, best: float) -> None:
        """Write the row of a validation after `epoch` epochs, and say it."""
        numbers = (f"{figure.value:.6g}", f"{best:.6g}")
        self._write(self.step, epoch, "", "", "", "", figure.name, *numbers)
        values = {figure.name: figure.value, f"best {figure.name}": best}
        self.track({f"validation/{name}": value for name, value in values.items()}, self.step)
        self.steps.tell(f"epoch {epoch}/{epochs}: {figure.said(best)}")
        self._clear()

    @property
    def wait_share(self) -> float:
        """The share of the training time that was spent waiting for samples."""
        return self.waited / self.trained if self.trained else 0.0

    def _write(self, *cells: object) -> None:
        if self.path is not None:
            with self.path.open("a", encoding="utf-8", newline="") as file:
                csv.writer(file, lineterminator="\n").writerow(cells)


def begin(path: Path, done: int) -> None:
    """Write the header and the rows of the steps that are done.

    Later ones are of a training that was killed, and come anew. The rows of an older hrbench get
    the columns that they lack.
    """
    rows: list[list[str]] = []
    if path.exists():
        with path.open(encoding="utf-8", newline="") as file:
            known = (row for row in csv.reader(file) if len(row) >= len(OF_STEPS))
            rows = [row for row in known if row[0].isdecimal() and int(row[0]) <= done]
    with whole(path) as draft, draft.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows([*row, *[""] * (len(COLUMNS) - len(row))] for row in rows)
