"""What a task does in its own way on the road that all tasks share."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Generic, TypeVar

import torch
from torch import nn

from hrbench.backbone import fitting
from hrbench.backbone.fitting import Fit
from hrbench.backbone.weights import Checkpoint
from hrbench.data.evaluation import Evaluation
from hrbench.engine.runtime import Runtime
from hrbench.engine.train import Cost, Feed
from hrbench.formats.location import DataRoot
from hrbench.metrics.metric import Metric
from hrbench.metrics.registry import METRICS
from hrbench.metrics.scores import Scores
from hrbench.report.predictions import Stored
from hrbench.runs.options import Options
from hrbench.spec import DatasetSpec, TaskSpec

Found = TypeVar("Found", bound=Stored)


class Task(ABC, Generic[Found]):
    """One task on its data: what is looked at, the network, its training, its figures.

    `road.road` walks it; the classes below it are found in `kinds.registry`.
    """

    stored: type[Found]  # what `predictions` gives
    score_only_keys: ClassVar[tuple[str, ...]]  # protocol keys that make figures of predictions
    init_part: ClassVar[str] = "the backbone"  # that `initialise` loads
    spec: TaskSpec
    dataset: DatasetSpec
    data_root: DataRoot
    options: Options
    looked_at: Evaluation  # set by `look`
    network: nn.Module  # set by `build`
    sha256: str | None = None  # of the file whose weights were loaded
    left_out: Mapping[str, int] = MappingProxyType({})  # of training, by why; set by `feed`
    allowed: tuple[str, ...] = ()  # in words, faults allowed or put right; set by `feed`

    @abstractmethod
    def look(self) -> None:
        """Read what is predicted, and the truth.

        Raises:
            HrbenchError: it is not there, or not right.
        """

    @abstractmethod
    def build(self) -> None:
        """Make the network, its weights drawn with the run's seed."""

    @abstractmethod
    def feed(self) -> Feed[Any]:
        """Return what the network is trained on, looked through for faults."""

    @abstractmethod
    def cost(self, device: torch.device) -> Cost[Any]:
        """Return the loss of the recipe."""

    @abstractmethod
    def predictions(self, runtime: Runtime, *, workers: int, title: str) -> Found:
        """Return what the network says of all that is looked at."""

    @property
    def metric(self) -> Metric[Any, Any, Any, Any]:
        """What the protocol measures by."""
        return METRICS[str(self.spec.protocol.metric)]

    @property
    @abstractmethod
    def setting(self) -> Any:
        """What dataset and protocol say to the metric, as `metrics.inputs` has it."""

    @abstractmethod
    def scores(self, found: Found) -> Scores:
        """Return the figures of predictions, where there is truth."""

    @abstractmethod
    def misfit(self, found: Found) -> str:
        """Return in words how predictions are not of what is looked at; nothing if they are."""

    def load(self, checkpoint: Checkpoint) -> Fit:
        """Put the weights of a file into the network.

        Raises:
            WeightsError: they are of another one.
        """
        partial, self.sha256 = self.options.allow_partial, checkpoint.sha256
        return fitting.load_network(checkpoint, self.network, partial=partial)

    @abstractmethod
    def initialise(self, checkpoint: Checkpoint) -> Fit:
        """Start training from the weights of a file; return what of them was loaded.

        Raises:
            WeightsError: they are of another network.
        """

    def notes(self) -> tuple[str, ...]:
        """Return what a reader of the record should know."""
        return ()

    def example(self) -> tuple[str, ...]:
        """Return arguments of `hrbench predict` to try the network with: a picture, its boxes."""
        return ()

    def upload(self, folder: Path, found: Found) -> str:
        """Write what is handed in where the truth is hidden; return what it is, in words."""
        raise ValueError(f"{self.spec.name} has no server to hand {found!r} in to from {folder}")

    @abstractmethod
    def draw_training(self, folder: Path, batch: Any) -> Path:
        """Put a picture of a batch that the network is trained on into the run's folder."""

    @abstractmethod
    def draw_worst(self, folder: Path, found: Found, count: int) -> Path | None:
        """Put a picture of the largest errors into the run's folder; there is truth."""

    @abstractmethod
    def draw(self, folder: Path, found: Found) -> None:
        """Put pictures of predictions into the run's folder."""
