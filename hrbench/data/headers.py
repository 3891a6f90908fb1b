"""What image files say of themselves, read without decoding a pixel."""

import os
import struct
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PIL import Image, PngImagePlugin, TiffImagePlugin

from hrbench.data import stored
from hrbench.data.remarks import remark

TAG = 0x0112  # of EXIF 2.3, section 4.6.4: 1 to 8, by where the first row and column are
UPRIGHT = 1
READERS = 8  # threads: a file server answers several at once
PNG_START, PNG_CHUNK = 8, struct.Struct(">I4s")  # bytes; a chunk's length and kind
SEVERAL = "files of several pages or frames, of which the first is read"
SINGLE = {"JPEG", "MPO"}  # in an MPO, what follows the picture is no page but for the camera
ENDS = {"JPEG": b"\xff\xd9", "MPO": b"\xff\xd9", "PNG": b"IEND"}
TAIL = 4096  # bytes; some cameras write a little behind the end
Size = tuple[int, int]  # width, height in pixels
UNREADABLE = (OSError, SyntaxError, ValueError, struct.error, Image.DecompressionBombError)


@dataclass(frozen=True, slots=True)
class Header:
    """An image file's size and how a viewer is to turn it."""

    size: Size  # of the stored pixels
    tag: int = UPRIGHT  # of EXIF
    ended: bool = True  # what closes a file of its format is near its end

    @property
    def turned(self) -> tuple[int, int]:
        """Width and height of what a viewer shows."""
        return self.size[::-1] if self.tag > 4 else self.size


def header(path: Path, *, end: bool = False) -> Header | None:
    """Return what an image file's first bytes say; None where Pillow cannot read them.

    With `end`, its last bytes are read too. That it has several pages is noted.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's, on EXIF data and on very large pictures
            with stored.opened(path) as file, Image.open(file) as image:
                ended = not end or has_end(path, image.format)
                size, tag = stored_size(image), tag_of(image, path)
                if (pages := pages_of(image)) > 1:
                    remark(SEVERAL, str(path), f"{pages} of them")
                return Header(size, tag, ended)
    except UNREADABLE:
        return None  # reading the pixels says what is wrong


def headers(paths: Sequence[Path], *, end: bool = False) -> Iterator[Header | None]:
    """Yield the headers of many files, in their order."""
    with ThreadPoolExecutor(READERS) as pool:
        yield from pool.map(partial(header, end=end), paths)


def stored_size(image: Image.Image) -> tuple[int, int]:
    """Return the width and height of the pixels in a file, which Pillow turns in a TIFF."""
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        width, height = (image.tag_v2[key] for key in (256, 257))  # TIFF 6.0, section 8
        return int(width), int(height)
    return image.size


def has_end(path: Path, kind: str | None) -> bool:
    """Whether a file's last bytes have what closes its format, as far as that is known here."""
    mark = ENDS.get(kind or "")
    if mark is None:
        return True
    with stored.opened(path) as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - TAIL))
        return mark in file.read()


def pages_of(image: Image.Image) -> int:
    """Return the pages or frames of an opened file; 1 where they cannot be counted."""
    pages = 1
    with suppress(*UNREADABLE):
        pages = 1 if image.format in SINGLE else int(getattr(image, "n_frames", 1))
    return pages


def tag_of(image: Image.Image, path: Path) -> int:
    """Return the orientation of an opened file; 1 where it has none, or none that is known."""
    if isinstance(image, PngImagePlugin.PngImageFile):
        tag = _of_png(image, path)
    else:
        tag = image.getexif().get(TAG, UPRIGHT)
    return tag if tag in range(1, 9) else UPRIGHT


def _of_png(image: PngImagePlugin.PngImageFile, path: Path) -> int:
    """Return the orientation that a PNG has before its pixels or after them.

    Pillow decodes them all in search of what comes after.
    """
    exif = Image.Image.getexif(image)
    if TAG not in exif and (block := _late_exif(path)):
        exif = Image.Exif()
        exif.load(block)
    tag: int = exif.get(TAG, UPRIGHT)
    return tag


def _late_exif(path: Path) -> bytes:
    """Return the eXIf chunk of a PNG, wherever it stands; nothing where there is none."""
    with stored.opened(path) as file:
        file.seek(PNG_START)
        while len(head := file.read(PNG_CHUNK.size)) == PNG_CHUNK.size:
            length, kind = PNG_CHUNK.unpack(head)
            if kind == b"eXIf":
                return file.read(length)
            file.seek(length + 4, 1)  # and its checksum
    return b""
