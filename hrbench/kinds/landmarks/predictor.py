"""Keypoints in pictures that belong to no dataset.

Letters: N boxes, K keypoints, H x W pixels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from hrbench.data.sample import People, unlabelled
from hrbench.engine.execution import Execution
from hrbench.engine.inference import Inference, Pass
from hrbench.engine.predict import overlapped
from hrbench.engine.runtime import Runtime
from hrbench.errors import DataError, RunError
from hrbench.geometry import crop_of_boxes
from hrbench.kinds.contract import AnyTask
from hrbench.kinds.landmarks.predicting import heatmaps, passes, placing, see
from hrbench.kinds.landmarks.task import Landmarks
from hrbench.network import ImageNetwork

Boxes = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Keypoints:
    """What a network finds in a picture."""

    boxes: Boxes  # (N, 4) x, y, width, height in px
    keypoints: NDArray[np.float32]  # (N, K, 2) x, y in px; (0, 0) is the middle of the first pixel
    scores: NDArray[np.float32]  # (N, K), of which 1 is sure


class KeypointPredictor:
    """A network of keypoints with its task's crops, flip test and decoding.

    Attributes:
        names: of the K keypoints, in their order.
        edges: pairs of names between which a limb is drawn.
    """

    def __init__(
        self, task: Landmarks, network: ImageNetwork, runtime: Runtime, batch: int = 32
    ) -> None:
        self.spec, self.dataset, self.runtime = task.spec, task.dataset, runtime
        self.names, self.edges = task.dataset.keypoints, task.dataset.edges
        self.pixels = task.pixels
        scales = len(task.spec.protocol.scales or (1.0,))
        self._batch = max(1, batch // scales)
        moved, images = network.to(runtime.device).eval(), self._batch * passes(task.spec)
        inference = Inference(moved, runtime, task.spec.protocol.precision, images)
        maps = heatmaps(task.spec, task.pixels, inference, runtime.device)
        self._see = Pass(inference, see(task.pixels.codec, maps), self._batch * scales)

    def predict(self, image: NDArray[np.uint8], boxes: ArrayLike | None = None) -> Keypoints:
        """Return the keypoints in the boxes of a picture.

        Args:
            image: (H, W, 3) RGB.
            boxes: (N, 4) x, y, width, height in pixels, one around each person or face; without
                any the whole picture is one.

        Raises:
            DataError: the picture or the boxes have another shape.
        """
        _require_picture(image)
        given = whole(image) if boxes is None else np.asarray(boxes, dtype=np.float64)
        if given.ndim != 2 or given.shape[1] != 4 or not np.isfinite(given).all():
            raise DataError(f"boxes: (N, 4) numbers x, y, width, height, not {given.shape}")
        return self.of([self.pixels.cutting.from_rgb(image)], [given])[0]

    @torch.inference_mode()
    def of(self, images: Sequence[NDArray[Any]], boxes: Sequence[Boxes]) -> list[Keypoints]:
        """Return the keypoints of several pictures, as `pixels.cutting` reads them."""
        people = self._people(boxes)
        rows = [np.flatnonzero(people.image == index) for index in range(len(images))]
        crops = [
            self.pixels.cutting.cut(image, people, mine)
            for image, mine in zip(images, rows, strict=True)
            if len(mine)
        ]
        if not crops:
            return [self._none() for _ in images]
        columns = self._found(torch.from_numpy(np.concatenate(crops)), people)
        return [Keypoints(people.boxes[m], *(column[m] for column in columns)) for m in rows]

    def execution(self) -> Execution:
        """Return how boxes were computed."""
        return self._see.execution(self._batch)

    def _found(self, crops: torch.Tensor, people: People) -> list[NDArray[np.float32]]:
        parted = torch.arange(len(crops)).split(self._batch)
        batches = ((rows.numpy(), crops[rows].flatten(0, 1)) for rows in parted)
        place = placing(self.pixels.codec, people)
        seen = overlapped(batches, self._see, self.runtime.device)
        parts = [place(read, rows) for rows, read in seen]
        return [np.concatenate([part[name] for part in parts]) for name in ("keypoints", "scores")]

    def _people(self, boxes: Sequence[Boxes]) -> People:
        height, width = self.spec.model.input
        together = np.concatenate([np.zeros((0, 4)), *boxes])
        crops = crop_of_boxes(together, width / height, self.spec.protocol.padding)
        image = np.repeat(np.arange(len(boxes)), [len(part) for part in boxes])
        return unlabelled([Path()] * len(boxes), image, together, crops, len(self.names))

    def _none(self) -> Keypoints:
        count = len(self.names)
        return Keypoints(
            np.zeros((0, 4)), np.zeros((0, count, 2), np.float32), np.zeros((0, count), np.float32)
        )


def whole(image: NDArray[Any]) -> Boxes:
    """Return the (1, 4) box of a whole (H, W, 3) picture."""
    height, width = image.shape[:2]
    return np.array([[0, 0, width, height]], dtype=np.float64)


def _require_picture(image: NDArray[Any]) -> None:
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or not image.size:
        raise DataError(f"image: (H, W, 3) uint8 RGB, not {image.shape} {image.dtype}")


def predictor_of(task: AnyTask, network: Any, runtime: Runtime, batch: int) -> KeypointPredictor:
    """Return what finds the keypoints of a task.

    Raises:
        RunError: the task has none in images.
    """
    if not isinstance(task, Landmarks):
        raise RunError(f"{task.spec.name} finds no keypoints in images; `hrbench list` names tasks")
    return KeypointPredictor(task, network, runtime, batch)
