"""The bytes that worlds are written in."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

_QUALITY = 92  # JPEG


def write_jpeg(path: Path, image: NDArray[np.uint8], quality: int = _QUALITY) -> None:
    """Write (H, W, 3) BGR pixels."""
    _, encoded = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, quality))
    path.write_bytes(encoded.tobytes())


def write_json(path: Path, content: Any) -> None:
    """Write lists, objects and numbers."""
    path.write_text(json.dumps(content), encoding="utf-8")


def rounded(values: Iterable[float]) -> list[float]:
    """Return numbers as JSON files have them: to a thousandth."""
    return [round(float(value), 3) for value in values]
