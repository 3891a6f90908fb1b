"""Image files: decoded whole or not at all, and quietly; what is odd in them is known."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Pixels
from hrbench.data import jpeg, stored, tiff
from hrbench.data.orientation import untagged
from hrbench.data.quiet import QUIET
from hrbench.data.remarks import remark
from hrbench.data.sample import Inside
from hrbench.errors import DataError

# cv2 would turn an image by its EXIF tag, and a TIFF it turns all the same: `untagged`.
READ = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
MOST_BITS = 16  # of a channel: more are no brightness that all of OpenCV's versions read alike
DARK = 64  # of 256 levels; what stays below has less than 15 of 16 bits
NO_END = "JPEG files without an end marker, which are whole but for it"
DAMAGED = "JPEG files with damaged or missing pixels, read as the decoder fills them"
NEARLY_BLACK = (
    "files of 16 bits a channel that use few of them and are read as nearly black; if they are of "
    "10 or 12 bits, save them with 8"
)


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """The pixels of an image file, and what is odd in it."""

    pixels: Pixels  # (height, width, 3) BGR, as stored, whatever an EXIF tag says
    oddity: str = ""  # one of the kinds above
    words: str = ""  # about this file


def decode(content: bytes) -> Decoded | None:
    """Return the pixels of an image file; None if it is not a whole one."""
    if not content or tiff.bits(content) > MOST_BITS:
        return None
    if jpeg.is_cut_short(content):
        whole = without_end(content)
        return None if whole is None else Decoded(whole, NO_END)
    pixels, complaint = _decoded(untagged(content))
    if pixels is None:
        return None
    if jpeg.is_jpeg(content):
        return Decoded(pixels, DAMAGED if jpeg.is_damage(complaint) else "")
    words = depth_used(content) if pixels.max() < DARK else ""
    return Decoded(pixels, NEARLY_BLACK if words else "", words)


def without_end(content: bytes) -> Pixels | None:
    """Return the pixels of a JPEG file that lacks nothing but its end marker."""
    return jpeg.without_end(content, lambda whole: _decoded(whole)[0])


def depth_used(content: bytes) -> str:
    """Return in words how far the values of a file of 16 bits a channel go; nothing of others."""
    deep = cv2.imdecode(np.frombuffer(content, dtype=np.uint8), cv2.IMREAD_UNCHANGED)
    return f"values up to {deep.max()}" if deep is not None and deep.dtype == np.uint16 else ""


def read_image(path: Path, inside: Inside | None = None) -> Pixels:
    """Return the (height, width, 3) BGR pixels of a file, or of an image that `inside` opens.

    Raises:
        DataError: there is no such file, or it is not a whole image.
    """
    if inside is not None:
        return np.ascontiguousarray(inside(path)[..., ::-1])
    try:
        content = stored.read(path)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from error
    image = decode(content)
    if image is None:
        raise unreadable(path, content)
    if image.oddity:
        remark(image.oddity, str(path), image.words)
    return image.pixels


def write_png(path: Path, pixels: NDArray[np.uint8]) -> None:
    """Write (h, w, 3) pixels, BGR, as a PNG file that is either whole or not there.

    Raises:
        OSError: it cannot be written.
    """
    partial = path.with_suffix(".partial")
    try:
        partial.write_bytes(cv2.imencode(".png", pixels)[1].tobytes())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def unreadable(path: Path, content: bytes) -> DataError:
    """Return the error for a file that is no whole image."""
    if (bits := tiff.bits(content)) > MOST_BITS:
        return DataError(f"{path} has {bits} bits a channel; save it with 8")
    return DataError(
        f"{path} is not a whole image ({len(content)} bytes); fetch it again; "
        "`hrbench check DATASET --images` lists all such files"
    )


def _decoded(content: bytes) -> tuple[Pixels | None, str]:
    """Return what OpenCV makes of a file, and what the libraries below it say about it."""
    with QUIET:
        try:
            image = cv2.imdecode(np.frombuffer(content, dtype=np.uint8), READ)
        except cv2.error:  # larger than OpenCV takes
            image = None
    return None if image is None else image.astype(np.uint8, copy=False), QUIET.heard
