"""Pictures and readings that tests of other tools' formats share."""

import json
from pathlib import Path
from typing import Any

from PIL import Image

from hrbench import catalog
from hrbench.commands.check.check import check

DATASET = "dataset.toml"


def picture(path: Path, size: tuple[int, int] = (64, 48)) -> Path:
    """Write a black picture of (width, height) `size`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size).save(path)
    return path


def content(folder: Path, name: str = "annotations.json") -> Any:
    """Return what a JSON file says."""
    return json.loads((folder / name).read_text("utf-8"))


def objects(folder: Path, name: str = "annotations.json") -> list[tuple[str, Any, list[float]]]:
    """Return the file name, the box and the keypoints of each annotation."""
    said = content(folder, name)
    images = {image["id"]: image["file_name"] for image in said["images"]}
    return [
        (images[row["image_id"]], row.get("bbox"), row["keypoints"]) for row in said["annotations"]
    ]


def usable(folder: Path) -> tuple[str, ...]:
    """Return the splits that `run` can use of a converted folder."""
    found = check(str(folder / DATASET), str(folder), images=False)
    assert not found.faults
    return found.usable


def edges(folder: Path) -> tuple[tuple[str, str], ...]:
    """Return what the dataset's file joins."""
    return catalog.load_dataset(DATASET, beside=folder).edges
