"""Pictures as their files store them, whatever a library does; and turned as their EXIF tag says.

Libraries differ. OpenCV turns a TIFF whether it is asked to or not, other files as its flag
says, which it follows for PNG and WebP from some version on; Pillow turns a TIFF alone. So the
pixels are first had as they are stored, and turned here, where the annotations want it.
"""

from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hrbench.data import tiff
from hrbench.data.headers import TAG, UPRIGHT, header

AnyPixels = TypeVar("AnyPixels", bound=NDArray[np.generic])

BACK = {  # by the tag that Pillow has turned a picture by
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def orientation(path: Path) -> int:
    """Return the tag of an image file; 1 where it has none, or none that is known."""
    seen = header(path)
    return UPRIGHT if seen is None else seen.tag


def upright(image: AnyPixels, tag: int) -> AnyPixels:
    """Return (height, width, ...) pixels turned or mirrored as a tag says."""
    turned = np.swapaxes(image, 0, 1) if tag > 4 else image
    if tag in {2, 3, 6, 7}:
        turned = turned[:, ::-1]
    if tag in {3, 4, 7, 8}:
        turned = turned[::-1]
    return np.ascontiguousarray(turned)  # type: ignore[return-value]  # of the same type


def as_stored(image: Image.Image) -> Image.Image:
    """Return an opened picture, loaded, with its pixels as the file has them.

    Pillow takes the tag away from a picture that it turns.
    """
    tag = image.getexif().get(TAG, UPRIGHT)
    image.load()
    left = image.getexif().get(TAG, UPRIGHT)
    return image if left == tag or tag not in BACK else image.transpose(BACK[tag])


def untagged(content: bytes) -> bytes:
    """Return a file for OpenCV: of a TIFF that says how to turn it, one that does not."""
    entry = tiff.entry(content, TAG)
    if entry is None or entry.number == UPRIGHT:
        return content
    upright_now = entry.written(UPRIGHT)
    return b"".join((content[: entry.at], upright_now, content[entry.at + len(upright_now) :]))
