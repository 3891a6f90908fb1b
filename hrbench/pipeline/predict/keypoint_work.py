"""Keypoints of anyone's pictures, as rows and drawn."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrbench.data import given_boxes
from hrbench.metrics.selection import instance_scores
from hrbench.pipeline.landmarks.drawing import dot_radius, pose
from hrbench.pipeline.predict.keypoints import KeypointPredictor, Keypoints, whole
from hrbench.pipeline.predict.pictures import Picture
from hrbench.pipeline.predict.work import Result

Floats = NDArray[np.float64]
Find = Callable[[Sequence[Picture], Sequence[NDArray[np.uint8]]], list[Floats]]
THICKEST = 0.008  # of a picture's longer side: the radius of a dot
PERSON = 1  # COCO's category
DIGITS = 3  # behind the point, of pixels


def whole_pictures(_: Sequence[Picture], images: Sequence[NDArray[np.uint8]]) -> list[Floats]:
    """Return one box for each picture: all of it."""
    return [np.pad(whole(image), ((0, 0), (0, 1)), constant_values=1.0) for image in images]


def from_table(table: given_boxes.Table) -> Find:
    """Return what looks boxes up in a file's."""

    def find(pictures: Sequence[Picture], images: Sequence[NDArray[np.uint8]]) -> list[Floats]:
        found = []
        for picture, image in zip(pictures, images, strict=True):
            boxes = given_boxes.of_image(table, picture.path, picture.frame, picture.image_id)
            given_boxes.require_inside(boxes, image.shape[1::-1], picture.name)
            found.append(boxes)
        return found

    return find


class KeypointWork:
    """The keypoints in boxes."""

    file = "keypoints"

    def __init__(self, predictor: KeypointPredictor, find: Find) -> None:
        self.predictor, self.find = predictor, find
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
        boxes = self.find(pictures, images)
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
            rows.append(_row(picture, edges, flat, whole_score))
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


def _row(picture: Picture, box: list[float], flat: list[float], score: float) -> dict[str, Any]:
    row: dict[str, Any] = {"image_id": picture.image_id, "file_name": str(picture.path)}
    if picture.frame is not None:
        row["frame"] = picture.frame
    return row | {"category_id": PERSON, "bbox": box, "keypoints": flat, "score": score}
