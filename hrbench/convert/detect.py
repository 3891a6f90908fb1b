"""Which program wrote some annotations, told by what they are called and hold."""

from collections.abc import Sequence
from pathlib import Path

from hrbench.convert import coco, deeplabcut, kinds, labelstudio, sleap, ultralytics
from hrbench.convert.kinds import KNOWN
from hrbench.convert.labels import Advise, Summary
from hrbench.errors import DataError
from hrbench.files.json_files import read_json


def convert(
    source: Path,
    target: Path,
    allow: Sequence[str] = (),
    images: Path | None = None,
    *,
    advise: Advise | None = None,
) -> Summary:
    """Turn any annotations that are known here into a dataset of one's own in `target`.

    Args:
        source: a file, or a folder.
        target: a folder, made if it is not there.
        allow: names of faults that a user lets pass.
        images: the folder of the images; else they are looked for.
        advise: says which variant to train on so many objects.

    Raises:
        DataError: they are not there, not known, or have a fault.
        RunError: the target has such files already, or cannot be written; or a library is missing.
    """
    if not source.exists():
        raise DataError(f"{source} does not exist; {KNOWN}")
    if images is not None and not images.is_dir():
        raise DataError(f"--images {images} is no folder")
    if source.is_dir():
        return _folder(source, target, images, advise)
    match source.suffix.lower():
        case ".csv":
            return deeplabcut.convert(source, target, images, advise=advise)
        case ".slp":
            return sleap.convert(source, target, images, advise=advise)
        case ".yaml" | ".yml":
            return ultralytics.convert(source, target, advise=advise)
        case ".json":
            return _json(source, target, allow, images, advise)
    raise DataError(
        f"{source} is of a kind that cannot be converted{kinds.of_file(source)}; {KNOWN}"
    )


def _folder(source: Path, target: Path, images: Path | None, advise: Advise | None) -> Summary:
    if deeplabcut.tables(source):
        return deeplabcut.convert(source, target, images, advise=advise)
    if described := kinds.describing_yolo(source):
        return ultralytics.convert(described[0], target, advise=advise)
    if any(source.glob("*.json")) and all(map(_is_labelme, sorted(source.glob("*.json")))):
        words = "the annotations of labelme, a file for each picture"
        raise DataError(f"{source} has {words}: {kinds.BY_HAND}")
    raise DataError(
        f"{source}: no {deeplabcut.PATTERN} in it, as a DeepLabCut project has; "
        f"{kinds.of_folder(source)}"
    )


def _is_labelme(path: Path) -> bool:
    return "labelme" in kinds.of_json(read_json(path))


def _json(
    source: Path,
    target: Path,
    allow: Sequence[str],
    images: Path | None,
    advise: Advise | None,
) -> Summary:
    content = read_json(source)
    if kinds.is_labelstudio(content):
        return labelstudio.convert(source, content, target, advise=advise)
    if words := kinds.of_json(content):
        raise DataError(f"{source} is {words}")
    return coco.convert(source, content, target, allow, images, advise=advise)
