"""Annotations that are in COCO's keypoint format already: only the two TOML files are missing."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hrbench.convert import places
from hrbench.convert.labels import (
    ANNOTATIONS,
    DATASET,
    SPLITS,
    Advise,
    Summary,
    paired,
    require_names,
)
from hrbench.convert.places import Place
from hrbench.convert.writing import NO_LABEL, as_text, put, toml_files
from hrbench.data.faults import stop_at_fatal
from hrbench.errors import DataError
from hrbench.files.json_rows import WHOLE
from hrbench.files.paths import with_slashes
from hrbench.formats.coco import categories, incomplete
from hrbench.formats.coco.categories import Category
from hrbench.formats.numbering import numbered

LISTS = {"images", "annotations", "categories"}
ROBOFLOW = "_annotations.coco.json"  # what Roboflow calls the file of a split, in its folder
PATTERNS = ("*.json", "annotations/*.json", f"*/{ROBOFLOW}")  # where they lie in a folder
KEYPOINTS = "keypoints"  # in the names of COCO's own, which lie beside other annotations
NAMES = "keypoint_names"  # what JARVIS has instead of the categories' keypoints


@dataclass(frozen=True, slots=True, eq=False)
class File:
    """A file in COCO's format that was looked at."""

    path: Path
    content: Any
    category: Category
    field: str  # of the annotations that holds the keypoints
    place: Place  # of its images
    objects: int  # with a labelled keypoint


def is_annotated(content: Any) -> bool:
    """Whether the content of a JSON file has COCO's lists, and names keypoints."""
    if not isinstance(content, dict) or not content.keys() >= LISTS:
        return False
    return NAMES in content or any(row.get("keypoints") for row in _dicts(content["categories"]))


def split_of(path: Path) -> str:
    """Return the split that a file of annotations is called after; "" where it is after none."""
    return part_of(f"{path.parent.name} {path.stem}" if path.name == ROBOFLOW else path.stem)


def part_of(name: str) -> str:
    """Return which of a dataset's parts a name has in it; "" where it has none."""
    words = re.findall(r"[a-z]+", name.lower())
    return next((SPLITS[word] for word in words if word in SPLITS), "")


def convert(
    contents: Mapping[Path, Any],
    target: Path,
    allow: Sequence[str] = (),
    images: Path | None = None,
    *,
    advise: Advise | None = None,
) -> Summary:
    """Write the TOML files for COCO files, which stay where and as they are.

    What `run` would refuse is refused here. Where a file's names of images have folders of
    another machine, a copy with the names that they have here is written beside the two.

    Args:
        contents: what each file says; of several, each is of the split that it is called after.
        target: a folder, made if it is not there.
        allow: names of faults that a user lets pass.
        images: their folder; else they are looked for.
        advise: says which variant to train on so many objects.

    Raises:
        DataError: a file names no keypoints, or others than another; none is labelled; or the
            images are elsewhere.
        RunError: the target has such files already, or cannot be written.
    """
    read = {
        split_of(path) if len(contents) > 1 else "": _examined(path, content, allow, images)
        for path, content in contents.items()
    }
    first = next(iter(read.values()))
    for file in read.values():
        if (file.category.keypoints, file.field) != (first.category.keypoints, first.field):
            raise DataError(f"{file.path} names other keypoints than {first.path}")
    objects, listed = sum(f.objects for f in read.values()), sum(_count(f) for f in read.values())
    if not objects:
        raise DataError(NO_LABEL.format(place=first.path, images=listed))
    target, advice = target.resolve(), None if advise is None else advise(objects)
    skeleton = paired(first.category.keypoints, first.category.edges)
    made_from = f"COCO's format, {', '.join(path.name for path in contents)}"
    files = {split: (_name(split, f, target), _seen_from(target, f.place.folder))
             for split, f in read.items()}  # fmt: skip
    texts = toml_files(target.name, made_from, skeleton, files, advice, first.field)
    copies = {_copy(split): _renamed(f) for split, f in read.items() if f.place.renamed}
    put(target, texts | copies)
    notes = tuple(dict.fromkeys(note for split, f in read.items() for note in _notes(split, f)))
    return Summary(target, skeleton, listed, objects, notes=notes, advice=advice)


def _examined(path: Path, content: Any, allow: Sequence[str], images: Path | None) -> File:
    content = _with_names(content)
    category = categories.of_file(path, content)
    require_names(path, paired(category.keypoints, category.edges))
    place, count = _place(path, content, images), len(category.keypoints)
    field = _field(content, count)
    lengths = categories.lengths_that_disagree(content, count, field, "its category names")
    table, faults = incomplete.examined(content, count, field)
    stop_at_fatal(path, [*lengths, *faults], allow)
    objects = 0 if table is None else int((table.keypoints[..., 2] > 0).any(axis=1).sum())
    return File(path, content, category, field, place, objects)


def _with_names(content: Any) -> Any:
    """Return a file's content whose categories have the keypoints that it names beside them."""
    names: Any = content.get(NAMES) if isinstance(content, dict) else None
    rows = content.get("categories") if isinstance(names, list) else None
    if not isinstance(rows, list) or any(isinstance(r, dict) and "keypoints" in r for r in rows):
        return content
    bones = content.get("skeleton")
    ends = [[bone.get("keypointA"), bone.get("keypointB")] for bone in _dicts(bones)]
    pairs = [
        [names.index(end) + 1 for end in pair] for pair in ends if all(e in names for e in pair)
    ]
    more = {"keypoints": names, "skeleton": pairs}
    return content | {"categories": [row | more for row in _dicts(rows)]}


def _dicts(rows: Any) -> list[dict[str, Any]]:
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _count(file: File) -> int:
    return len(file.content["images"])


def _copy(split: str) -> str:
    return f"{split}.json" if split else ANNOTATIONS


def _name(split: str, file: File, target: Path) -> str:
    return _copy(split) if file.place.renamed else _seen_from(target, file.path.resolve())


def _notes(split: str, file: File) -> list[str]:
    notes = [*file.category.notes, *file.place.notes]
    if file.place.renamed:
        copy = _copy(split)
        notes.append(f"{copy} is {file.path.name} with the names that its images have here")
    if file.field != categories.FIELD:
        count = len(file.category.keypoints)
        notes.append(
            f"the {count} keypoints are those of '{file.field}': keypoints_field in {DATASET}"
        )
    return notes


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


def _renamed(file: File) -> str:
    """Return a file's text whose images have other names, given for those that have any."""
    left = iter(file.place.names)
    images = [
        image | {"file_name": next(left)} if image.get("file_name") else image
        for image in file.content["images"]
    ]
    return as_text(file.content | {"images": images})
