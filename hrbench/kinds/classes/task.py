"""Classes of whole pictures."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  the field's name for it
from torch import Tensor

from hrbench.data.evaluation import ClassEvaluation
from hrbench.data.image_crops import Crops, TrainingView
from hrbench.data.picture_batches import EvaluationPictures, PictureBatch, TrainingPictures
from hrbench.draw import class_sheets
from hrbench.draw.cases import Drawn
from hrbench.draw.changed import Answers
from hrbench.engine.execution import Told, unheard
from hrbench.engine.graphs import Tensors
from hrbench.engine.runtime import Runtime
from hrbench.engine.step import Cost, Plan
from hrbench.formats.contract import PictureFormat
from hrbench.formats.registry import format_of
from hrbench.kinds import starting
from hrbench.kinds.classes import predicting
from hrbench.kinds.contract import Task, Training
from hrbench.metrics.inputs import ClassSetting, RankedClasses
from hrbench.network import ImageNetwork, build_classifier
from hrbench.report.predictions import ClassPredictions
from hrbench.spec import ClassificationTask


@dataclass(frozen=True, eq=False)
class Classification(Task[ImageNetwork, ClassEvaluation, ClassPredictions]):
    """The classes of a split's pictures."""

    stored = ClassPredictions
    score_only_keys = ()
    unprepared = (
        "a part of any size is cut of a picture: all of it, decoded, is many times as large as its "
        "file; `hrbench shard` makes its files quicker to read"
    )
    spec: ClassificationTask

    @property
    def size(self) -> int:
        """The edge of the squares that pictures are cut to, in pixels."""
        return self.spec.model.input[0]

    def evaluation(self) -> ClassEvaluation:
        """Find the pictures of the protocol's split, and their classes."""
        read = format_of(self.dataset, PictureFormat).evaluation
        return read(self.spec, self.dataset, self.data_root, limit=self.options.limit)

    def network(self) -> ImageNetwork:
        """Make backbone and head."""
        classes, drop_path = len(self.dataset.classes), self.spec.recipe.drop_path
        return build_classifier(self.spec.model, classes, self.options.seed, drop_path)

    def planned(self, plan: Plan) -> Plan:
        """Let layers have rates of their own, and gradients a longest norm."""
        return starting.planned(plan, self.spec.recipe)

    def training(self, evaluation: ClassEvaluation) -> Training:
        """Return random parts of the training split's pictures."""
        del evaluation
        return self.parts()

    def parts(self) -> Training:
        """Return what is trained on, which nothing else decides."""
        read = format_of(self.dataset, PictureFormat).training
        training = read(self.spec, self.dataset, self.data_root)
        augment = self.spec.augment
        view = TrainingView(self.size, smallest=augment.smallest, flip=augment.flip)
        feed = TrainingPictures(training.pictures, view, self.options.seed)
        return Training(feed, left_out=training.left_out, allowed=training.allowed)

    def cost(self, network: ImageNetwork, device: torch.device) -> Cost[PictureBatch]:
        """Return the cross-entropy."""
        del network

        def prepared(batch: PictureBatch) -> Tensors:
            parts = (batch.images, batch.labels)
            return tuple(part.to(device, non_blocking=True) for part in parts)

        def measured(logits: Tensor, labels: Tensor) -> Tensor:
            return F.cross_entropy(logits.float(), labels)

        return Cost(prepared, measured)

    def crops(self) -> Crops:
        """Return how the protocol cuts a picture."""
        protocol = self.spec.protocol
        return Crops(
            self.size,
            share=protocol.crop_share,
            interpolation=protocol.interpolation,
            ten=protocol.tta == "ten-crop",
        )

    def predictions(
        self,
        network: ImageNetwork,
        evaluation: ClassEvaluation,
        runtime: Runtime,
        *,
        workers: int,
        title: str,
        told: Told = unheard,
    ) -> ClassPredictions:
        """Return the likeliest classes of every picture."""
        crops = self.crops()
        return predicting.predictions(
            network,
            EvaluationPictures(evaluation.pictures, crops),
            crops.count,
            runtime,
            precision=self.spec.protocol.precision,
            workers=workers,
            title=title,
            told=told,
        )

    @property
    def setting(self) -> ClassSetting:
        """What the dataset says to the metric."""
        return ClassSetting(tuple(self.dataset.classes.values()))

    def measurable(self, predictions: ClassPredictions) -> RankedClasses:
        """Return the likeliest classes of every picture."""
        return RankedClasses(predictions.labels, predictions.scores)

    def samples(
        self, evaluation: ClassEvaluation, predictions: ClassPredictions
    ) -> Mapping[str, Sequence[Any]]:
        """Return a row for each picture: its class, what it was taken for, and how surely."""
        pictures, folder = evaluation.pictures, self.data_root.folder / self.dataset.folder
        names = np.array(tuple(self.dataset.classes.values()))
        among = predictions.labels == pictures.labels[:, None]
        return {
            "id": pictures.ids.tolist(),
            "image": [
                (path.relative_to(folder) if path.is_relative_to(folder) else path).as_posix()
                for path in pictures.images
            ],
            "class": names[pictures.labels].tolist(),
            "answer": names[predictions.labels[:, 0]].tolist(),
            "probability": predictions.scores[:, 0].tolist(),
            "right": among[:, 0].tolist(),
            "among_five": among.any(axis=1).tolist(),
            "error": self.errors(evaluation, predictions).errors.tolist(),
        }

    def misfit(self, evaluation: ClassEvaluation, predictions: ClassPredictions) -> str:
        """Say so where predictions are of other pictures."""
        before, now = predictions.sample_ids, evaluation.pictures.ids
        if np.array_equal(before, now):
            return ""
        return f"looked at {len(before)} pictures, and the dataset has others, {len(now)}"

    def example(self, evaluation: ClassEvaluation) -> tuple[str, ...]:
        """Return the first picture."""
        return (str(evaluation.pictures.images[0].resolve()),)

    def draw_training(self, folder: Path, batch: PictureBatch) -> Path:
        """Draw parts of pictures with their classes."""
        return class_sheets.draw_training(folder, self.dataset, batch)

    def draw_worst(
        self, folder: Path, evaluation: ClassEvaluation, predictions: ClassPredictions, count: int
    ) -> Path:
        """Draw the pictures whose class was most surely taken for another."""
        errors = self.errors(evaluation, predictions).errors
        rows, pictures = np.argsort(-errors, kind="stable")[:count], evaluation.pictures
        return class_sheets.draw_worst(folder, self.dataset, pictures, predictions, rows)

    def draw_changed(
        self,
        place: Path,
        runs: Sequence[Answers[ClassEvaluation, ClassPredictions, Any]],
        count: int,
    ) -> bool:
        """Draw pictures whose errors changed most."""
        return class_sheets.draw_changed(place, self.dataset, runs, count)

    def case_pictures(
        self, evaluation: ClassEvaluation, predictions: ClassPredictions
    ) -> Iterator[Drawn]:
        """Draw pictures of the largest errors, and around the median."""
        errors = self.errors(evaluation, predictions)
        return class_sheets.case_pictures(self.dataset, evaluation.pictures, predictions, errors)

    def draw(
        self, folder: Path, evaluation: ClassEvaluation, predictions: ClassPredictions
    ) -> None:
        """Draw the first pictures with what they were taken for."""
        class_sheets.draw(folder, self.dataset, evaluation.pictures, predictions)
