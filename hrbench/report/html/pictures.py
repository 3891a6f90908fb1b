"""Pictures as parts of the file: made smaller until all of them have room in it."""

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hrbench.errors import RunError
from hrbench.report.cases import FOLDER, Case
from hrbench.report.html.page import Picture

if TYPE_CHECKING:
    from PIL.Image import Image as Opened

ROOM = 2_000_000  # bytes of all pictures of a file
MOST = 45_000  # of one
LETTERS = 4 / 3  # bytes of base64 for each byte
EDGES = (720, 540, 400, 320, 260, 200, 150, 110)  # pixels of the longer one, to be tried
QUALITIES = (82, 68)  # of JPEG
Shown = Mapping[Case, Picture]  # each case of a run with its picture
SORTS = {"worst": "Worst", "missed": "Not found", "median": "Median"}


@dataclass(frozen=True, slots=True)
class Room:
    """How many bytes a picture may have."""

    bytes: float

    @classmethod
    def of(cls, count: int) -> "Room":
        """Return the room of each of so many."""
        return cls(min(MOST, ROOM / LETTERS / max(count, 1)))


def of_cases(run_folder: Path, left: Sequence[Case], room: Room) -> Shown:
    """Return the pictures of a run's cases, in their order.

    Raises:
        RunError: one is no picture.
    """
    return {case: _of_case(run_folder / FOLDER, case, room) for case in left}


def _of_case(folder: Path, case: Case, room: Room) -> Picture:
    place = f", image {case.image}" if case.image else ""
    file = f" ({case.file})" if case.file else ""
    name = "Frame" if not case.image else "Annotation"
    error = f": {case.words}" if case.sort != "missed" else ""
    caption = f"{SORTS[case.sort]}{error}. {name} {case.id}{place}{file}."
    words = f"What was found on the sample {case.id} beside what is annotated: {case.words}"
    return embedded(folder / case.picture, words, caption, room)


def embedded(path: Path, words: str, caption: str, room: Room) -> Picture:
    """Return a picture in as many pixels as there is room for.

    Raises:
        RunError: it is no picture.
    """
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415  takes its time

    try:
        with Image.open(path) as opened:
            image = opened.convert("RGB")
    except (OSError, UnidentifiedImageError) as error:
        raise RunError(
            f"{path}: is no picture. Delete the folder {path.parent}, and the report goes without."
        ) from error
    return fitted(image, words, caption, room)


def fitted(image: "Opened", words: str, caption: str, room: Room) -> Picture:
    """Return an RGB picture in as many pixels as there is room for."""
    content, size = _smaller(image, room)
    source = f"data:image/jpeg;base64,{base64.b64encode(content).decode()}"
    return Picture(source, words, caption, *size)


def _smaller(image: "Opened", room: Room) -> tuple[bytes, tuple[int, int]]:
    """Return a picture as JPEG, and its size: the largest that fits, else the smallest."""
    from PIL.Image import Resampling  # noqa: PLC0415

    content, size = b"", image.size
    for edge in dict.fromkeys(min(edge, max(image.size)) for edge in EDGES):
        smaller = image.copy()
        smaller.thumbnail((edge, edge), Resampling.LANCZOS)
        for quality in QUALITIES:
            file = io.BytesIO()
            smaller.save(file, "JPEG", quality=quality, optimize=True)
            content, size = file.getvalue(), smaller.size
            if len(content) <= room.bytes:
                return content, size
    return content, size
