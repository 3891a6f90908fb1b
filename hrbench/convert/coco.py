"""Annotations that are in COCO's keypoint format already: only the two TOML files are missing."""

import os
from itertools import chain
from pathlib import Path
from typing import Any

from hrbench.convert.labels import NO_LABEL, Summary, paired, put, toml_files
from hrbench.data import categories
from hrbench.data.annotations import read_json
from hrbench.errors import DataError

IMAGES = ("", "images", "..", "../images")  # where images lie, seen from the annotations


def convert(source: Path, target: Path) -> Summary:
    """Write the TOML files for a COCO file, which stays where and as it is.

    Raises:
        DataError: the file cannot be read, names no keypoints, labels none, or has its images
            elsewhere.
        RunError: the target has such files already, or cannot be written.
    """
    content = read_json(source)
    category = categories.of_file(source, content)
    objects = sum(map(_is_labelled, content["annotations"]))
    if not objects:
        raise DataError(NO_LABEL.format(place=source, images=len(content["images"])))
    skeleton = paired(category.keypoints, category.edges)
    target = target.resolve()
    annotations = Path(os.path.relpath(source.resolve(), target)).as_posix()
    images = Path(os.path.relpath(_images(source, content), target)).as_posix()
    made_from = f"COCO's format, {source.name}"
    put(target, toml_files(target.name, made_from, skeleton, annotations, images))
    return Summary(target, skeleton, len(content["images"]), objects)


def _is_labelled(annotation: dict[str, Any]) -> bool:
    flat = annotation.get("keypoints")
    return isinstance(flat, list) and any(flat[2::3])


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
