"""Classes of whole pictures."""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  the field's name for it
from torch import Tensor, nn

from hrbench import network
from hrbench.backbone.fitting import Fit, load_backbone
from hrbench.backbone.weights import Checkpoint
from hrbench.data.evaluation import ClassEvaluation
from hrbench.data.image_crops import Crops, TrainingView
from hrbench.data.picture_batches import EvaluationPictures, PictureBatch, TrainingPictures
from hrbench.draw import class_sheets
from hrbench.engine.runtime import Runtime
from hrbench.engine.train import Cost
from hrbench.errors import RunError
from hrbench.formats.contract import PictureFormat
from hrbench.formats.location import DataRoot
from hrbench.formats.registry import format_of
from hrbench.kinds.classes import predicting
from hrbench.kinds.contract import Task
from hrbench.metrics.inputs import ClassSetting, RankedClasses
from hrbench.metrics.scores import Scores
from hrbench.network import ImageNetwork
from hrbench.report.predictions import ClassPredictions
from hrbench.runs.options import Options
from hrbench.spec import ClassificationTask, DatasetSpec


class Classification(Task[ClassPredictions]):
    """The classes of a split's pictures."""

    stored = ClassPredictions
    score_only_keys = ()
    spec: ClassificationTask
    looked_at: ClassEvaluation
    network: ImageNetwork

    def __init__(
        self, spec: ClassificationTask, dataset: DatasetSpec, data_root: DataRoot, options: Options
    ) -> None:
        self.spec, self.dataset, self.data_root, self.options = spec, dataset, data_root, options
        height, width = spec.model.input
        if height != width:
            raise RunError(f"model.input: pictures are cut to squares, not to {height} x {width}")
        self.size = height

    def look(self) -> None:
        """Find the pictures of the protocol's split, and their classes."""
        self.looked_at = format_of(self.dataset, PictureFormat).evaluation(
            self.spec, self.dataset, self.data_root, limit=self.options.limit
        )

    def build(self) -> None:
        """Make backbone and head."""
        classes = len(self.dataset.classes)
        self.network = network.build_classifier(self.spec.model, classes, self.options.seed)

    def feed(self) -> TrainingPictures:
        """Return random parts of the training split's pictures."""
        read = format_of(self.dataset, PictureFormat).training
        found = read(self.spec, self.dataset, self.data_root)
        self.left_out, self.allowed = found.left_out, found.allowed
        augment = self.spec.augment
        view = TrainingView(self.size, smallest=augment.smallest, flip=augment.flip)
        return TrainingPictures(found.pictures, view, self.options.seed)

    def initialise(self, checkpoint: Checkpoint) -> Fit:
        """Load the backbone."""
        partial = self.options.allow_partial
        return load_backbone(checkpoint, self.network.backbone, partial=partial)

    def cost(self, device: torch.device) -> Cost[PictureBatch]:
        """Return the cross-entropy."""

        def cost(network: nn.Module, batch: PictureBatch) -> Tensor:
            logits = network(batch.images)
            labels = batch.labels.to(device, non_blocking=True)
            return F.cross_entropy(logits.float(), labels)

        return cost

    def crops(self) -> Crops:
        """Return how the protocol cuts a picture."""
        protocol = self.spec.protocol
        return Crops(
            self.size,
            share=protocol.crop_share,
            interpolation=protocol.interpolation,
            ten=protocol.tta == "ten-crop",
        )

    def predictions(self, runtime: Runtime, *, workers: int, title: str) -> ClassPredictions:
        """Return the likeliest classes of every picture."""
        crops = self.crops()
        return predicting.predictions(
            self.network,
            EvaluationPictures(self.looked_at.pictures, crops),
            crops.count,
            runtime,
            precision=self.spec.protocol.precision,
            workers=workers,
            title=title,
        )

    @property
    def setting(self) -> ClassSetting:
        """What the dataset says to the metric."""
        return ClassSetting(tuple(self.dataset.classes.values()))

    def scores(self, found: ClassPredictions) -> Scores:
        """Return top-1 and top-5."""
        answers = RankedClasses(found.labels, found.scores)
        return self.metric.score(self.looked_at.truth, answers, self.setting)

    def misfit(self, found: ClassPredictions) -> str:
        """Say so where predictions are of other pictures."""
        now = self.looked_at.pictures.ids
        if np.array_equal(found.sample_ids, now):
            return ""
        return f"looked at {len(found.sample_ids)} pictures, and the dataset has others, {len(now)}"

    def notes(self) -> tuple[str, ...]:
        """Say which classes are there."""
        return self.looked_at.notes

    def example(self) -> tuple[str, ...]:
        """Return the first picture."""
        return (str(self.looked_at.pictures.images[0].resolve()),)

    def draw_training(self, folder: Path, batch: PictureBatch) -> Path:
        """Draw parts of pictures with their classes."""
        return class_sheets.draw_training(folder, self.dataset, batch)

    def draw_worst(self, folder: Path, found: ClassPredictions, count: int) -> Path:
        """Draw the pictures whose class was most surely taken for another."""
        answers = RankedClasses(found.labels, found.scores)
        errors = self.metric.errors(self.looked_at.truth, answers, self.setting).errors
        rows = np.argsort(-errors, kind="stable")[:count]
        return class_sheets.draw_worst(folder, self.dataset, self.looked_at.pictures, found, rows)

    def draw(self, folder: Path, found: ClassPredictions) -> None:
        """Draw the first pictures with what they were taken for."""
        class_sheets.draw(folder, self.dataset, self.looked_at.pictures, found)
