"""Crops in, keypoints out: normalisation, network, flip test and decoding as one graph."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from hrbench.data.evaluation import LandmarkEvaluation
from hrbench.data.images import read_image
from hrbench.data.loader import ImageCrops, prediction_batches, rows_by_image
from hrbench.data.sample import People, unlabelled
from hrbench.errors import RunError
from hrbench.formats import registry as formats
from hrbench.geometry import crop_of_boxes
from hrbench.kinds.deployable import CPU, Deployable, Port, Run, small_world
from hrbench.kinds.landmarks.predicting import BATCH, heatmaps
from hrbench.kinds.landmarks.task import Landmarks
from hrbench.network import ImageNetwork
from hrbench.report.predictions import Predictions

SYNTHETIC = 16  # crops, and images of the world that they are cut from
STAND_IN = "coco-pose@tiny"  # whose world it is, for a task that has none
FRAME = "pixels of the crop: x to the right, y down, (0, 0) the middle of the top-left pixel"


class KeypointGraph(nn.Module):
    """What `hrbench run` does between cutting a crop and placing its keypoints in the image.

    Shapes: (B, H, W, 3) uint8 RGB to keypoints (B, K, 2) float32 crop pixels, scores (B, K).
    """

    def __init__(self, task: Landmarks, network: ImageNetwork) -> None:
        super().__init__()
        self.network = network.eval().requires_grad_(requires_grad=False)
        self.codec = task.pixels.codec
        self.heatmaps = heatmaps(task.spec, task.pixels, network, CPU)

    def maps(self, crops: Tensor) -> Tensor:
        """Return the (B, K, h, w) maps that are decoded."""
        return self.heatmaps(crops)

    def forward(self, crops: Tensor) -> dict[str, Tensor]:
        cells, scores = self.codec.decode(self.maps(crops))
        return {"keypoints": self.codec.crop_pixels(cells), "scores": scores}


class DeployableLandmarks(Deployable[Landmarks, Predictions]):
    """A heatmap network with its decoding."""

    least = {"batch": 1}  # noqa: RUF012  a class of this kind has one
    unit = "px"
    limit = 1e-3

    def __init__(self, task: Landmarks, network: ImageNetwork) -> None:
        super().__init__(task)
        if task.spec.protocol.scales is not None:
            raise RunError(
                f"{task.spec.name}@{task.spec.variant} averages crops at several scales, and an "
                "exported file takes one crop of each box: export a variant without protocol.scales"
            )
        self.graph: KeypointGraph = KeypointGraph(task, network)
        self.height, self.width = task.spec.model.input
        count = len(task.dataset.keypoints)
        self.takes = Port("crops", "uint8", ("batch", self.height, self.width, 3))
        self.gives = (
            Port("keypoints", "float32", ("batch", count, 2)),
            Port("scores", "float32", ("batch", count)),
        )

    def about(self) -> dict[str, Any]:
        """Return names, frame and decoding of the keypoints, and how crops are cut."""
        spec, dataset = self.task.spec, self.task.dataset
        official = spec.protocol.pixels == "official"
        codec = self.task.pixels.codec
        return {
            "keypoint_names": dataset.keypoints,
            "edges": dataset.indices(dataset.edges),
            "input_size": [self.height, self.width],
            "input_layout": "batch, height, width, RGB; 0 to 255",
            "frame": FRAME,
            "crop_padding": spec.protocol.padding,
            "crop_steps": [self.width - codec.inset, self.height - codec.inset],
            "crop_cut": "official-face" if official else "affine",
            "decoder": codec.decoder,
            "flip_test": spec.protocol.flip_test,
        }

    def synthetic(self) -> NDArray[np.uint8]:
        """Return crops of the first annotated boxes of a synthetic training set."""
        spec, dataset, data_root = small_world(self.task, STAND_IN, SYNTHETIC)
        people = formats.training(spec, dataset, data_root)
        return self._cut(people.rows(np.arange(min(SYNTHETIC, len(people)))))

    def of_images(self, paths: Sequence[Path]) -> NDArray[np.uint8]:
        """Return each picture as one crop, all of it."""
        sizes = [read_image(path).shape[1::-1] for path in paths]
        boxes = np.array([(0, 0, width, height) for width, height in sizes], dtype=np.float64)
        centers, scales = crop_of_boxes(boxes, self.width / self.height, padding=1.0)
        count, order = len(self.task.dataset.keypoints), np.arange(len(paths))
        return self._cut(unlabelled(paths, order, boxes, (centers, scales), count))

    def tied(self, inputs: Tensor) -> NDArray[np.bool_]:
        """Return (B, K)."""
        codec = self.task.pixels.codec
        undecided = codec.tied(self.graph.maps(inputs), self.limit / codec.stride)
        return np.asarray(undecided.numpy())

    def predictions(
        self, evaluation: LandmarkEvaluation, by_torch: Predictions, run: Run, workers: int
    ) -> Predictions:
        """Return the keypoints of every box, as the file answers for its crop."""
        people, px = evaluation.people, self.task.pixels
        keypoints, scores = np.empty_like(by_torch.keypoints), np.empty_like(by_torch.scores)
        images, crops = list(rows_by_image(people)), ImageCrops(people, px.cutting)
        for rows, cut in prediction_batches(crops, images, BATCH, workers=workers, pin=False):
            answer = run(cut[:, 0].numpy())
            size = (self.width, self.height)
            places = (people.centers[rows], people.scales[rows], size)
            keypoints[rows] = px.codec.to_image(answer["keypoints"], *places)
            scores[rows] = answer["scores"]
        return replace(by_torch, keypoints=keypoints, scores=scores)

    def _cut(self, people: People) -> NDArray[np.uint8]:
        crops = ImageCrops(people, self.task.pixels.cutting)
        images = list(rows_by_image(people))
        batches = prediction_batches(crops, images, len(people), workers=0, pin=False)
        return np.asarray(torch.cat([cut[:, 0] for _, cut in batches]).numpy())
