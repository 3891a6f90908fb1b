"""Which picture a task of Label Studio is of, by the address that it has there.

Source: labelstud.io, "Label Studio Task Format" and "Cloud and external storage".
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlparse

from hrbench.convert import places
from hrbench.data.media import IMAGES
from hrbench.errors import DataError
from hrbench.files.paths import with_slashes

UPLOADED = re.compile(r"[0-9a-f]{8}-")  # what an upload puts before a file's name


def images_of(
    tasks: Sequence[tuple[str, dict[str, Any]]], start: Path, given: Path | None
) -> tuple[list[Path], tuple[str, ...]]:
    """Return where the picture of each task lies, and what to say of that.

    Args:
        tasks: each in words, and as the file has it.
        start: the folder of the file.
        given: the folder of the pictures, where a user names it.

    Raises:
        DataError: one names none, or one that is not there.
    """
    names = [_names(where, task) for where, task in tasks]
    paths = [Path(name) if video_of(task) and Path(name).is_file() else None
             for (_, task), (name, *_) in zip(tasks, names, strict=True)]  # fmt: skip
    wanted = [of for of, path in zip(names, paths, strict=True) if path is None]
    found, notes = places.find_each(start, wanted, given, beside=len(wanted) < len(paths))
    near, there = iter(found), list[Path]()
    for (where, _), (name, *_), named in zip(tasks, names, paths, strict=True):
        path = named or next(near)
        if path is None:
            words = f"{where}: its picture {Path(name).name} is not near"
            more = "; name its folder with --images, also where several folders have one"
            raise DataError(f"{words}{more}")
        there.append(path)
    return there, notes


def _names(where: str, task: dict[str, Any]) -> tuple[str, str]:
    """Return what a task's picture may be called: as the task has it, and before its upload."""
    video = video_of(task)
    name = _of_data(where, task) if video is None else _of_frame(where, video)
    return with_slashes(name), UPLOADED.sub("", Path(name).name, count=1)


def video_of(task: dict[str, Any]) -> dict[str, Any] | None:
    """Return what sleap-io writes of a task's frame; None in Label Studio's own tasks."""
    meta = task.get("meta")
    video = meta.get("video") if isinstance(meta, dict) else None
    return video if isinstance(video, dict) else None


def _of_frame(where: str, video: dict[str, Any]) -> str:
    names, index = video.get("filename"), video.get("frame_idx", 0)
    files = names if isinstance(names, list) else [names]
    name = files[index] if type(index) is int and 0 <= index < len(files) else None
    if not isinstance(name, str):
        raise DataError(f"{where}: frame {index} of a video is of no image file; name one for it")
    return name


def _of_data(where: str, task: dict[str, Any]) -> str:
    data = task.get("data")
    values = data.values() if isinstance(data, dict) else ()
    paths = _paths(value for value in values if isinstance(value, str))
    name = next((path for path in paths if Path(path).suffix.lower() in IMAGES), None)
    if name is None:
        raise DataError(f"{where}: its 'data' names no image file; in Label Studio, add it there")
    return name


def _paths(addresses: Iterator[str]) -> Iterator[str]:
    """Yield the path of each address: of an upload, a local file, a store, or the web."""
    for address in addresses:
        try:
            parts = urlparse(address)
        except ValueError:  # text of another kind
            continue
        local = parse_qs(parts.query).get("d")  # /data/local-files/?d=DIR/1.png
        if local:
            yield local[0]
        else:
            yield unquote(parts.path).lstrip("/") if parts.scheme else address
