"""Keypoints of anyone's pictures, as rows and drawn."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrbench.commands.predict.boxes import Boxes
from hrbench.commands.predict.keypoints import KeypointPredictor, Keypoints
from hrbench.commands.predict.pictures import Picture
from hrbench.commands.predict.work import Result
from hrbench.draw.drawing import dot_radius, pose
from hrbench.metrics.selection import instance_scores

Floats = NDArray[np.float64]
THICKEST = 0.008  # of a picture's longer side: the radius of a dot
DIGITS = 3  # behind the point, of pixels


class KeypointWork:
    """The keypoints in boxes."""

    file = "keypoints"

    def __init__(self, predictor: KeypointPredictor, boxes: Boxes) -> None:
        self.predictor, self.boxes = predictor, boxes
        parts = (f"{name}_{part}" for name in predictor.names for part in ("x", "y", "score"))
        self.header = ("file", "frame", "object", "x", "y", "width", "height", "score", *parts)
        self.about = {
            "keypoints": list(predictor.names),
            "edges": [list(edge) for edge in predictor.edges],
            "frame": "pixels of the upright picture; (0, 0) is the middle of the first one",
        }

    def read(self, path: Path) -> NDArray[Any]:
        return self.predictor.pixels.cutting.read(path)

    def from_bgr(self, image: NDArray[np.uint8]) -> NDArray[Any]:
        return self.predictor.pixels.cutting.from_rgb(np.ascontiguousarray(image[..., ::-1]))

    def results(self, pictures: Sequence[Picture]) -> list[Result]:
        """Return what is found in each picture."""
        cutting = self.predictor.pixels.cutting
        images = [cutting.to_bgr(picture.pixels) for picture in pictures]
        boxes = self.boxes.find(pictures, images)
        found = self.predictor.of([p.pixels for p in pictures], [part[:, :4] for part in boxes])
        return [
            self._result(picture, image, keypoints, part[:, 4])
            for picture, image, keypoints, part in zip(pictures, images, found, boxes, strict=True)
        ]

    def _result(
        self, picture: Picture, image: NDArray[np.uint8], found: Keypoints, sure: Floats
    ) -> Result:
        threshold = self.predictor.spec.protocol.keypoint_threshold or 0.0
        scores = instance_scores(found.scores, sure, threshold) if len(sure) else sure
        rows, cells = [], []
        triples = np.concatenate([found.keypoints, found.scores[..., None]], axis=2)
        for number, (box, points, score) in enumerate(
            zip(found.boxes, triples, scores, strict=True)
        ):
            flat = [round(value, DIGITS) for value in points.astype(float).ravel().tolist()]
            edges, whole_score = [round(v, DIGITS) for v in box.tolist()], round(float(score), 5)
            found_here = {"bbox": edges, "keypoints": flat, "score": whole_score}
            rows.append(_where(picture) | {"category_id": self.boxes.category} | found_here)
            frame = "" if picture.frame is None else picture.frame
            cells.append([str(picture.path), frame, number, *edges, whole_score, *flat])
        height, width = image.shape[:2]
        return Result(rows, cells, self._drawn(image, found), (width, height))

    def _drawn(self, image: NDArray[np.uint8], found: Keypoints) -> NDArray[np.uint8]:
        canvas = np.ascontiguousarray(image).copy()
        largest = max(1.5, THICKEST * max(canvas.shape[:2]))
        for box, points, scores in zip(found.boxes, found.keypoints, found.scores, strict=True):
            radius = dot_radius(float(box[2:].max()), len(points), largest)
            pose(canvas, self.predictor.dataset, points.astype(np.float64), scores, radius)
        return canvas


def _where(picture: Picture) -> dict[str, Any]:
    row: dict[str, Any] = {"image_id": picture.image_id, "file_name": str(picture.path)}
    return row if picture.frame is None else row | {"frame": picture.frame}
