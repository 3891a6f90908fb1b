"""A small dataset of one's own whose pictures are frames of videos."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from dots import ANNOTATIONS, DATASET, NAMES, edit_json, edit_toml

from hrbench.convert.labels import Picture, Source, paired, seen
from hrbench.convert.writing import write

SIZE = 64  # pixels
STEP = 0.6  # pixels that a point moves from one frame to the next


def write_videos(folder: Path, videos: int = 6, frames: int = 5) -> Path:
    """Write frames in which three dots move over a background that is the video's own.

    Images have a `video`, annotations an `animal`, which two videos share: 0 and 1, 2 and 3, …
    Pictures are called `images/v3_0004.png`.
    """
    rng = np.random.default_rng(0)
    pictures = []
    for video in range(videos):
        background = cv2.resize(
            rng.integers(90, 250, (6, 6, 3)).astype(np.uint8), (SIZE, SIZE), dst=None
        )
        points = rng.uniform([16, 16], [48, 48], size=(3, 2))
        for frame in range(frames):
            points = points + rng.normal(0, STEP, points.shape)
            pixels = background.copy()
            for x, y in np.rint(points).astype(int).tolist():
                cv2.circle(pixels, (x, y), 3, (20, 20, 120), cv2.FILLED)
            path = folder / "images" / f"v{video}_{frame:04}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(path), pixels)
            pictures.append(Picture(path, (seen(points.copy()),)))
    write(Source(pictures, paired(NAMES), folder, "a test"), folder)
    edit_json(folder / ANNOTATIONS, _with_fields)
    return folder


def _with_fields(content: Any) -> None:
    video = {}
    for image in content["images"]:
        image["video"] = Path(image["file_name"]).name.split("_")[0]
        video[image["id"]] = int(image["video"][1:])
    for row in content["annotations"]:
        row["animal"] = f"mouse{video[row['image_id']] // 2}"


def divide(folder: Path, **table: Any) -> None:
    """Give a dataset's file a table [split] instead of the share of images."""

    def edit(said: Any) -> None:
        said.pop("validation_share", None)
        said.pop("split_seed", None)
        said["split"] = table

    edit_toml(folder / DATASET, edit)


def listed(folder: Path) -> Any:
    """Return the split.json of a run."""
    return json.loads((folder / "split.json").read_text("utf-8"))
