"""Crops in, classes out: normalisation, network and softmax as one graph."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from hrbench.data.evaluation import ClassEvaluation
from hrbench.data.picture_batches import EvaluationPictures
from hrbench.data.pictures import Pictures
from hrbench.engine.sizes import IMAGES
from hrbench.errors import RunError
from hrbench.formats.contract import PictureFormat
from hrbench.formats.registry import format_of
from hrbench.kinds.classes.task import Classification
from hrbench.kinds.deployable import Deployable, Port, Run, small_world
from hrbench.network import ImageNetwork
from hrbench.report.predictions import ClassPredictions

SYNTHETIC = 16  # pictures
STAND_IN = "imagenet@tiny"  # whose world it is, for a task that has none


class ClassGraph(nn.Module):
    """What `hrbench run` does after cutting a crop.

    Shapes: (B, H, W, 3) uint8 RGB to probabilities and logits, (B, classes) each.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network.eval().requires_grad_(requires_grad=False)

    def forward(self, crops: Tensor) -> dict[str, Tensor]:
        logits = self.network(crops).float()
        return {"probabilities": logits.softmax(dim=1), "logits": logits}


class DeployableClassifier(Deployable[Classification, ClassPredictions]):
    """A classification network."""

    least = {"batch": 1}  # noqa: RUF012  a class of this kind has one
    unit = "of probability"
    limit = 1e-4

    def __init__(self, task: Classification, network: ImageNetwork) -> None:
        super().__init__(task)
        if task.spec.protocol.tta != "none":
            raise RunError(
                "the ten crops of --tta are cut outside of an exported file, which takes one: "
                "export with --no-tta, and average the probabilities of ten"
            )
        self.graph = ClassGraph(network)
        classes = len(task.dataset.classes)
        self.takes = Port("crops", "uint8", ("batch", task.size, task.size, 3))
        self.gives = tuple(
            Port(name, "float32", ("batch", classes)) for name in ("probabilities", "logits")
        )

    def about(self) -> dict[str, Any]:
        """Return the classes, and how crops are cut."""
        protocol, classes = self.task.spec.protocol, self.task.dataset.classes
        return {
            "class_names": list(classes.values()),
            "class_ids": list(classes),
            "input_size": [self.task.size, self.task.size],
            "input_layout": "batch, height, width, RGB; 0 to 255",
            "crop_share": protocol.crop_share,
            "crop_interpolation": protocol.interpolation,
        }

    def synthetic(self) -> NDArray[np.uint8]:
        """Return pictures of a synthetic training set."""
        spec, dataset, data_root = small_world(self.task, STAND_IN, SYNTHETIC)
        training = format_of(dataset, PictureFormat).training
        pictures = training(spec, dataset, data_root).pictures
        return self._cut(pictures.first(SYNTHETIC))

    def of_images(self, paths: Sequence[Path]) -> NDArray[np.uint8]:
        """Return the middle of each picture."""
        numbers = np.arange(len(paths))
        return self._cut(Pictures(tuple(paths), np.zeros_like(numbers), numbers))

    def predictions(
        self, evaluation: ClassEvaluation, by_torch: ClassPredictions, run: Run, workers: int
    ) -> ClassPredictions:
        """Return the likeliest classes of every picture, as the file answers."""
        seen = EvaluationPictures(evaluation.pictures, self.task.crops())
        parts = np.array_split(np.arange(len(seen.pictures)), -(-len(seen.pictures) // IMAGES))
        answers = [
            torch.from_numpy(run(cut[:, 0].numpy())["probabilities"])
            for cut in seen.batches(parts, workers=workers, pin=False)
        ]
        scores, labels = torch.cat(answers).topk(by_torch.labels.shape[1], dim=1)
        return replace(by_torch, labels=labels.numpy(), scores=scores.numpy())

    def _cut(self, pictures: Pictures) -> NDArray[np.uint8]:
        seen = EvaluationPictures(pictures, self.task.crops())
        (cut,) = seen.batches([np.arange(len(pictures))], workers=0, pin=False)
        return np.asarray(cut[:, 0].numpy())
