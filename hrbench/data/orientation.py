"""Pictures turned as their EXIF tag says: the way viewers show them, and people box them."""

from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

TAG = 0x0112  # of EXIF 2.3, section 4.6.4: 1 to 8, by where the first row and column are
UPRIGHT = 1
Pixels = TypeVar("Pixels", bound=NDArray[np.generic])


def orientation(path: Path) -> int:
    """Return the tag of an image file; 1 where it has none, or none that is known."""
    try:
        with Image.open(path) as image:
            found = image.getexif().get(TAG, UPRIGHT)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return UPRIGHT  # reading the pixels says what is wrong
    return found if found in range(1, 9) else UPRIGHT


def upright(image: Pixels, tag: int) -> Pixels:
    """Return (height, width, ...) pixels turned or mirrored as a tag says."""
    turned = np.swapaxes(image, 0, 1) if tag > 4 else image
    if tag in {2, 3, 6, 7}:
        turned = turned[:, ::-1]
    if tag in {3, 4, 7, 8}:
        turned = turned[::-1]
    return np.ascontiguousarray(turned)  # type: ignore[return-value]  # of the same type
