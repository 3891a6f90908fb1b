"""Image files as Pillow reads them, which the official face and classification code does."""

import io
import warnings
from pathlib import Path
from typing import IO

import numpy as np
from PIL import Image

from hrbench.data import jpeg, stored
from hrbench.data.images import DARK, NEARLY_BLACK, NO_END, depth_used, without_end
from hrbench.data.orientation import as_stored
from hrbench.data.remarks import remark

UNREADABLE = (OSError, SyntaxError, ValueError, Image.DecompressionBombError)
BRIGHTEST = 255
ONE_DEEP_CHANNEL = "grey files of more than 8 bits, whose values above 255 are read as white"


def rgb(path: Path) -> Image.Image:
    """Return a file's picture by Pillow's rules for RGB, as it is stored; what is odd is noted.

    Raises:
        OSError, SyntaxError, ValueError, Image.DecompressionBombError: it is no whole picture.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, on EXIF data and on very large pictures
        try:
            return _converted(stored.source(path), path)
        except OSError:
            content = stored.read(path)
            if not jpeg.is_cut_short(content) or without_end(content) is None:
                raise
        remark(NO_END, str(path))
        return _converted(io.BytesIO(jpeg.with_end(content)), path)


def _converted(file: Path | IO[bytes], path: Path) -> Image.Image:
    with Image.open(file) as image:
        picture = as_stored(image).convert("RGB")
        _remark_depth(image, picture, path)
    return picture


def _remark_depth(image: Image.Image, picture: Image.Image, path: Path) -> None:
    if image.mode[0] in "IF":
        _, highest = image.getextrema()
        if isinstance(highest, int | float) and highest > BRIGHTEST:
            remark(ONE_DEEP_CHANNEL, str(path), f"values up to {highest:g}")
    elif image.format != "JPEG" and np.asarray(picture).max() < DARK:
        words = depth_used(stored.read(path))
        if words:
            remark(NEARLY_BLACK, str(path), words)
