"""A folder as large as COCO 2017 from a small synthetic one: what only counting needs."""

import json
import os
from collections.abc import Iterator
from itertools import count, cycle, islice
from pathlib import Path
from typing import Any

IMAGES = {"train2017": 118_287, "val2017": 5_000}
PEOPLE = {"train2017": 262_465, "val2017": 11_004}
POLYGON = 52  # numbers of an outline, with which the larger file has COCO's 240 MB


def inflate(small: Path, large: Path) -> None:
    """Write a `coco` folder into `large` that repeats the images and people of `small`.

    Image files are links to the few there are, so that names and sizes are COCO's in number.
    """
    for split, images in IMAGES.items():
        name = f"annotations/person_keypoints_{split}.json"
        content = json.loads((small / "coco" / name).read_text("utf-8"))
        source = small / "coco" / "images" / split
        target = large / "coco" / "images" / split
        target.mkdir(parents=True)
        listed = list(islice(repeated(content["images"]), images))
        for image in listed:
            original = source / image["file_name"]
            image["file_name"] = f"{image['id']:012d}.jpg"
            os.link(original, target / image["file_name"])
        people = list(islice(repeated(content["annotations"]), PEOPLE[split]))
        sizes = {image["id"]: (image["width"], image["height"]) for image in listed}
        assert len(set(sizes.values())) == 1, (
            "boxes and polygons fit any image only if all are alike"
        )
        for person, image_id in zip(people, cycle(sizes), strict=False):
            person["image_id"] = image_id
            person["segmentation"] = [outline[:POLYGON] for outline in person["segmentation"]]
        file = large / "coco" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(content | {"images": listed, "annotations": people}), "utf-8")


def repeated(entries: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield copies of entries over and over, with ids that count up from 1."""
    for number, entry in zip(count(1), cycle(entries), strict=False):
        yield entry | {"id": number}
