"""Contact sheets of a run: crops to train on with their targets, and what was found worst.

Letters: K keypoints; positions are x, y.
"""

from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from hrbench.data.framing import picture
from hrbench.data.images import read_image
from hrbench.data.loader import Batch
from hrbench.heads.codecs import Codec
from hrbench.pipeline.landmarks.cases import Cases
from hrbench.pipeline.landmarks.drawing import DARK, WHITE, Pixels, dot_radius, pose
from hrbench.pipeline.landmarks.evaluation import LandmarkEvaluation
from hrbench.spec import DatasetSpec

TRAINING, WORST = "training.png", "worst.png"
TILE, GAP, COLUMNS = 256, 4, 6  # pixels
AROUND = 0.2  # of the longer side of what is shown, on each side
HEAT = np.array((60, 60, 255))  # BGR, of a target's bumps
STRENGTH = 0.6  # with which it covers the picture
FONT, LETTERS = cv2.FONT_HERSHEY_SIMPLEX, 0.45
Floats = NDArray[np.float64]


def draw_training(folder: Path, dataset: DatasetSpec, batch: Batch, codec: Codec) -> Path:
    """Write crops as the network gets them, their keypoints, and in red their target maps."""
    device = torch.device("cpu")
    targets = codec.encode(batch.keypoints, batch.visible, device)
    maps = (targets.maps * targets.weights[..., None, None]).amax(dim=1).clamp(0, 1).numpy()
    tiles = [
        _target(image, heat, points, visible, dataset)
        for image, heat, points, visible in zip(
            batch.images.numpy(),
            maps,
            batch.keypoints.numpy(),
            batch.visible.numpy(),
            strict=True,
        )
    ]
    return write_sheet(folder / TRAINING, tiles)


def draw_worst(
    folder: Path,
    dataset: DatasetSpec,
    looked_at: LandmarkEvaluation,
    found: Cases,
    count: int,
) -> Path | None:
    """Write the persons or faces of the largest errors: the truth in white below what was found.

    None where there is nobody.
    """
    people = looked_at.people
    places = {number: place for place, number in enumerate(people.image_ids.tolist())}
    chosen = [row for row in found.worst(count).tolist() if int(found.image_ids[row]) in places]
    images = [places[int(found.image_ids[row])] for row in chosen]
    tiles = [
        _error(picture(people, image, read_image), dataset, found, row)
        for row, image in zip(chosen, images, strict=True)
    ]
    return write_sheet(folder / WORST, tiles) if tiles else None


def write_sheet(place: Path, tiles: list[Pixels]) -> Path:
    """Write tiles of one size in rows."""
    framed = [
        np.pad(tile, ((0, GAP), (0, GAP), (0, 0)), constant_values=WHITE[0]) for tile in tiles
    ]
    columns = min(COLUMNS, len(framed))
    framed += [np.full_like(framed[0], WHITE[0])] * (-len(framed) % columns)
    lines = [np.hstack(framed[start : start + columns]) for start in range(0, len(framed), columns)]
    cv2.imwrite(str(place), np.vstack(lines))
    return place


def _target(
    image: Pixels,
    heat: NDArray[np.float32],
    keypoints: Floats,
    visible: NDArray[np.bool_],
    dataset: DatasetSpec,
) -> Pixels:
    height, width = image.shape[:2]
    factor = TILE / max(height, width)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    part = cv2.resize(np.ascontiguousarray(image[..., ::-1]), size, interpolation=cv2.INTER_AREA)
    over = STRENGTH * cv2.resize(heat, size, interpolation=cv2.INTER_LINEAR)[..., None]
    canvas = np.full((TILE, TILE, 3), WHITE, dtype=np.uint8)
    canvas[: size[1], : size[0]] = (part * (1 - over) + HEAT * over).astype(np.uint8)
    places = (keypoints + 0.5) * factor - 0.5
    pose(canvas, dataset, places, visible.astype(np.float32), dot_radius(TILE / 2, len(places)))
    return canvas


def _error(image: Pixels, dataset: DatasetSpec, found: Cases, row: int) -> Pixels:
    truth, points = found.truth[row], found.found[row]
    shown = np.concatenate([truth, points])
    shown = shown[np.isfinite(shown).all(axis=1)]
    low, high = shown.min(axis=0), shown.max(axis=0)
    side = max(8.0, float((high - low).max())) * (1 + 2 * AROUND)
    corner, factor = (low + high - side) / 2, TILE / side
    matrix = np.array([[factor, 0, -factor * corner[0]], [0, factor, -factor * corner[1]]])
    canvas = cv2.warpAffine(image, matrix, (TILE, TILE), borderValue=WHITE).astype(np.uint8)
    radius = dot_radius(TILE / 2, len(truth))
    labelled = np.isfinite(truth).all(axis=1).astype(np.float32)
    places = np.nan_to_num((truth - corner) * factor)
    pose(canvas, dataset, places, labelled, radius, WHITE)
    if np.isfinite(points).all():
        pose(canvas, dataset, (points - corner) * factor, found.scores[row], radius)
    for shade, thickness in ((DARK, 3), (WHITE, 1)):
        place = (6, TILE - 8)
        cv2.putText(canvas, found.words[row], place, FONT, LETTERS, shade, thickness, cv2.LINE_AA)
    return canvas
