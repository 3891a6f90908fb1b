"""Image files: decoded whole or not at all, and quietly."""

import os
from pathlib import Path
from threading import Lock

import cv2
import numpy as np
from numpy.typing import NDArray

from hrbench.data.orientation import untagged
from hrbench.data.readers import cofw
from hrbench.errors import DataError

# cv2 would turn an image by its EXIF tag, and a TIFF it turns all the same: `untagged`.
READ = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
STDERR = 2
START_OF_IMAGE, START_OF_SCAN, END_OF_IMAGE = b"\xff\xd8", b"\xff\xda", b"\xff\xd9"
FILL = b"\xff\xff"  # a marker may be preceded by any number of 0xFF


def decode(content: bytes) -> NDArray[np.uint8] | None:
    """Return the (height, width, 3) BGR pixels of an image file; None if it is not a whole one.

    They are as the file stores them, whatever its EXIF tag says.
    """
    if not content or is_cut_short(content):
        return None
    with QUIET:
        try:
            image = cv2.imdecode(np.frombuffer(untagged(content), dtype=np.uint8), READ)
        except cv2.error:  # larger than OpenCV takes
            return None
    return None if image is None else image.astype(np.uint8, copy=False)


def read_image(path: Path) -> NDArray[np.uint8]:
    """Return the (height, width, 3) BGR pixels of a file, or of an image inside of a .mat file.

    Raises:
        DataError: there is no such file, or it is not a whole image.
    """
    if path.parent.suffix == cofw.SUFFIX:
        return np.ascontiguousarray(cofw.image(path.parent, int(path.name))[..., ::-1])
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from error
    image = decode(content)
    if image is None:
        raise DataError(
            f"{path} is not a whole image ({len(content)} bytes); fetch it again; "
            "`hrbench check DATASET --images` lists all such files"
        )
    return image


def is_cut_short(content: bytes) -> bool:
    """Tell whether this is the beginning of a JPEG file.

    OpenCV before 4.14 fills what is missing with grey. Other formats it refuses itself.

    Source: ITU-T T.81, annex B.
    """
    if not content.startswith(START_OF_IMAGE):
        return False
    at = len(START_OF_IMAGE)
    # Past the segments before the scan, since a thumbnail among them has an end of its own.
    while content[at : at + 1] == b"\xff" and content[at : at + 2] != START_OF_SCAN:
        length = int.from_bytes(content[at + 2 : at + 4], "big")
        at += 1 if content[at : at + 2] == FILL else 2 + length
    return content.rfind(END_OF_IMAGE, at) < 0


class Quiet:
    """Drops what C libraries write to standard error while any thread is inside.

    libjpeg has no other switch for it.
    """

    def __init__(self) -> None:
        self._lock, self._inside, self._kept = Lock(), 0, -1

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside:
                self._kept, nowhere = os.dup(STDERR), os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, STDERR)
                os.close(nowhere)
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                os.dup2(self._kept, STDERR)
                os.close(self._kept)


QUIET = Quiet()
