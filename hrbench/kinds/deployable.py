"""What of a task is exported: one graph from raw input to answers, and the words about it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from hrbench import catalog, world
from hrbench.formats.location import DataRoot
from hrbench.kinds.contract import AnyTask, P
from hrbench.spec import DatasetSpec

T = TypeVar("T", bound=AnyTask)
Run = Callable[[NDArray[Any]], dict[str, NDArray[np.float32]]]  # input to outputs, by name
CPU = torch.device("cpu")
SPARE = 1  # more than the least that an edge must have, in the example that is traced


@dataclass(frozen=True, slots=True)
class Port:
    """A tensor that goes in or comes out."""

    name: str
    dtype: str
    shape: tuple[int | str, ...]  # a word for an edge of any length

    @property
    def words(self) -> str:
        """Name, type and shape."""
        return f"{self.name} {self.dtype} ({', '.join(map(str, self.shape))})"


class Deployable(ABC, Generic[T, P]):
    """A task whose network is a graph of one input, with everything around it inside.

    Letters: N inputs. The first output is the one that is compared.
    """

    graph: nn.Module  # in evaluation mode, without gradients; a tensor to a dict of tensors
    takes: Port
    gives: tuple[Port, ...]
    least: dict[str, int]  # how short the edges of any length may be
    unit: str  # of the first output
    limit: float  # how far the first output may be from PyTorch's

    def __init__(self, task: T) -> None:
        self.task = task

    @abstractmethod
    def about(self) -> dict[str, Any]:
        """Return what a program that runs the file must know: plain JSON values by name."""

    @abstractmethod
    def synthetic(self) -> NDArray[Any]:
        """Return N inputs of hrbench's own world."""

    @abstractmethod
    def of_images(self, paths: Sequence[Path]) -> NDArray[Any]:
        """Return N inputs, a whole picture each.

        Raises:
            HrbenchError: one cannot be read, or the graph takes no pictures.
        """

    @abstractmethod
    def predictions(self, evaluation: Any, by_torch: P, run: Run, workers: int) -> P:
        """Return predictions of what is looked at, made by the exported file.

        `by_torch` are those of the network.
        """

    def tied(self, inputs: Tensor) -> NDArray[np.bool_] | None:  # noqa: ARG002  of maps alone
        """Return which places of the first output hang on rounding; None where none can.

        Shape: the first output's without its last edge.
        """
        return None

    def example(self) -> Tensor:
        """Return an input to trace the graph with."""
        edges = [
            edge if isinstance(edge, int) else self.least[edge] + SPARE for edge in self.takes.shape
        ]
        return torch.zeros(edges, dtype=getattr(torch, self.takes.dtype))


def small_world(task: AnyTask, stand_in: str, images: int) -> tuple[Any, DatasetSpec, DataRoot]:
    """Return the spec, the dataset and the place of a small synthetic training set for a task.

    Where the task has no synthetic set, it is that of the task `stand_in`, of the same kind.
    """
    spec, dataset = task.spec, task.dataset
    if spec.builtin is None:
        spec = catalog.load_task(stand_in)
        dataset = catalog.load_dataset(spec.dataset)
    return spec, dataset, DataRoot(world.cached(dataset.folder, images=images), synthetic=True)
