"""Contact sheets of a run: crops to train on with their targets, and what was found worst.

Letters: K keypoints; positions are x, y.
"""

import math
from collections.abc import Iterator, Sequence
from functools import reduce
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from hrbench.arrays import Floats, Pixels
from hrbench.data.evaluation import LandmarkEvaluation
from hrbench.data.framing import picture
from hrbench.data.images import read_image, write_png
from hrbench.data.loader import Batch
from hrbench.data.sample import People
from hrbench.draw import cases
from hrbench.draw.cases import Drawn
from hrbench.draw.changed import Answers, most_changed, pair
from hrbench.draw.drawing import FAINT, KEY, LIKELY, WHITE, dot_radius, line, pose
from hrbench.draw.lettering import LETTERS, labelled, strip
from hrbench.draw.tiles import cut_out, in_rows
from hrbench.heads.codec import Codec
from hrbench.metrics.sample_errors import PoseErrors
from hrbench.report.cases import Case, Sort
from hrbench.report.predictions import Predictions
from hrbench.spec import DatasetSpec

TRAINING, WORST = "training.png", "worst.png"
TILE, GAP, COLUMNS = 256, 4, 6  # pixels
CASE = 360  # pixels: the edge of a picture of one alone
AROUND = 0.2  # of the longer side of what is shown, on each side
LEAST = 8.0  # pixels of that side
HEAT = np.array((60, 60, 255))  # BGR, of a target's bumps
STRENGTH = 0.6  # with which it covers the picture
AWAY = (70, 70, 255)  # BGR, of the line from a keypoint to its true place
TITLES = ("Largest errors: {shown} of {of}", "Not found: {shown} of {of}")
CHANGED, PAIRS = "Changed most, what became better first", 2  # pairs in a row
LINES = "white: annotated; red lines: from what was found to what is annotated"


def draw_training(folder: Path, dataset: DatasetSpec, batch: Batch, codec: Codec) -> Path:
    """Write crops as the network gets them, their keypoints, and in red their target maps."""
    return write_sheet(folder / TRAINING, crops(dataset, batch, codec))


def crops(
    dataset: DatasetSpec, batch: Batch, codec: Codec, *, points: bool = True, heat: bool = True
) -> list[Pixels]:
    """Return crops as the network gets them, with their keypoints, and their targets in red."""
    targets = codec.encode(batch.keypoints, batch.visible, torch.device("cpu"))
    maps = codec.drawn(targets).clamp(0, 1).numpy()
    return [
        _target(image, heat * over, places, points & visible, dataset)
        for image, over, places, visible in zip(
            batch.images.numpy(),
            maps,
            batch.keypoints.numpy(),
            batch.visible.numpy(),
            strict=True,
        )
    ]


def trimmed(tile: Pixels, batch: Batch) -> Pixels:
    """Return a tile of a batch's crops without the white beside the crop."""
    width, height = _drawn_size(*batch.images.shape[1:3])
    return tile[:height, :width]


def draw_worst(
    folder: Path,
    dataset: DatasetSpec,
    evaluation: LandmarkEvaluation,
    errors: PoseErrors,
    count: int,
) -> Path | None:
    """Write the persons or faces of the largest errors, and some of those that were not found.

    The truth is white, below what was found; a red line leads from each keypoint to its true
    place. None where there is nobody.
    """
    people = evaluation.people
    places = _by_id(people)
    known = np.isin(errors.image_ids, people.image_ids)
    sections = []
    for title, rows, of in zip(
        TITLES, errors.worst(count), (~errors.missed, errors.missed), strict=True
    ):
        tiles = [
            _tile(
                people,
                places[int(errors.image_ids[row])],
                dataset,
                errors,
                row,
                _places(errors, row),
            )
            for row in rows[known[rows]].tolist()
        ]
        if tiles:
            sections.append((title.format(shown=len(tiles), of=int(of.sum())), tiles))
    return _write_sections(folder / WORST, sections) if sections else None


def case_pictures(
    dataset: DatasetSpec, evaluation: LandmarkEvaluation, errors: PoseErrors
) -> Iterator[Drawn]:
    """Yield persons or faces of the largest errors, not found, and around the median error."""
    people = evaluation.people
    places = _by_id(people)
    answered, missed = errors.worst(cases.WORST)
    rows: dict[Sort, NDArray[np.intp]] = {
        "worst": answered,
        "missed": missed,
        "median": errors.median(cases.MEDIAN),
    }
    for sort, chosen in rows.items():
        for row in chosen[np.isin(errors.image_ids[chosen], people.image_ids)].tolist():
            image = places[int(errors.image_ids[row])]
            error = float(errors.answered[row])
            case = Case(
                sort=sort,
                id=str(errors.ids[row]),
                image=str(errors.image_ids[row]),
                file=people.images[image].name,
                error=None if math.isnan(error) else error,
                words=errors.words[row],
                picture="",
            )
            shown = picture(people, image, read_image)
            yield Drawn(case, _error(shown, dataset, errors, row, _places(errors, row), CASE))


def draw_changed(
    place: Path,
    dataset: DatasetSpec,
    runs: Sequence[Answers[LandmarkEvaluation, Predictions, PoseErrors]],
    count: int,
) -> bool:
    """Write persons or faces whose errors changed most, one of an image; the truth is white.

    Return whether there are any.
    """
    people, letters = runs[0].evaluation.people, [run.letter for run in runs]
    places = _by_id(people)
    ids = reduce(np.intersect1d, (run.errors.ids for run in runs))
    errors = [run.errors.of(ids) for run in runs]
    known = np.flatnonzero(np.isin(errors[0].image_ids, people.image_ids))
    before, after = (one.errors[known] for one in errors)
    pairs = []
    for chosen in most_changed(before, after, errors[0].image_ids[known], count):
        row = int(known[chosen])
        image = places[int(errors[0].image_ids[row])]
        shown = np.concatenate([_places(one, row) for one in errors])
        tiles = [_tile(people, image, dataset, one, row, shown) for one in errors]
        pairs.append(pair(letters, tiles))
    if pairs:
        _write_sections(place, [(CHANGED, pairs)], min(PAIRS, len(pairs)))
    return bool(pairs)


def write_sheet(place: Path, tiles: list[Pixels]) -> Path:
    """Write tiles of one size in rows."""
    write_png(place, in_rows(framed(tiles), min(COLUMNS, len(tiles))))
    return place


def framed(tiles: list[Pixels]) -> list[Pixels]:
    """Return tiles with white to the right of them and below."""
    return [np.pad(t, ((0, GAP), (0, GAP), (0, 0)), constant_values=WHITE[0]) for t in tiles]


def _write_sections(
    place: Path, sections: list[tuple[str, list[Pixels]]], columns: int = COLUMNS
) -> Path:
    parts = []
    for title, tiles in sections:
        rows = in_rows(framed(tiles), columns)
        parts += [strip(rows.shape[1], title), rows]
    parts += [strip(parts[0].shape[1], words, LETTERS) for words in (LINES, KEY)]
    write_png(place, np.vstack(parts))
    return place


def _tile(
    people: People, image: int, dataset: DatasetSpec, errors: PoseErrors, row: int, shown: Floats
) -> Pixels:
    drawn = _error(picture(people, image, read_image), dataset, errors, row, shown, TILE)
    words = f"id {errors.ids[row]}: {errors.words[row]}"
    return labelled(drawn, [words, people.images[image].name])


def _target(
    image: Pixels,
    heat: NDArray[np.float32],
    keypoints: Floats,
    visible: NDArray[np.bool_],
    dataset: DatasetSpec,
) -> Pixels:
    factor = TILE / max(image.shape[:2])
    size = _drawn_size(image.shape[0], image.shape[1])
    part = cv2.resize(np.ascontiguousarray(image[..., ::-1]), size, interpolation=cv2.INTER_AREA)
    over = STRENGTH * cv2.resize(heat, size, interpolation=cv2.INTER_LINEAR)[..., None]
    canvas = np.full((TILE, TILE, 3), WHITE, dtype=np.uint8)
    canvas[: size[1], : size[0]] = (part * (1 - over) + HEAT * over).astype(np.uint8)
    places = (keypoints + 0.5) * factor - 0.5
    pose(canvas, dataset, places, visible.astype(np.float32), dot_radius(TILE / 2, len(places)))
    return canvas


def _drawn_size(height: int, width: int) -> tuple[int, int]:
    """Return width and height of a crop in its tile."""
    factor = TILE / max(height, width)
    return max(1, round(width * factor)), max(1, round(height * factor))


def _by_id(people: People) -> dict[int, int]:
    """Return the row of each image by its id."""
    return {number: row for row, number in enumerate(people.image_ids.tolist())}


def _places(errors: PoseErrors, row: int) -> Floats:
    """Return (N, 2) all places of a pose, true and predicted."""
    places: Floats = np.concatenate([errors.truth[row], errors.predicted[row]])
    return places[np.isfinite(places).all(axis=1)]


def _error(
    image: Pixels, dataset: DatasetSpec, errors: PoseErrors, row: int, shown: Floats, tile: int
) -> Pixels:
    truth, points = errors.truth[row], errors.predicted[row]
    canvas, corner, factor = cut_out(image, shown, tile, LEAST, AROUND)
    radius = dot_radius(tile / 2, len(truth))
    known = np.isfinite(truth).all(axis=1)
    true, places = (truth - corner) * factor, (points - corner) * factor
    pose(canvas, dataset, true, known.astype(np.float32), radius, WHITE)
    far = known & np.isfinite(points).all(axis=1)
    sure = errors.scores[row] >= LIKELY
    layer = canvas.copy()
    _lead(layer, places, true, far & ~sure)
    canvas = cv2.addWeighted(layer, FAINT, canvas, 1 - FAINT, 0).astype(np.uint8)
    _lead(canvas, places, true, far & sure)
    pose(canvas, dataset, places, errors.scores[row], radius)
    return canvas


def _lead(canvas: Pixels, places: Floats, true: Floats, chosen: NDArray[np.bool_]) -> None:
    """Draw lines from places to the true ones."""
    for index in np.flatnonzero(chosen).tolist():
        line(canvas, places[index], true[index], AWAY, 1)
