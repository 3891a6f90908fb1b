"""Annotations that are in COCO's keypoint format already: only the two TOML files are missing."""

import os
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from hrbench.convert.labels import NO_LABEL, Summary, paired, put, toml_files
from hrbench.data import categories, own
from hrbench.data.annotations import read_json
from hrbench.data.inspect import require
from hrbench.errors import DataError

IMAGES = ("", "images", "..", "../images")  # where images lie, seen from the annotations


def convert(source: Path, target: Path, allow: Sequence[str] = ()) -> Summary:
    """Write the TOML files for a COCO file, which stays where and as it is.

    What `run` would refuse is refused here.

    Args:
        source: the file.
        target: a folder, made if it is not there.
        allow: names of faults that a user lets pass.

    Raises:
        DataError: the file cannot be read, names no keypoints, labels none, or has its images
            elsewhere.
        RunError: the target has such files already, or cannot be written.
    """
    content = read_json(source)
    category = categories.of_file(source, content)
    place, count = _images(source, content), len(category.keypoints)
    lengths = categories.lengths_that_disagree(content, count, named_by="its category names")
    table, found = own.examined(content, count)
    require(source, [*lengths, *found], allow)
    objects = 0 if table is None else int((table.keypoints[..., 2] > 0).any(axis=1).sum())
    if not objects:
        raise DataError(NO_LABEL.format(place=source, images=len(content["images"])))
    skeleton = paired(category.keypoints, category.edges)
    target = target.resolve()
    annotations = Path(os.path.relpath(source.resolve(), target)).as_posix()
    images = Path(os.path.relpath(place, target)).as_posix()
    made_from = f"COCO's format, {source.name}"
    put(target, toml_files(target.name, made_from, skeleton, annotations, images))
    return Summary(target, skeleton, len(content["images"]), objects)


def _images(source: Path, content: Any) -> Path:
    """Return the folder that the names of the images are relative to."""
    names = [image.get("file_name") for image in content["images"]]
    first = next((name for name in names if isinstance(name, str) and name), None)
    if first is None:
        raise DataError(f"{source}: no image has a 'file_name'")
    places = [source.parent / place for place in IMAGES]
    below = [sorted(filter(Path.is_dir, place.iterdir())) for place in places if place.is_dir()]
    for place in chain(places, *below):
        if (place / first).is_file():
            return place.resolve()
    raise DataError(
        f"{source}: the image {first} is neither beside it nor one folder above, nor in a folder "
        "of these or of their 'images'; put the images in one of them"
    )
