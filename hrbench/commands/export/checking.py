"""An exported file against PyTorch: its answers one by one, and the figure of the split."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from hrbench.engine.runtime import Runtime
from hrbench.kinds.contract import AnyTask
from hrbench.kinds.deployable import CPU, Deployable, Run
from hrbench.road import measuring, training

BATCH = 8  # inputs at once; the first goes alone, so that two sizes are tried
FIGURE_LIMIT = 0.05  # in the metric's unit


@dataclass(frozen=True, slots=True)
class Parity:
    """How far a file's answers are from PyTorch's."""

    output: str  # which is compared
    inputs: int
    compared: int  # places that rounding does not decide
    tied: int  # places that it does
    largest: float  # difference over the places compared
    largest_tied: float  # over the others; it is bounded by nothing
    unit: str
    limit: float

    @property
    def ok(self) -> bool:
        """Whether it is within the limit; NaN is not."""
        return self.largest <= self.limit

    @property
    def words(self) -> str:
        """All of it in a sentence."""
        tied = f"; {self.tied} more hang on rounding (up to {self.largest_tied:.2g})"
        return (
            f"{self.output} at most {self.largest:.2g} {self.unit} from PyTorch's in "
            f"{self.compared} places of {self.inputs} inputs, limit {self.limit:g}"
            f"{tied if self.tied else ''}"
        )


@dataclass(frozen=True, slots=True)
class Figure:
    """The headline of the split's metric, by PyTorch and by the file."""

    name: str
    unit: str
    split: str
    samples: int
    by_torch: float
    by_file: float
    limit: float = FIGURE_LIMIT

    @property
    def difference(self) -> float:
        """How far they are apart."""
        return abs(self.by_torch - self.by_file)

    @property
    def ok(self) -> bool:
        """Whether it is within the limit."""
        return self.difference <= self.limit

    @property
    def words(self) -> str:
        """All of it in a sentence."""
        return (
            f"{self.name} of {self.split} ({self.samples} samples) {self.by_torch:.3f} by PyTorch, "
            f"{self.by_file:.3f} {self.unit} by the file: {self.difference:.2g} apart, "
            f"limit {self.limit:g}"
        )


def parity(deployed: Deployable[Any, Any], run: Run, inputs: NDArray[Any]) -> Parity:
    """Compare a file's first output with PyTorch's for N inputs."""
    name = deployed.gives[0].name
    apart, tied = [], []
    for batch in _batches(inputs):
        given = torch.from_numpy(batch)
        with torch.no_grad():
            wanted = deployed.graph(given)[name].numpy()
            undecided = deployed.tied(given)
        distance = np.abs(run(batch)[name] - wanted).max(axis=-1)
        apart.append(distance)
        tied.append(np.zeros(distance.shape, dtype=bool) if undecided is None else undecided)
    distances, left_out = np.concatenate(apart), np.concatenate(tied)
    return Parity(
        output=name,
        inputs=len(inputs),
        compared=int((~left_out).sum()),
        tied=int(left_out.sum()),
        largest=float(distances[~left_out].max(initial=0)),
        largest_tied=float(distances[left_out].max(initial=0)),
        unit=deployed.unit,
        limit=deployed.limit,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """What a figure is compared on."""

    task: AnyTask
    network: nn.Module
    evaluation: Any  # of the kind of the task


def figure(deployed: Deployable[Any, Any], run: Run, split: Split) -> Figure | None:
    """Compare the figure of a split; None where there is no truth, or no figure."""
    task, evaluation = split.task, split.evaluation
    workers = training.workers(task.options.workers, 1)
    by_torch = task.predictions(
        split.network, evaluation, Runtime(CPU), workers=workers, title="predicting"
    )
    values = []
    for predictions in (by_torch, deployed.predictions(evaluation, by_torch, run, workers)):
        name, first = next(iter(measuring.measure(task, evaluation, predictions).metrics.items()))
        if first.value is None:
            return None
        values.append(first.value)
    return Figure(
        name, first.unit, task.spec.protocol.split, evaluation.evaluated, values[0], values[1]
    )


@dataclass(frozen=True, slots=True)
class Check:
    """All that was compared."""

    parity: Parity
    figure: Figure | None  # None without data, or where the truth is hidden

    def content(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        figure = self.figure and {**asdict(self.figure), "difference": self.figure.difference}
        return {"parity": asdict(self.parity), "figure": figure}


def _batches(inputs: NDArray[Any]) -> Iterator[NDArray[Any]]:
    yield inputs[:1]
    for start in range(1, len(inputs), BATCH):
        yield inputs[start : start + BATCH]
