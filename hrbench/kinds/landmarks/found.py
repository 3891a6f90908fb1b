"""The keypoints that were found in a picture.

Letters: N boxes, K keypoints.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats, Pixels
from hrbench.draw.predicted import BOXES, IDS, SCORES, with_marks, with_poses
from hrbench.kinds.found import Found
from hrbench.spec import DatasetSpec

if TYPE_CHECKING:
    import pandas as pd

DIGITS = 3  # behind the point, of pixels
OBJECT = ("object", "x", "y", "width", "height", "score")


def header(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return what the columns of a table of keypoints are called."""
    return (*OBJECT, *(f"{name}_{part}" for name in names for part in ("x", "y", "score")))


@dataclass(frozen=True, slots=True, eq=False, repr=False, kw_only=True)
class Keypoints(Found):
    """The keypoints in the boxes of a picture.

    Attributes:
        boxes: (N, 4) x, y, width, height in pixels.
        keypoints: (N, K, 2) x, y in pixels; (0, 0) is the middle of the upright picture's first.
        scores: (N, K), of which 1 is sure.
        object_scores: (N,) each box's score times the mean of its keypoints' that count.
        dataset: what says the K names, and which are joined.
    """

    finds: ClassVar[str] = "keypoints"

    boxes: Floats
    keypoints: NDArray[np.float32]
    scores: NDArray[np.float32]
    object_scores: Floats
    dataset: DatasetSpec

    @property
    def amount(self) -> str:
        return f" of {(count := len(self.boxes))} object{'s' * (count != 1)}"

    @property
    def header(self) -> tuple[str, ...]:
        return header(self.dataset.keypoints)

    def rows(self) -> list[dict[str, Any]]:
        return [
            {"bbox": box, "keypoints": flat, "score": score} for box, flat, score in self._rounded()
        ]

    def cells(self) -> list[list[Any]]:
        return [
            [number, *box, score, *flat]
            for number, (box, flat, score) in enumerate(self._rounded())
        ]

    def drawn(self, marks: Collection[str] = ()) -> Pixels:
        parts = (self.boxes, self.keypoints, self.scores)
        image = with_poses(self.picture(), self.dataset, *parts)
        if not marks:
            return image
        words = [self._words(row, marks) for row in range(len(self.boxes))]
        return with_marks(image, self.boxes, words, self.tracks, edges=BOXES in marks)

    def table(self) -> "pd.DataFrame":
        return self.to_df()[list(OBJECT)]

    def _words(self, row: int, marks: Collection[str]) -> str:
        track = [f"#{self.tracks[row]}"] if IDS in marks and self.tracks else []
        score = [f"{self.object_scores[row]:.2f}"] if SCORES in marks else []
        return " ".join(track + score)

    def _rounded(self) -> Iterator[tuple[list[float], list[float], float]]:
        """Yield each object's box, its keypoints with their scores, and its own, for files."""
        triples = np.concatenate([self.keypoints, self.scores[..., None]], axis=2)
        for box, points, score in zip(self.boxes, triples, self.object_scores, strict=True):
            flat = [round(value, DIGITS) for value in points.astype(float).ravel().tolist()]
            yield [round(value, DIGITS) for value in box.tolist()], flat, round(float(score), 5)
