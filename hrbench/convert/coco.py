"""Annotations that are in COCO's keypoint format already: only the two TOML files are missing."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hrbench.convert import places
from hrbench.convert.labels import ANNOTATIONS, DATASET, Advise, Summary, paired, require_names
from hrbench.convert.places import Place
from hrbench.convert.writing import NO_LABEL, as_text, put, toml_files
from hrbench.data.faults import stop_at_fatal
from hrbench.errors import DataError
from hrbench.files.json_rows import WHOLE
from hrbench.files.paths import with_slashes
from hrbench.formats.coco import categories, incomplete
from hrbench.formats.numbering import numbered


def convert(
    source: Path,
    content: Any,
    target: Path,
    allow: Sequence[str] = (),
    images: Path | None = None,
    *,
    advise: Advise | None = None,
) -> Summary:
    """Write the TOML files for a COCO file, which stays where and as it is.

    What `run` would refuse is refused here. Where the file's names of images have folders of
    another machine, a copy with the names that they have here is written beside the two.

    Args:
        source: the file.
        content: what it says.
        target: a folder, made if it is not there.
        allow: names of faults that a user lets pass.
        images: their folder; else they are looked for.
        advise: says which variant to train on so many objects.

    Raises:
        DataError: the file names no keypoints, labels none, or has its images
            elsewhere.
        RunError: the target has such files already, or cannot be written.
    """
    category = categories.of_file(source, content)
    skeleton = paired(category.keypoints, category.edges)
    require_names(source, skeleton)
    place, count = _place(source, content, images), len(category.keypoints)
    field = _field(content, count)
    lengths = categories.lengths_that_disagree(content, count, field, "its category names")
    table, faults = incomplete.examined(content, count, field)
    stop_at_fatal(source, [*lengths, *faults], allow)
    objects = 0 if table is None else int((table.keypoints[..., 2] > 0).any(axis=1).sum())
    if not objects:
        raise DataError(NO_LABEL.format(place=source, images=len(content["images"])))
    target = target.resolve()
    files, notes = {}, category.notes
    annotations = _seen_from(target, source.resolve())
    if place.renamed:
        files[ANNOTATIONS] = as_text(_renamed(content, place.names))
        annotations = ANNOTATIONS
        notes += (f"{ANNOTATIONS} is {source.name} with the names that its images have here",)
    if field != categories.FIELD:
        notes += (f"the {count} keypoints are those of '{field}': keypoints_field in {DATASET}",)
    advice = None if advise is None else advise(objects)
    folder, made_from = _seen_from(target, place.folder), f"COCO's format, {source.name}"
    files |= toml_files(target.name, made_from, skeleton, annotations, folder, advice, field)
    put(target, files)
    return Summary(target, skeleton, len(content["images"]), objects, notes=notes, advice=advice)


def _field(content: Any, count: int) -> str:
    """Return which field of the annotations has so many keypoints, where just one has."""
    fields = categories.fields_of_length(content["annotations"], count)
    return fields[0] if len(fields) == 1 else categories.FIELD


def _seen_from(target: Path, path: Path) -> str:
    return Path(os.path.relpath(path, target)).as_posix()


def _place(source: Path, content: Any, given: Path | None) -> Place:
    """Return where the images are that the file lists."""
    names = [image.get("file_name") for image in content["images"]]
    known = [with_slashes(name) for name in names if isinstance(name, str) and name]
    if not known:
        raise DataError(f"{source}: no image has a 'file_name'")
    counted, _ = numbered(content)
    used = {i for row in counted["annotations"] if WHOLE.fits(i := row.get("image_id"))}
    rows = [row for row in counted["images"] if WHOLE.fits(i := row.get("id")) and i in used]
    needed = {with_slashes(str(image.get("file_name"))) for image in rows}
    return places.find(source, known, needed, given)


def _renamed(content: Any, names: Sequence[str]) -> Any:
    """Return a file's content whose images have other names, given for those that have any."""
    left = iter(names)
    images = [
        image | {"file_name": next(left)} if image.get("file_name") else image
        for image in content["images"]
    ]
    return content | {"images": images}
