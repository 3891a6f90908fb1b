"""Image and video files that a user names: one by one, by a folder, by a pattern."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from glob import glob
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hrbench.data.quiet import QUIET
from hrbench.errors import DataError

IMAGES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm"})
VIDEOS = frozenset({".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv"})
WILD = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Medium:
    """A file of one picture, or of many."""

    path: Path
    is_video: bool

    @property
    def length(self) -> int:
        """Pictures in it; of a video what its header says, which may be wrong."""
        if not self.is_video:
            return 1
        capture = cv2.VideoCapture(str(self.path))
        count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
        capture.release()
        return max(1, count)

    @property
    def rate(self) -> float:
        """Frames a second, of a video."""
        capture = cv2.VideoCapture(str(self.path))
        found = float(capture.get(cv2.CAP_PROP_FPS))
        capture.release()
        return found if 0 < found < 1000 else 25.0


def find(sources: Sequence[str]) -> list[Medium]:
    """Return the files that sources name, each once: of folders those in them, in order.

    Raises:
        DataError: there is no such file, nothing in a folder or behind a pattern, a file of
            another kind, one of 0 bytes, or a video without frames.
    """
    found = [medium for source in sources for medium in _of(source)]
    return list(dict.fromkeys(found))


def frames(video: Path) -> Iterator[NDArray[np.uint8]]:
    """Yield the (height, width, 3) BGR frames of a video, upright."""
    with QUIET:
        capture = cv2.VideoCapture(str(video))
        try:
            while True:
                whole, frame = capture.read()
                if not whole:
                    return
                yield frame.astype(np.uint8, copy=False)
        finally:
            capture.release()


def _of(source: str) -> list[Medium]:
    path = Path(source)
    if path.is_dir():
        inside = sorted(p for p in path.iterdir() if p.suffix.lower() in IMAGES | VIDEOS)
        if not inside:
            kinds = " or ".join(sorted(IMAGES)[:3])
            raise DataError(f"{source} is a folder without image or video files ({kinds}, …)")
        return [_medium(file) for file in inside]
    if WILD & set(source) and not path.exists():
        matching = sorted(map(Path, glob(source, recursive=True)))  # noqa: PTH207  any root
        if not matching:
            raise DataError(f"{source}: no file matches this pattern")
        return [_medium(file) for file in matching if file.is_file()]
    return [_medium(path)]


def _medium(path: Path) -> Medium:
    if not path.exists():
        raise DataError(f"{path} does not exist; name images, videos, folders or patterns of them")
    kind = path.suffix.lower()
    if kind not in IMAGES | VIDEOS:
        raise DataError(
            f"{path}: '{kind}' is no ending of an image or video that is known here; "
            f"known: {' '.join(sorted(IMAGES))}, {' '.join(sorted(VIDEOS))}"
        )
    if not path.stat().st_size:
        raise DataError(f"{path} has 0 bytes; fetch it again, or leave it out")
    if kind in VIDEOS and next(frames(path), None) is None:
        raise DataError(f"{path}: no frame of this video can be read; is it whole?")
    return Medium(path, kind in VIDEOS)
