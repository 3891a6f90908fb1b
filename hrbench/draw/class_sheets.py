"""The picture of a classification run: pictures, what they are and what they were taken for."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Pixels
from hrbench.data.evaluation import ClassEvaluation
from hrbench.data.image_crops import read_rgb
from hrbench.data.images import write_png
from hrbench.data.picture_batches import PictureBatch
from hrbench.data.pictures import Pictures
from hrbench.draw import cases
from hrbench.draw.cases import Drawn
from hrbench.draw.changed import Answers, most_changed, pair
from hrbench.draw.tiles import in_rows
from hrbench.metrics.sample_errors import SampleErrors
from hrbench.report.cases import Case, Sort
from hrbench.report.predictions import ClassPredictions
from hrbench.spec import DatasetSpec

FILE, TRAINING, WORST = "predictions.png", "training.png", "worst.png"
TILE, GAP, BAND = 240, 6, 62  # pixels: a picture, the white around it, the words below it
CASE = 360  # pixels: the longer edge of a picture alone
COLUMNS, ROWS = 4, 3
PAIRS = 3  # in a row
FONT, LETTERS = cv2.FONT_HERSHEY_SIMPLEX, 0.45
RIGHT, WRONG, DARK = (60, 130, 20), (40, 40, 200), (40, 40, 40)  # BGR
LONGEST = 26  # letters of a line


def draw(
    folder: Path, dataset: DatasetSpec, pictures: Pictures, predictions: ClassPredictions
) -> None:
    """Write a sheet of pictures of different classes, each above its class and the answer."""
    count = min(COLUMNS * ROWS, len(pictures))
    rows = np.linspace(0, len(pictures), count, endpoint=False).astype(int)
    _write(folder / FILE, _answered(dataset, pictures, predictions, rows))


def draw_worst(
    folder: Path,
    dataset: DatasetSpec,
    pictures: Pictures,
    predictions: ClassPredictions,
    rows: NDArray[np.intp],
) -> Path:
    """Write the pictures in `rows`, those of the largest errors."""
    return _write(folder / WORST, _answered(dataset, pictures, predictions, rows))


def case_pictures(
    dataset: DatasetSpec, pictures: Pictures, predictions: ClassPredictions, errors: SampleErrors
) -> Iterator[Drawn]:
    """Yield the pictures of the largest errors, and those around the median."""
    names = list(dataset.classes.values())
    worst = np.argsort(-errors.errors, kind="stable")[: cases.WORST]
    rows: dict[Sort, NDArray[np.intp]] = {"worst": worst, "median": errors.median(cases.MEDIAN)}
    for sort, chosen in rows.items():
        for row in chosen.tolist():
            path, score = pictures.images[row], float(predictions.scores[row, 0])
            true, said = names[int(pictures.labels[row])], names[int(predictions.labels[row, 0])]
            case = Case(
                sort=sort,
                id=str(pictures.ids[row]),
                image=str(pictures.ids[row]),
                file=f"{path.parent.name}/{path.name}",
                error=float(errors.errors[row]),
                words=f"{true}, taken for {said} ({score:.0%})",
                picture="",
            )
            yield Drawn(case, _fitted(np.asarray(read_rgb(path))[..., ::-1], CASE))


def draw_changed(
    place: Path,
    dataset: DatasetSpec,
    runs: Sequence[Answers[ClassEvaluation, ClassPredictions, SampleErrors]],
    count: int,
) -> bool:
    """Write pictures whose errors changed most, with what two runs took them for.

    Return whether there are any.
    """
    (before, after), letters = (run.errors.errors for run in runs), [run.letter for run in runs]
    common = min(len(before), len(after))
    rows = np.array(
        most_changed(before[:common], after[:common], np.arange(common), count), dtype=np.intp
    )
    drawn = [_answered(dataset, run.evaluation.pictures, run.predictions, rows) for run in runs]
    tiles = [pair(letters, both) for both in zip(*drawn, strict=True)]
    if tiles:
        write_png(place, in_rows(tiles, min(PAIRS, len(tiles))))
    return bool(tiles)


def draw_training(folder: Path, dataset: DatasetSpec, batch: PictureBatch) -> Path:
    """Write parts of pictures as the network gets them, each above its class."""
    names = list(dataset.classes.values())
    pairs = zip(batch.images.numpy(), batch.labels.tolist(), strict=True)
    return _write(folder / TRAINING, [tile(i[..., ::-1], names[label]) for i, label in pairs])


def _answered(
    dataset: DatasetSpec, pictures: Pictures, predictions: ClassPredictions, rows: NDArray[np.intp]
) -> list[Pixels]:
    names = list(dataset.classes.values())
    return [
        tile(
            np.asarray(read_rgb(pictures.images[row]))[..., ::-1],
            names[int(pictures.labels[row])],
            names[int(predictions.labels[row, 0])],
            float(predictions.scores[row, 0]),
            pictures.images[row].name,
        )
        for row in rows.tolist()
    ]


def _write(place: Path, tiles: list[Pixels]) -> Path:
    write_png(place, in_rows(tiles, COLUMNS))
    return place


def tile(image: Pixels, truth: str, answer: str = "", score: float = 0.0, name: str = "") -> Pixels:
    """Return a BGR picture fitted into a square; below it its class, the answer and its file."""
    fitted = _fitted(image, TILE)
    square = np.full((TILE + 2 * GAP + BAND, TILE + 2 * GAP, 3), 255, dtype=np.uint8)
    height, width = fitted.shape[:2]
    y, x = GAP + (TILE - height) // 2, GAP + (TILE - width) // 2
    square[y : y + height, x : x + width] = fitted
    shade = RIGHT if answer == truth else WRONG
    given = f"{_short(answer)} {score:.0%}" if answer else ""
    words = ((_short(truth), DARK), (given, shade), (_end(name), DARK))
    for line, (text, color) in enumerate(words, start=1):
        place = (GAP, TILE + 2 * GAP + 18 * line - 4)
        cv2.putText(square, text, place, FONT, LETTERS, color, 1, cv2.LINE_AA)
    return square


def _fitted(image: Pixels, tile: int) -> Pixels:
    """Return a picture whose longer edge has so many pixels."""
    factor = tile / max(image.shape[:2])
    size = [max(1, round(edge * factor)) for edge in image.shape[1::-1]]
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.uint8)


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 3]}..."


def _end(name: str) -> str:
    return name if len(name) <= LONGEST else f"...{name[3 - LONGEST :]}"
