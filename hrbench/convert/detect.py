"""Which program wrote some annotations, told by what they are called and hold."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hrbench.convert import (
    archives,
    coco,
    cvat,
    deeplabcut,
    kinds,
    labelme,
    labelstudio,
    sleap,
    ultralytics,
)
from hrbench.convert.kinds import KNOWN
from hrbench.convert.labels import Advise, Source, Summary
from hrbench.convert.writing import write
from hrbench.errors import DataError
from hrbench.files.json_files import read_json

SLEAP_IO = {".slp": "SLEAP", ".nwb": "NWB"}  # what that library reads, by whom
TRIED = 5  # files of a folder
Found = Source | Mapping[Path, Any]  # files in COCO's format, which stay, with what they say


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
    if source.suffix.lower() == ".zip":
        with archives.unpacked(source, target) as (inside, beside):
            return convert(inside, target, allow, images or beside, advise=advise)
    found = _folder(source, images) if source.is_dir() else _file(source, images)
    if isinstance(found, Source):
        return write(found, target, advise=advise)
    return coco.convert(found, target, allow, images, advise=advise)


def _file(source: Path, images: Path | None) -> Found:
    ending = source.suffix.lower()
    match ending:
        case ".json":
            return _json(source, images)
        case ".xml":
            return cvat.read(source, images)
        case ".slp" | ".nwb":
            return sleap.read(source, SLEAP_IO[ending], images)
        case ".csv":
            return deeplabcut.read(source, images)
        case ".yaml" if source.name == deeplabcut.PROJECT and not kinds.describes_yolo(source):
            return deeplabcut.read(source, images)
        case ".yaml" | ".yml":
            return ultralytics.read(source)
    raise DataError(
        f"{source} is of a kind that cannot be converted{kinds.of_file(source)}; {KNOWN}"
    )


def _json(source: Path, images: Path | None) -> Found:
    content = read_json(source)
    if labelme.is_of(content):
        return labelme.read(source, images)
    if kinds.is_alphatracker(content):
        return sleap.read(source, "AlphaTracker", images)
    if labelstudio.is_of(content):
        return labelstudio.read(source, content, images)
    if words := kinds.of_json(content):
        raise DataError(f"{source} is {words}")
    return {source: content}


def _folder(source: Path, images: Path | None) -> Found:
    if deeplabcut.tables(source):
        return deeplabcut.read(source, images)
    if described := kinds.describing_yolo(source):
        return ultralytics.read(described[0])
    if (source / cvat.FILE).is_file():
        return cvat.read(source / cvat.FILE, images)
    if _is_labelme(source):
        return labelme.read(source, images)
    if found := _in_coco_format(source):
        return found
    raise DataError(f"{source}: no annotations in it that are known; {kinds.of_folder(source)}")


def _is_labelme(folder: Path) -> bool:
    """Whether one of the first JSON files in a folder is labelme's; all are looked at when read."""
    first = sorted(folder.rglob("*.json"))[:TRIED]
    return any(labelme.is_of(read_json(file)) for file in first)


def _in_coco_format(folder: Path) -> Mapping[Path, Any]:
    """Return the file in COCO's format in a folder, or that of each split; none if there is none.

    Raises:
        DataError: there are several, and their names do not tell of which splits.
    """
    files = sorted(path for pattern in coco.PATTERNS for path in folder.glob(pattern))
    of_keypoints = [path for path in files if coco.KEYPOINTS in path.name]
    read = {path: read_json(path) for path in of_keypoints or files}
    found = {path: content for path, content in read.items() if coco.is_annotated(content)}
    if len(found) > 1:
        splits = {coco.split_of(path) for path in found}
        if len(splits) < len(found) or "" in splits:
            raise DataError(
                f"{folder} has {len(found)} files in COCO's format ({next(iter(found)).name}, …): "
                "name one of them"
            )
    return found
