"""Boxes for images that are no dataset: a file of detections, results or annotations."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrbench.data.annotations import read_json
from hrbench.errors import DataError

Floats = NDArray[np.float64]
Table = dict[str, Floats]  # (N, 5) x, y, width, height, score by a file's name or an image's id
PERSON = 1  # COCO's category


def read(path: Path, threshold: float) -> Table:
    """Return the boxes of a file in COCO's format of results or annotations.

    Boxes of a score below `threshold`, and of categories other than 1, are left out. They are
    in pixels of the upright image.

    Raises:
        DataError: the file is no such list, or a box is none.
    """
    if not path.exists():
        raise DataError(f"--boxes {path}: that file does not exist; or write whole or detector")
    content = read_json(path)
    names: dict[Any, str] = {}
    if isinstance(content, dict):
        names = _names(content.get("images"))
        content = content.get("annotations")
    if not isinstance(content, list):
        raise DataError(
            f"{path}: not a list of boxes as COCO has them: "
            '[{"image_id": 139, "bbox": [x, y, width, height], "score": 0.9}, …]'
        )
    found: dict[str, list[list[float]]] = {}
    for number, row in enumerate(content):
        key, box, score = _row(path, number, row, names)
        if score >= threshold and row.get("category_id", PERSON) == PERSON:
            found.setdefault(key, []).append([*box, score])
    return {key: np.array(boxes, dtype=np.float64) for key, boxes in found.items()}


def of_image(table: Table, file: Path, frame: int | None, image_id: int) -> Floats:
    """Return the (N, 5) boxes of an image: those of its name, else those of its number."""
    if frame is not None:
        keys = [f"{file.name}#{frame}", str(frame)]
    else:
        keys = [str(file), file.name, file.stem, str(image_id)]
    return next((table[key] for key in keys if key in table), np.zeros((0, 5)))


def has_any(table: Table, file: Path, image_id: int, *, is_video: bool) -> bool:
    """Return whether there are boxes for an image, or maybe for a frame of a video."""
    if is_video:
        return any(key.startswith(f"{file.name}#") or key.isdigit() for key in table)
    return len(of_image(table, file, None, image_id)) > 0


def require_inside(boxes: Floats, size: Sequence[int], where: str) -> None:
    """Refuse a box that no pixel of an image of (width, height) is in.

    Raises:
        DataError: there is one.
    """
    low, high = boxes[:, :2], boxes[:, :2] + boxes[:, 2:4]
    outside = np.flatnonzero(((high <= 0) | (low >= np.array(size[:2]))).any(axis=1))
    if len(outside):
        box = " ".join(f"{value:g}" for value in boxes[outside[0], :4])
        raise DataError(
            f"{where}: the box {box} (x, y, width, height) is outside of the image of "
            f"{size[0]} x {size[1]}; are the boxes of another size of it?"
        )


def _row(
    path: Path, number: int, row: Any, names: dict[Any, str]
) -> tuple[str, list[float], float]:
    where = f"{path}: entry {number}"
    if not isinstance(row, dict):
        raise DataError(f"{where} is {row!r}, not an object with 'image_id' and 'bbox'")
    box, score = row.get("bbox"), row.get("score", 1.0)
    if not isinstance(box, list) or len(box) != 4 or not all(map(_is_finite, box)):
        raise DataError(f"{where}: 'bbox' should be [x, y, width, height], not {box!r}")
    if min(box[2:]) <= 0:
        raise DataError(f"{where}: the box {box} has no area")
    if not _is_finite(score):
        raise DataError(f"{where}: 'score' should be a number, not {score!r}")
    image = row.get("image_id")
    name = row.get("file_name") or (names.get(image) if isinstance(image, int | str) else None)
    key = image if name is None else name
    if not isinstance(key, int | str):
        raise DataError(f"{where}: name its image by 'image_id' or 'file_name'")
    if "frame" in row and name is not None:
        return f"{Path(str(name)).name}#{row['frame']}", box, float(score)
    return str(key), box, float(score)


def _names(images: Any) -> dict[Any, str]:
    """Return the file names of a file's images by their ids, of those that say both."""
    rows = [row for row in images if isinstance(row, dict)] if isinstance(images, list) else []
    pairs = [(row.get("id"), row.get("file_name")) for row in rows]
    return {i: name for i, name in pairs if isinstance(i, int | str) and isinstance(name, str)}


def _is_finite(value: Any) -> bool:
    return type(value) in {int, float} and math.isfinite(value)
