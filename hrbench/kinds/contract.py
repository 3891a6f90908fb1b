"""What a task does in its own way on the road that all tasks share."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeAlias, TypeVar

import torch
from torch import Tensor, nn

from hrbench.backbone import fitting
from hrbench.backbone.fitting import Fit
from hrbench.backbone.weights import Checkpoint
from hrbench.begun.options import Options
from hrbench.data.evaluation import Evaluation
from hrbench.data.prepared import Prepared, Wanted
from hrbench.draw.cases import Drawn
from hrbench.draw.changed import Answers
from hrbench.engine.execution import Told, unheard
from hrbench.engine.runtime import Runtime
from hrbench.engine.step import Cost, Plan
from hrbench.engine.train import Feed
from hrbench.formats.location import DataRoot
from hrbench.metrics.metric import AnyMetric
from hrbench.metrics.registry import METRICS
from hrbench.report.predictions import Stored
from hrbench.spec import DatasetSpec, TaskSpec

N = TypeVar("N", bound=nn.Module)  # its network
E = TypeVar("E", bound=Evaluation)  # what it is measured on
P = TypeVar("P", bound=Stored)  # its predictions
TRAINING, EVALUATION = "training", "evaluation"  # the parts of a run that read images


@dataclass(frozen=True, slots=True, eq=False)
class Training:
    """What a network is trained on."""

    feed: Feed[Any]  # looked through for faults
    buffers: Mapping[str, Tensor] = field(default_factory=dict)  # of the network, measured on it
    left_out: Mapping[str, int] = field(default_factory=dict)  # what the files have besides, by why
    allowed: tuple[str, ...] = ()  # in words, faults that --allow let pass or that are put right


@dataclass(frozen=True, eq=False)
class Task(ABC, Generic[N, E, P]):
    """One task on its data: what is looked at, the network, its training, its figures.

    It holds what it was asked, and nothing of what it has done: what a step needs of another is an
    argument. `commands.run` has them all in their order.
    """

    stored: ClassVar[type[Stored]]  # what `predictions` gives
    score_only_keys: ClassVar[tuple[str, ...]]  # of the protocol, that make figures of predictions
    init_part: ClassVar[str] = "the backbone"  # that `initialise` loads
    unprepared: ClassVar[str] = "it reads no images"  # why, where `hrbench prepare` has no use

    spec: TaskSpec
    dataset: DatasetSpec
    data_root: DataRoot
    options: Options

    @abstractmethod
    def evaluation(self) -> E:
        """Read what is predicted, and the truth.

        Raises:
            HrbenchError: it is not there, or not right.
        """

    @abstractmethod
    def network(self) -> N:
        """Return the network, its weights drawn with the run's seed."""

    @abstractmethod
    def training(self, evaluation: E) -> Training:
        """Read what the network is trained on."""

    @abstractmethod
    def cost(self, network: N, device: torch.device) -> Cost[Any]:
        """Return the loss of the recipe."""

    @abstractmethod
    def predictions(
        self,
        network: N,
        evaluation: E,
        runtime: Runtime,
        *,
        workers: int,
        title: str,
        told: Told = unheard,
    ) -> P:
        """Return what the network says of all that is looked at; tell how it was computed."""

    def wanted(self, evaluation: E, training: Training | None) -> Mapping[str, Wanted]:
        """Return the images that can be prepared, by the part of a run that cuts crops of them."""
        del evaluation, training
        return {}

    def from_prepared(
        self, evaluation: E, training: Training | None, found: Mapping[str, Prepared]
    ) -> tuple[E, Training | None]:
        """Return what is measured and trained on, of what is prepared of its images by its part."""
        del found
        return evaluation, training

    @property
    def metric(self) -> AnyMetric:
        """What the protocol measures by."""
        return METRICS[str(self.spec.protocol.metric)]

    @property
    @abstractmethod
    def setting(self) -> Any:
        """What dataset and protocol say to the metric, as `metrics.inputs` has it."""

    @abstractmethod
    def measurable(self, predictions: P) -> Any:
        """Return predictions as metrics take them, as `metrics.inputs` has them."""

    def compared(self, evaluation: E, predictions: P) -> Any:
        """Return predictions beside the truth, where there is truth, for the metric to measure."""
        return self.metric.compare(evaluation.truth, self.measurable(predictions), self.setting)

    def errors(self, evaluation: E, predictions: P) -> Any:
        """Return the error of each sample that counts, where there is truth."""
        return self.metric.errors(self.compared(evaluation, predictions))

    @abstractmethod
    def samples(self, evaluation: E, predictions: P) -> Mapping[str, Sequence[Any]]:
        """Return columns of as many rows as samples count: what each is, and its error.

        There is truth.
        """

    @abstractmethod
    def misfit(self, evaluation: E, predictions: P) -> str:
        """Return in words how predictions are not of what is looked at; nothing if they are."""

    def load(self, network: N, checkpoint: Checkpoint) -> Fit:
        """Put the weights of a file into the network.

        Raises:
            WeightsError: they are of another one.
        """
        return fitting.load_network(checkpoint, network, partial=self.options.allow_partial)

    def initialise(self, network: N, checkpoint: Checkpoint) -> Fit:
        """Start training from the weights of a file; return what of them was loaded.

        Raises:
            WeightsError: they are of another network.
        """
        backbone = network.get_submodule("backbone")
        return fitting.load_backbone(checkpoint, backbone, partial=self.options.allow_partial)

    def of_unknown_weights(self) -> tuple[str, ...]:
        """Return what is to be known of weights that do not say what they were trained for."""
        return ()

    def planned(self, plan: Plan) -> Plan:
        """Return the plan of a training with what only recipes of this kind say."""
        return plan

    def notes(self, evaluation: E) -> tuple[str, ...]:
        """Return what a reader of the record should know, of the data and of the figures."""
        truth = evaluation.truth
        of_figures = () if truth is None else self.metric.notes(truth, self.setting)
        return (*evaluation.notes, *of_figures)

    def example(self, evaluation: E) -> tuple[str, ...]:
        """Return arguments of `hrbench predict` to try the network with: a picture, its boxes."""
        del evaluation
        return ()

    def upload(self, folder: Path, predictions: P) -> str:
        """Write what a server takes where the truth is hidden; return what it is, in words."""
        write = self.metric.upload
        return "" if write is None else write(folder, self.measurable(predictions), self.setting)

    def coco_results(self, evaluation: E, predictions: P) -> list[dict[str, object]]:
        """Return predictions in COCO's results format, where they are keypoints in images."""
        raise ValueError(f"{predictions!r} of {evaluation!r} are no keypoints in images")

    def decoded_again(self, evaluation: E, predictions: P, before: TaskSpec) -> P:
        """Return predictions as this protocol reads what was kept of those made by another.

        Raises:
            RunError: what it takes was not kept.
        """
        del evaluation, before
        return predictions

    def confirmed(self, evaluation: E, predictions: P) -> str:
        """Compare with the figures of the metric's own code; return in words how far apart.

        Raises:
            RunError: they differ, or there are none.
        """
        raise ValueError(f"no other code scores {predictions!r} of {evaluation!r}")

    @abstractmethod
    def draw_training(self, folder: Path, batch: Any) -> Path:
        """Put a picture of a batch that the network is trained on into the run's folder."""

    @abstractmethod
    def draw_worst(self, folder: Path, evaluation: E, predictions: P, count: int) -> Path | None:
        """Put a picture of the largest errors into the run's folder; there is truth."""

    @abstractmethod
    def draw_changed(self, place: Path, runs: Sequence[Answers[E, P, Any]], count: int) -> bool:
        """Put a picture of samples whose errors changed from one run to another into a file.

        Returns whether there are any; there is truth.
        """

    @abstractmethod
    def case_pictures(self, evaluation: E, predictions: P) -> Iterator[Drawn]:
        """Draw single samples, of the largest errors and around the median; there is truth."""

    @abstractmethod
    def draw(self, folder: Path, evaluation: E, predictions: P) -> None:
        """Put pictures of predictions into the run's folder."""


AnyTask: TypeAlias = Task[Any, Any, Any]
