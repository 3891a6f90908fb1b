"""Pictures as parts of the file: made smaller until all of them have room in it."""

import base64
import io
from dataclasses import dataclass
from pathlib import Path

from hrbench.errors import RunError
from hrbench.report.cases import Case
from hrbench.report.html.page import Picture

ROOM = 2_000_000  # bytes of all pictures of a file
MOST = 45_000  # of one
LETTERS = 4 / 3  # bytes of base64 for each byte
EDGES = (720, 540, 400, 320, 260, 200, 150, 110)  # pixels of the longer one, to be tried
QUALITIES = (82, 68)  # of JPEG
SORTS = {"worst": "Worst", "missed": "Not found", "median": "Median"}


@dataclass(frozen=True, slots=True)
class Room:
    """How many bytes a picture may have."""

    bytes: float

    @classmethod
    def of(cls, count: int) -> "Room":
        """Return the room of each of so many."""
        return cls(min(MOST, ROOM / LETTERS / max(count, 1)))


def of_case(folder: Path, case: Case, room: Room) -> Picture:
    """Return the picture of a case, which lies in a folder.

    Raises:
        RunError: it is no picture.
    """
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
    content, size = b"", image.size
    for edge in EDGES:
        for quality in QUALITIES:
            smaller = image.copy()
            smaller.thumbnail((edge, edge), Image.Resampling.LANCZOS)
            file = io.BytesIO()
            smaller.save(file, "JPEG", quality=quality, optimize=True)
            content, size = file.getvalue(), smaller.size
            if len(content) <= room.bytes:
                break
        if len(content) <= room.bytes:
            break
    source = f"data:image/jpeg;base64,{base64.b64encode(content).decode()}"
    return Picture(source, words, caption, *size)
