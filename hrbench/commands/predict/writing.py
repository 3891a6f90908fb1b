"""The folder of predictions: rows as JSON and CSV, drawn pictures and videos; whole, or none."""

import csv
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from hrbench.commands.predict.pictures import Picture
from hrbench.data.media import Medium, spelled
from hrbench.errors import RunError

DEFAULT = Path("predictions")
ABOUT = "about.json"
DRAWN = "drawn"  # the folder of pictures
ESCAPED = "backslashreplace"  # which JSON reads as what it was
CODEC = "mp4v"  # that every build of OpenCV can write


@contextmanager
def folder(asked: str | None) -> Iterator[tuple[Path, Path]]:
    """Yield a folder to write to, and the one that it becomes when all is well.

    Raises:
        RunError: that one holds something already, or cannot be written.
    """
    target = _free(DEFAULT) if asked is None else Path(asked)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise RunError(f"-o {target}: is there already and not empty; name a new folder")
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        draft.mkdir(parents=True)
        yield draft, target
        if target.exists():
            target.rmdir()
        draft.replace(target)
    except OSError as error:
        raise RunError(f"-o {target} cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def write_rows(place: Path, rows: list[dict[str, Any]]) -> None:
    """Write a JSON list, a row a line."""
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    write_text(place, f"[\n{lines}\n]\n" if rows else "[]\n")


def write_text(place: Path, text: str) -> None:
    """Write text in UTF-8; of names of files that are in another encoding, their bytes escaped."""
    place.write_text(text, "utf-8", errors=ESCAPED)


def write_table(place: Path, header: Sequence[str], cells: list[list[Any]]) -> None:
    """Write a CSV file."""
    with place.open("w", encoding="utf-8", errors=ESCAPED, newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *cells])


def write_picture(place: Path, drawn: NDArray[np.uint8]) -> None:
    """Write BGR pixels as a JPEG file."""
    _, encoded = cv2.imencode(".jpg", drawn, (cv2.IMWRITE_JPEG_QUALITY, 92))
    place.write_bytes(encoded.tobytes())


def open_video(place: Path, rate: float, first: NDArray[np.uint8]) -> cv2.VideoWriter:
    """Return what writes frames of the first one's size, so many a second.

    Raises:
        RunError: OpenCV cannot.
    """
    size = (first.shape[1], first.shape[0])
    with spelled(place) as name:
        writer = cv2.VideoWriter(name, cv2.VideoWriter.fourcc(*CODEC), rate, size)
    if not writer.isOpened():
        raise RunError(f"{place.name}: OpenCV cannot write a video of {size[0]} x {size[1]} here")
    return writer


@contextmanager
def album(place: Path, media: Sequence[Medium], *, draw: bool) -> Iterator["Album | NoAlbum"]:
    """Yield what drawn pictures are put into, or what takes none."""
    if not draw:
        yield NoAlbum()
        return
    pages = Album(place, media)
    try:
        yield pages
    finally:
        pages.close()


class NoAlbum:
    """Takes the place of an album where nothing is drawn."""

    def add(self, picture: Picture, drawn: NDArray[np.uint8]) -> None:
        """Let a picture go."""


class Album:
    """Drawn pictures: a JPEG file for each image, a video for each video."""

    def __init__(self, place: Path, media: Sequence[Medium]) -> None:
        self.place = place
        self._rates = {medium.path: medium.rate for medium in media if medium.is_video}
        self._videos: dict[Path, cv2.VideoWriter] = {}
        self._names: dict[Path, str] = {}
        place.mkdir()

    def add(self, picture: Picture, drawn: NDArray[np.uint8]) -> None:
        """Write a picture, or the next frame of a video."""
        if picture.frame is None:
            write_picture(self.place / self._name(picture.path, ".jpg"), drawn)
            return
        if picture.path not in self._videos:
            place = self.place / self._name(picture.path, ".mp4")
            self._videos[picture.path] = open_video(place, self._rates[picture.path], drawn)
        self._videos[picture.path].write(drawn)

    def close(self) -> None:
        """Finish the videos."""
        for writer in self._videos.values():
            writer.release()

    def _name(self, path: Path, ending: str) -> str:
        """Return a name that no other file of the album has."""
        if path not in self._names:
            taken, name, number = set(self._names.values()), path.stem + ending, 1
            while name in taken:
                number += 1
                name = f"{path.stem}-{number}{ending}"
            self._names[path] = name
        return self._names[path]


def _free(wanted: Path) -> Path:
    """Return a folder's name, with a number where there is one already."""
    number, name = 1, wanted
    while name.exists():
        number += 1
        name = wanted.with_name(f"{wanted.name}-{number}")
    return name
