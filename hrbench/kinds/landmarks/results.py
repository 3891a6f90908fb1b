"""Keypoints of anyone's pictures, as rows and drawn.

Letters: N boxes.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats, Pixels
from hrbench.draw.predicted import with_poses
from hrbench.engine.execution import Execution
from hrbench.engine.runtime import Runtime
from hrbench.formats.h36m import joint_maps
from hrbench.kinds.landmarks.predictor import KeypointPredictor, Keypoints
from hrbench.kinds.landmarks.task import Landmarks
from hrbench.kinds.predictor import Result
from hrbench.metrics.selection import instance_scores
from hrbench.network import ImageNetwork

DIGITS = 3  # behind the point, of pixels


class KeypointResults:
    """The keypoints in boxes."""

    finds = "keypoints"
    in_boxes = True

    def __init__(
        self, task: Landmarks, network: ImageNetwork, runtime: Runtime, batch: int
    ) -> None:
        self.predictor = KeypointPredictor(task, network, runtime, batch)
        self.cutting = self.predictor.pixels.cutting
        names = self.predictor.names
        parts = (f"{name}_{part}" for name in names for part in ("x", "y", "score"))
        self.header = ("object", "x", "y", "width", "height", "score", *parts)
        self.about: dict[str, Any] = {
            "keypoints": list(names),
            "edges": [list(edge) for edge in self.predictor.edges],
            "frame": "pixels of the upright picture; (0, 0) is the middle of the first one",
        }

    def read(self, path: Path) -> NDArray[Any]:
        return self.cutting.read(path)

    def from_bgr(self, image: Pixels) -> NDArray[Any]:
        return self.cutting.from_rgb(np.ascontiguousarray(image[..., ::-1]))

    def to_bgr(self, image: NDArray[Any]) -> Pixels:
        return self.cutting.to_bgr(image)

    def results(self, images: Sequence[NDArray[Any]], boxes: Sequence[Floats]) -> list[Result]:
        """Return what is found in each picture."""
        found = self.predictor.of(images, [part[:, :4] for part in boxes])
        return [
            self._result(image, keypoints, part[:, 4])
            for image, keypoints, part in zip(images, found, boxes, strict=True)
        ]

    def execution(self) -> Execution:
        return self.predictor.execution()

    def goes_on(self, folder: Path) -> str:
        """Return what lifts the keypoints, where they are those of Human3.6M or COCO."""
        if not joint_maps.are_lifted(self.predictor.names):
            return ""
        lift = f"hrbench predict {folder} --task h36m-lift --weights RUN"
        return f"{lift}    lifts the keypoints to 3D"

    def _result(self, image: NDArray[Any], found: Keypoints, sure: Floats) -> Result:
        threshold = self.predictor.spec.protocol.keypoint_threshold or 0.0
        scores = instance_scores(found.scores, sure, threshold) if len(sure) else sure
        rows, cells = [], []
        triples = np.concatenate([found.keypoints, found.scores[..., None]], axis=2)
        for number, (box, points, score) in enumerate(
            zip(found.boxes, triples, scores, strict=True)
        ):
            flat = [round(value, DIGITS) for value in points.astype(float).ravel().tolist()]
            edges, whole_score = [round(v, DIGITS) for v in box.tolist()], round(float(score), 5)
            rows.append({"bbox": edges, "keypoints": flat, "score": whole_score})
            cells.append([number, *edges, whole_score, *flat])
        return Result(rows, cells, partial(self._drawn, image, found))

    def _drawn(self, image: NDArray[Any], found: Keypoints) -> Pixels:
        dataset, parts = self.predictor.dataset, (found.boxes, found.keypoints, found.scores)
        return with_poses(self.to_bgr(image), dataset, *parts)
