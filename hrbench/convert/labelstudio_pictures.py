"""Which picture a task of Label Studio is of, by the address that it has there.

Source: labelstud.io, "Label Studio Task Format" and "Cloud and external storage".
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlparse

from hrbench.convert.places import Finder
from hrbench.data.media import IMAGES
from hrbench.errors import DataError
from hrbench.files.paths import with_slashes

UPLOADED = re.compile(r"[0-9a-f]{8}-")  # what an upload puts before a file's name


def image_of(where: str, task: dict[str, Any], near: Finder) -> Path:
    """Return where a task's picture lies.

    Args:
        where: the task, in words.
        task: as the file has it.
        near: finds a picture by its names.

    Raises:
        DataError: it names none, or one that is not there.
    """
    video = video_of(task)
    name = _of_data(where, task) if video is None else _of_frame(where, video)
    if video is not None and Path(name).is_file():
        return Path(name)
    short = Path(name).name
    found = near([with_slashes(name), UPLOADED.sub("", short, count=1)])
    if found is None:
        raise DataError(f"{where}: its picture {short} is not near; name its folder with --images")
    return found


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
