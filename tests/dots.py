"""A small dataset of one's own: pictures with three dots each, annotated without boxes."""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import tomli_w

from hrbench.convert.labels import Picture, Source, paired, seen
from hrbench.convert.writing import write

NAMES = ("nose", "left_ear", "right_ear")
SIGMAS = [0.05, 0.05, 0.05]
BRIEF = ("recipe.epochs=1", "recipe.batch_size=4", "model.input=[64, 64]")
OFF = 6.0  # pixels between two annotations of one keypoint
TASK, DATASET, ANNOTATIONS = "task.toml", "dataset.toml", "annotations.json"


def write_dots(folder: Path, images: int = 10) -> Path:
    """Write pictures, annotations and both TOML files; return their folder."""
    rng = np.random.default_rng(0)
    pictures = []
    for number in range(images):
        points = rng.uniform([12, 12], [52, 52], size=(3, 2))
        pixels = np.full((64, 64, 3), 200, dtype=np.uint8)
        for x, y in np.rint(points).astype(int).tolist():
            cv2.circle(pixels, (x, y), 3, (20, 20, 120), cv2.FILLED)
        path = folder / "images" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), pixels)
        pictures.append(Picture(path, (seen(points),)))
    write(Source(pictures, paired(NAMES), folder, "a test"), folder)
    return folder


def edit_toml(path: Path, edit: Callable[[Any], object]) -> None:
    """Write a TOML file again as `edit` leaves its content."""
    content = tomllib.loads(path.read_text("utf-8"))
    edit(content)
    path.write_text(tomli_w.dumps(content), "utf-8")


def edit_json(path: Path, edit: Callable[[Any], object]) -> None:
    """Write a JSON file again as `edit` leaves its content."""
    content = json.loads(path.read_text("utf-8"))
    edit(content)
    path.write_text(json.dumps(content), "utf-8")


def two_annotators(path: Path, objects: int, *, ears: int | None = None) -> Path:
    """Objects of 100 x 100 pixels annotated twice, every keypoint 6 pixels apart in x."""
    content: dict[str, Any] = {
        "images": [
            {"id": n, "file_name": f"{n}.png", "width": 200, "height": 200} for n in range(objects)
        ],
        "categories": [{"id": 1, "name": "a", "keypoints": list(NAMES)}],
        "annotations": [
            {
                "id": 2 * image + person,
                "image_id": image,
                "category_id": 1,
                "bbox": [0, 0, 100, 100],
                "keypoints": [
                    *(50 + OFF * person, 50, 2),
                    *(20 + OFF * person, 20, 2 if ears is None or image < ears else 0),
                    *(80 + OFF * person, 20, 2),
                ],
            }
            for image in range(objects)
            for person in range(2)
        ],
    }
    file = path / "twice.json"
    file.write_text(json.dumps(content), "utf-8")
    return file
