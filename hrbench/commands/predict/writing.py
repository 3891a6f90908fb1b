"""The folder of predictions: rows as JSON and CSV, drawn pictures and videos; whole, or none."""

import csv
import json
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from typing import Any

import cv2

from hrbench.arrays import Pixels
from hrbench.commands.predict.videos import Video, new_video
from hrbench.kinds.found import Found

DEFAULT = Path("predictions")
DRAWN = "drawn"  # the folder of pictures
TRACKS = "tracks.csv"
ESCAPED = "backslashreplace"  # which JSON reads as what it was


Draw = Callable[[], Pixels]


@dataclass(frozen=True, slots=True)
class Moment:
    """When a frame of a video is shown."""

    time: float  # seconds from the first one's
    rate: float  # frames a second, on average


def target(asked: str | None) -> Path:
    """Return the folder that is asked for, else one of the usual name that is not there yet."""
    if asked is not None:
        return Path(asked)
    others = (DEFAULT.with_name(f"{DEFAULT.name}-{number}") for number in count(2))
    return next(folder for folder in chain((DEFAULT,), others) if not folder.exists())


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


def write_picture(place: Path, drawn: Pixels) -> None:
    """Write BGR pixels as a JPEG file."""
    _, encoded = cv2.imencode(".jpg", drawn, (cv2.IMWRITE_JPEG_QUALITY, 92))
    place.write_bytes(encoded.tobytes())


class Rows:
    """What is written of all pictures, in their order.

    Args:
        tracked: whether the objects of videos have the numbers of their tracks.
    """

    def __init__(self, *, tracked: bool = False) -> None:
        self.tracked = tracked
        self.rows: list[dict[str, Any]] = []
        self.cells: list[list[Any]] = []

    def add(self, picture: dict[str, Any], found: Found) -> int:
        """Take what was found in a picture, of which `picture` says the file, frame and time.

        Returns how many objects that is.
        """
        rows = found.rows()
        numbers = [{"track_id": track} for track in found.tracks] or [{}] * len(rows)
        self.rows += [picture | number | row for number, row in zip(numbers, rows, strict=True)]
        where = [picture["file_name"], picture.get("frame", ""), picture.get("time", "")]
        cells = found.cells()
        tracks: list[list[Any]] = [[track] for track in found.tracks]
        own = tracks or [[""] * self.tracked] * len(cells)
        self.cells += [[*where, *track, *line] for track, line in zip(own, cells, strict=True)]
        return len(rows)

    def write(self, folder: Path, name: str, header: Sequence[str]) -> None:
        """Write a JSON and a CSV file; and one in the order of tracks, if there are any."""
        columns = ("file", "frame", "time", *(["track"] * self.tracked), *header)
        write_rows(folder / f"{name}.json", self.rows)
        write_table(folder / f"{name}.csv", columns, self.cells)
        if self.tracked:
            write_table(folder / TRACKS, columns, self._by_track())

    def _by_track(self) -> list[list[Any]]:
        """Return the lines that are of tracks, file by file."""
        files = dict.fromkeys(line[0] for line in self.cells)
        order, at = {file: place for place, file in enumerate(files)}, 3  # behind the time
        tracked = [line for line in self.cells if line[at] != ""]
        return sorted(tracked, key=lambda line: (order[line[0]], line[at]))


@contextmanager
def album(place: Path, *, draw: bool) -> Iterator["Album | NoAlbum"]:
    """Yield what drawn pictures are put into, or what takes none."""
    if not draw:
        yield NoAlbum()
        return
    pages = Album(place)
    try:
        yield pages
    finally:
        pages.close()


class NoAlbum:
    """Takes the place of an album where nothing is drawn."""

    def add(self, key: Hashable, stem: str, moment: Moment | None, draw: Draw) -> None:
        """Draw nothing."""


class Album:
    """Drawn pictures: a JPEG file for each image, a video for each video."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self._videos: dict[Hashable, Video] = {}
        self._names: dict[Hashable, str] = {}
        place.mkdir()

    def add(self, key: Hashable, stem: str, moment: Moment | None, draw: Draw) -> None:
        """Write a picture, or the next frame of a video.

        Args:
            key: of the file that it is of.
            stem: what that is called, without an ending.
            moment: when it is shown, of a video.
            draw: makes the picture, in BGR.
        """
        drawn = draw()
        if moment is None:
            write_picture(self.place / self._name(key, stem, ".jpg"), drawn)
            return
        if key not in self._videos:
            place = self.place / self._name(key, stem, ".mp4")
            self._videos[key] = new_video(place, moment.rate, drawn)
        self._videos[key].write(drawn, moment.time)

    def close(self) -> None:
        """Finish the videos."""
        for video in self._videos.values():
            video.close()

    def _name(self, key: Hashable, stem: str, ending: str) -> str:
        """Return a name that no other file of the album has."""
        if key not in self._names:
            taken, name, number = set(self._names.values()), stem + ending, 1
            while name in taken:
                number += 1
                name = f"{stem}-{number}{ending}"
            self._names[key] = name
        return self._names[key]
