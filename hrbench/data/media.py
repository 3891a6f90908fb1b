"""Files of pictures: which kinds are read, and the frames of a video."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from numpy.typing import NDArray

from hrbench.data.quiet import QUIET

IMAGES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".webp", ".tif", ".tiff"}
    | {".ppm", ".pgm", ".pbm", ".pnm"}
)
VIDEOS = frozenset({".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv"})


@dataclass(frozen=True, slots=True)
class Medium:
    """A file of one picture, or of many."""

    path: Path
    is_video: bool

    @property
    def length(self) -> int:
        """Pictures in it; of a video what its header says, 0 where it says nothing."""
        if not self.is_video:
            return 1
        with _opened(self.path) as capture:
            return max(0, int(capture.get(cv2.CAP_PROP_FRAME_COUNT)))

    @property
    def rate(self) -> float:
        """Frames a second, of a video."""
        with _opened(self.path) as capture:
            rate = float(capture.get(cv2.CAP_PROP_FPS))
        return rate if 0 < rate < 1000 else 25.0


def is_read(file: Path) -> bool:
    """Return whether a file is of a kind that is read, by its ending."""
    return file.suffix.lower() in IMAGES | VIDEOS


def frames(video: Path) -> Iterator[NDArray[np.uint8]]:
    """Yield the (height, width, 3) BGR frames of a video, upright."""
    return (frame for _, frame in timed(video))


def timed(video: Path) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    """Yield the frames of a video, each after its time in seconds from the first one.

    That is what the file says of the frame, however unevenly; where it says nothing, a frame
    follows the one before it at the video's rate.
    """
    step = 1 / Medium(video, is_video=True).rate
    first, last = 0.0, -step
    with _opened(video) as capture:
        while True:
            with QUIET:  # never around a yield: others speak meanwhile
                whole, frame = capture.read()
                said = float(capture.get(cv2.CAP_PROP_POS_MSEC)) / 1000
            if not whole:
                return
            first = said if last < 0 else first
            last = said - first if said - first > last else last + step
            yield last, frame.astype(np.uint8, copy=False)


@contextmanager
def spelled(path: Path) -> Iterator[str]:
    """Yield a name of a file for OpenCV, which ends the process where one is not in Unicode."""
    try:
        str(path).encode()
    except UnicodeEncodeError:  # bytes that are no UTF-8
        with TemporaryDirectory() as folder:
            link = Path(folder, f"link{path.suffix}")
            link.symlink_to(path.absolute())
            yield str(link)
    else:
        yield str(path)


@contextmanager
def _opened(video: Path) -> Iterator[cv2.VideoCapture]:
    with spelled(video) as name, QUIET:
        capture = cv2.VideoCapture(name)
    try:
        yield capture
    finally:
        with QUIET:
            capture.release()
