"""Keypoints in pictures that belong to no dataset.

Letters: N boxes, K keypoints, H x W pixels.
"""

import shlex
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from hrbench.arrays import Floats, Pixels
from hrbench.data.sample import People, unlabelled
from hrbench.engine.execution import Execution
from hrbench.engine.inference import Inference, Pass
from hrbench.engine.predict import Columns, overlapped
from hrbench.engine.runtime import Runtime
from hrbench.formats.h36m import joint_maps
from hrbench.geometry import crop_of_boxes
from hrbench.kinds.landmarks.following import Follower
from hrbench.kinds.landmarks.found import Keypoints, header
from hrbench.kinds.landmarks.predicting import heatmaps, passes, placing, see
from hrbench.kinds.landmarks.task import Landmarks
from hrbench.kinds.predictor import Smoothing
from hrbench.metrics.selection import instance_scores
from hrbench.network import ImageNetwork


class KeypointPredictor:
    """A network of keypoints with its task's crops, flip test and decoding, in boxes."""

    finds = Keypoints.finds
    in_boxes = True

    def __init__(
        self, task: Landmarks, network: ImageNetwork, runtime: Runtime, batch: int = 32
    ) -> None:
        self.spec, self.dataset, self.runtime = task.spec, task.dataset, runtime
        self.names, self.edges = task.dataset.keypoints, task.dataset.edges
        self.pixels, self.header = task.pixels, header(self.names)
        self.read, self.to_bgr = self.pixels.cutting.read, self.pixels.cutting.to_bgr
        self.about: dict[str, Any] = {
            "keypoints": list(self.names),
            "edges": [list(edge) for edge in self.edges],
            "frame": "pixels of the upright picture; (0, 0) is the middle of the first one",
        }
        scales = len(task.spec.protocol.scales or (1.0,))
        self._batch = max(1, batch // scales)
        moved, images = network.to(runtime.device).eval(), self._batch * passes(task.spec)
        inference = Inference(moved, runtime, task.spec.protocol.precision, images)
        maps = heatmaps(task.spec, task.pixels, inference, runtime.device)
        self._see = Pass(inference, see(task.pixels.codec, maps), self._batch * scales)

    def from_bgr(self, image: Pixels) -> NDArray[Any]:
        return self.pixels.cutting.from_rgb(np.ascontiguousarray(image[..., ::-1]))

    @torch.inference_mode()
    def results(self, images: Sequence[NDArray[Any]], boxes: Sequence[Floats]) -> list[Keypoints]:
        """Return the keypoints in the (N, 5) boxes x, y, width, height, score of each picture."""
        people = self._people([part[:, :4] for part in boxes])
        rows = [np.flatnonzero(people.image == index) for index in range(len(images))]
        crops = [
            self.pixels.cutting.cut(image, people, mine)
            for image, mine in zip(images, rows, strict=True)
            if len(mine)
        ]
        columns = self._found(np.concatenate(crops), people) if crops else self._none()
        return [
            self._result(image, part, {name: column[mine] for name, column in columns.items()})
            for image, part, mine in zip(images, boxes, rows, strict=True)
        ]

    def follower(self, smoothing: Smoothing | None) -> Follower:
        return Follower(smoothing)

    def execution(self) -> Execution:
        """Return how boxes were computed."""
        return self._see.execution(self._batch)

    def goes_on(self, folder: Path) -> str:
        """Return what lifts the keypoints, where they are those of Human3.6M or COCO."""
        if not joint_maps.are_lifted(self.names):
            return ""
        lift = f"hrbench predict {shlex.quote(str(folder))} --task h36m-lift --weights RUN"
        return f"{lift}    lifts the keypoints to 3D"

    def _none(self) -> Columns:
        parts = np.zeros((0, len(self.names), 3), np.float32)
        return {"keypoints": parts[..., :2], "scores": parts[..., 2]}

    def _found(self, crops: NDArray[np.uint8], people: People) -> Columns:
        parted = torch.arange(len(crops)).split(self._batch)
        whole = torch.from_numpy(crops)
        batches = ((rows.numpy(), whole[rows].flatten(0, 1)) for rows in parted)
        place = placing(self.pixels.codec, people)
        seen = overlapped(batches, self._see, self.runtime.device)
        parts = [place(read, rows) for rows, read in seen]
        return {
            name: np.concatenate([part[name] for part in parts]) for name in ("keypoints", "scores")
        }

    def _people(self, boxes: Sequence[Floats]) -> People:
        height, width = self.spec.model.input
        together = np.concatenate([np.zeros((0, 4)), *boxes])
        crops = crop_of_boxes(together, width / height, self.spec.protocol.padding)
        image = np.repeat(np.arange(len(boxes)), [len(part) for part in boxes])
        return unlabelled([Path()] * len(boxes), image, together, crops, len(self.names))

    def _result(self, image: NDArray[Any], boxes: Floats, found: Columns) -> Keypoints:
        threshold = self.spec.protocol.keypoint_threshold or 0.0
        return Keypoints(
            boxes=boxes[:, :4],
            keypoints=found["keypoints"],
            scores=found["scores"],
            object_scores=instance_scores(found["scores"], boxes[:, 4], threshold),
            dataset=self.dataset,
            picture=partial(self.to_bgr, image),
        )
