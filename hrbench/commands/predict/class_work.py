"""Classes of anyone's pictures, as rows and drawn."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from hrbench.commands.predict.classes import Classes, ClassPredictor
from hrbench.commands.predict.pictures import Picture
from hrbench.commands.predict.work import Result
from hrbench.data.image_crops import read_rgb

FONT = cv2.FONT_HERSHEY_SIMPLEX
INK, PAPER = (40, 40, 40), 255
LEAST = 320  # pixels of width, for words to be read


class ClassWork:
    """The five likeliest classes."""

    file = "classes"
    header: tuple[str, ...] = ("file", "frame", "rank", "label", "name", "score")

    def __init__(self, predictor: ClassPredictor) -> None:
        self.predictor = predictor
        self.about: dict[str, Any] = {"classes": list(predictor.names)}

    def read(self, path: Path) -> NDArray[Any]:
        return np.asarray(read_rgb(path))

    def from_bgr(self, image: NDArray[np.uint8]) -> NDArray[Any]:
        return np.ascontiguousarray(image[..., ::-1])

    def results(self, pictures: Sequence[Picture]) -> list[Result]:
        """Return the classes of each picture."""
        found = self.predictor.of([picture.pixels for picture in pictures])
        return [_result(p, classes) for p, classes in zip(pictures, found, strict=True)]


def _result(picture: Picture, found: Classes) -> Result:
    frame = {} if picture.frame is None else {"frame": picture.frame}
    scores = [round(float(score), 5) for score in found.scores]
    ranked = list(zip(found.labels.tolist(), found.names, scores, strict=True))
    likeliest = [{"label": label, "name": name, "score": s} for label, name, s in ranked]
    row = {"image_id": picture.image_id, "file_name": str(picture.path), **frame}
    where = [str(picture.path), frame.get("frame", "")]
    cells = [[*where, rank, *parts] for rank, parts in enumerate(ranked, start=1)]
    height, width = picture.pixels.shape[:2]
    drawn = captioned(picture.pixels[..., ::-1], [f"{s:6.1%}  {name}" for _, name, s in ranked])
    return Result([{**row, "classes": likeliest}], cells, drawn, (width, height))


def captioned(image: NDArray[np.uint8], lines: Sequence[str]) -> NDArray[np.uint8]:
    """Return a BGR picture above lines of words, in a size that goes with its width."""
    height, width = image.shape[:2]
    wide = max(width, LEAST)
    letters = wide / 640
    step = round(26 * letters)
    paper = np.full((height + step * len(lines) + step // 2, wide, 3), PAPER, dtype=np.uint8)
    left = (wide - width) // 2
    paper[:height, left : left + width] = image
    for number, words in enumerate(lines, start=1):
        place = (round(8 * letters), height + step * number)
        thick = max(1, round(1.2 * letters))
        cv2.putText(paper, words, place, FONT, 0.6 * letters, INK, thick, cv2.LINE_AA)
    return paper
