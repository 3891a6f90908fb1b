"""The files that hrbench reads a dataset of one's own from, made of any program's annotations.

Letters: K keypoints.
"""

import json
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from hrbench.convert import placing
from hrbench.convert.labels import (
    ANNOTATIONS,
    DATASET,
    TASK,
    TRAIN,
    Advice,
    Advise,
    Labelled,
    Picture,
    Skeleton,
    Source,
    Summary,
    require_names,
)
from hrbench.convert.specs import Files, dataset_toml, task_toml
from hrbench.data.headers import Size
from hrbench.data.image_checks import look
from hrbench.errors import DataError, RunError
from hrbench.formats.coco.categories import FIELD

FRAMES = "images"  # where pictures go that are no files elsewhere
NO_LABEL = "{place}: no keypoint is labelled in the {images} images listed"
Content = dict[str, Any]  # of a file in COCO's format


def write(source: Source, target: Path, *, advise: Advise | None = None) -> Summary:
    """Write the annotations and the TOML files into the folder `target`; images stay.

    Pictures that the program has divided get a file of annotations for each split.

    Args:
        source: what a program's annotations come down to.
        target: a folder, made if it is not there.
        advise: says which variant to train on so many objects.

    Raises:
        DataError: an image is missing or not whole, nothing is labelled, or a name stands twice.
        RunError: the folder has one of the files already, or cannot be written.
    """
    target, skeleton = target.resolve(), source.skeleton
    frames = [picture for picture in source.pictures if picture.pixels]
    images = target if frames else source.folder.resolve()
    of_split = _by_split(source.pictures)
    names = {split: f"{split}.json" if split else ANNOTATIONS for split in of_split}
    written = (*names.values(), DATASET, TASK, *(FRAMES for _ in frames[:1]))
    _require_new(target, written)  # before all images are looked at
    require_names(source.folder, skeleton)
    contents = {split: _coco(of, source, images) for split, of in of_split.items()}
    objects = sum(len(content["annotations"]) for content in contents.values())
    if not objects:
        raise DataError(NO_LABEL.format(place=source.folder, images=len(source.pictures)))
    where = Path(os.path.relpath(images, target)).as_posix()
    advice = None if advise is None else advise(objects)
    files = {split: (name, where) for split, name in names.items()}
    texts = toml_files(target.name, source.made_from, skeleton, files, advice)
    texts |= {names[split]: as_text(content) for split, content in contents.items()}
    put(target, texts, frames)
    return Summary(
        target,
        skeleton,
        len(source.pictures),
        objects,
        left_out=source.left_out,
        notes=source.notes,
        advice=advice,
    )


def as_text(content: object) -> str:
    """Return what a JSON file says."""
    return json.dumps(content, indent=1) + "\n"


def toml_files(
    name: str,
    made_from: str,
    skeleton: Skeleton,
    files: Mapping[str, Files],
    advice: Advice | None = None,
    field: str = FIELD,
) -> dict[str, str]:
    """Return the text of the two TOML files; places are seen from their folder.

    `files` are those of the splits, `field` is what the annotations call their keypoints.
    """
    dataset = dataset_toml(
        name,
        made_from,
        skeleton.keypoints,
        skeleton.flip_pairs,
        skeleton.edges,
        files=files,
        field="" if field == FIELD else field,
    )
    hint = "" if advice is None else f"{advice.variant}: {advice.reason}"
    task = task_toml(name, made_from, dataset=DATASET, mirrored=not skeleton.one_sided, hint=hint)
    return {DATASET: dataset, TASK: task}


def put(target: Path, files: Mapping[str, str], frames: Sequence[Picture] = ()) -> None:
    """Write new files into a folder, all of them or, where one cannot be written, none.

    Pictures that are no files, frames of videos, go into a folder of their own.

    Raises:
        RunError: one is there already, or cannot be written.
    """
    _require_new(target, files)
    try:
        target.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target, prefix=".") as scratch:
            for name, text in files.items():
                (Path(scratch) / name).write_text(text, encoding="utf-8")
            for frame in frames:
                (Path(scratch) / FRAMES).mkdir(exist_ok=True)
                placing.put(frame, Path(scratch) / FRAMES / frame.path.name)
            for name in (*files, *(FRAMES for _ in frames[:1])):
                (Path(scratch) / name).replace(target / name)
    except OSError as error:
        raise RunError(f"{target} cannot be written: {error.strerror}; name another") from error


def category(name: str, skeleton: Skeleton) -> Content:
    """Return COCO's category of objects with these keypoints."""
    place = {keypoint: index for index, keypoint in enumerate(skeleton.keypoints, 1)}
    return {
        "id": 1,
        "name": name,
        "keypoints": list(skeleton.keypoints),
        "skeleton": [[place[start], place[end]] for start, end in skeleton.edges],
    }


def _require_new(target: Path, names: Iterable[str]) -> None:
    for name in names:
        if (target / name).exists():
            raise RunError(f"{target / name} is there already; name another folder")


def _by_split(pictures: Sequence[Picture]) -> dict[str, list[Picture]]:
    """Return the pictures of each split, of "" if there is one; those of none are to train on."""
    rest = TRAIN if any(picture.split for picture in pictures) else ""
    of_split: dict[str, list[Picture]] = {}
    for picture in pictures:
        of_split.setdefault(picture.split or rest, []).append(picture)
    return of_split if len(of_split) > 1 else {"": list(pictures)}


def _coco(pictures: list[Picture], source: Source, images: Path) -> Content:
    rows = [
        _annotation(number, labelled)
        for number, picture in enumerate(pictures, 1)
        for labelled in picture.objects
        if labelled.count
    ]
    return {
        "images": [_image(number, picture, images) for number, picture in enumerate(pictures, 1)],
        "annotations": [{"id": number, **row} for number, row in enumerate(rows, 1)],
        "categories": [category(source.category, source.skeleton)],
    }


def _image(number: int, picture: Picture, images: Path) -> Content:
    path, size = picture.path, picture.size
    if picture.pixels and size:
        return _listed(number, f"{FRAMES}/{path.name}", size)
    if not path.is_file():
        raise DataError(f"{path} is annotated and does not exist; put the image there")
    seen = look(path)
    if isinstance(seen, str):
        raise DataError(f"{path} is annotated and is not a whole image; fetch it again")
    name = Path(os.path.relpath(path.resolve(), images)).as_posix()
    size = size or seen.turned  # as the task's file will say: `protocol.orientation`
    if size not in {seen.turned, seen.size}:
        words = " x ".join(map(str, size)), " x ".join(map(str, seen.turned))
        raise DataError(
            f"{path} is annotated as {words[0]} pixels and has {words[1]}; put the picture there "
            "that was annotated"
        )
    return _listed(number, name, size)


def _listed(number: int, name: str, size: Size) -> Content:
    width, height = size
    return {"id": number, "file_name": name, "width": width, "height": height}


def _annotation(image: int, labelled: Labelled) -> Content:
    row: Content = {"image_id": image, "category_id": 1, "iscrowd": 0}
    if labelled.box is not None:
        row["bbox"] = list(labelled.box)
    return row | {"num_keypoints": labelled.count, "keypoints": labelled.flat}
