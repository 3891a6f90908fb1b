"""Drawn frames as a video: H.264, which browsers play, or what OpenCV writes without PyAV."""

from collections.abc import Iterable
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, Protocol

import cv2
import numpy as np

from hrbench.arrays import Pixels
from hrbench.data.media import spelled
from hrbench.data.remarks import remark
from hrbench.errors import RunError

H264: Final = "libx264"
TICKS = 90_000  # a second, as MPEG counts time
QUALITY = "20"  # x264's constant rate factor: 18 is nearly without loss, 23 its own default
BT709 = 1  # in the tables of H.264: without it players guess from a picture's size
OLD = "mp4v"  # MPEG-4 Part 2, that every build of OpenCV can write
UNPLAYED = (
    "videos that browsers do not play, as OpenCV writes MPEG-4 Part 2 (`pip install "
    "'hrbench[video]'` writes H.264)"
)


class Video(Protocol):
    """A video that is written."""

    def write(self, frame: Pixels, time: float) -> None:
        """Write a BGR frame, of the size of the first, that is shown from so many seconds on."""

    def close(self) -> None:
        """Finish the file."""


def new_video(place: Path, rate: float, first: Pixels) -> Video:
    """Return what writes frames of the first one's size, so many a second on average.

    Raises:
        RunError: nothing here can write a video of that size.
    """
    height, width = first.shape[:2]
    try:
        import av  # noqa: PLC0415  an extra
    except ImportError:
        av = None  # type: ignore[assignment]
    if av is not None and H264 in av.codecs_available:
        return PyAV(place, rate, (width, height))
    remark(UNPLAYED, place.name)
    return OpenCV(place, rate, (width, height))


class PyAV:
    """H.264 in an MP4 file of 4:2:0 pixels, each frame with its own time.

    Such pixels come in pairs, so that an odd row or column is there twice.
    """

    def __init__(self, place: Path, rate: float, size: tuple[int, int]) -> None:
        import av  # noqa: PLC0415  an extra

        self._frame_of = av.VideoFrame.from_ndarray
        self._ticks = round(TICKS / rate)  # that a frame lasts where none follows
        self._odd = size[1] % 2, size[0] % 2
        self._open = ExitStack()
        name = self._open.enter_context(spelled(place))
        faststart = {"movflags": "+faststart"}  # shown before all of it is loaded
        self._file = self._open.enter_context(av.open(name, "w", options=faststart))
        plain = {"crf": QUALITY, "bf": "0"}  # frames in their order, or uneven times are lost
        average = Fraction(rate).limit_denominator(1001)
        self._stream = self._file.add_stream(H264, rate=average, options=plain)
        self._stream.width, self._stream.height = size[0] + size[0] % 2, size[1] + size[1] % 2
        self._stream.pix_fmt = "yuv420p"
        context = self._stream.codec_context
        context.time_base = Fraction(1, TICKS)
        context.colorspace = context.color_primaries = context.color_trc = BT709
        context.color_range = 1  # 16 to 235

    def write(self, frame: Pixels, time: float) -> None:
        even = np.pad(frame, ((0, self._odd[0]), (0, self._odd[1]), (0, 0)), mode="edge")
        picture = self._frame_of(even, format="bgr24")
        coded = picture.reformat(format="yuv420p", dst_colorspace="ITU709")
        coded.pts, coded.time_base = round(time * TICKS), Fraction(1, TICKS)
        self._write(self._stream.encode(coded))

    def close(self) -> None:
        self._write(self._stream.encode(None))
        self._open.close()

    def _write(self, packets: Iterable[Any]) -> None:
        for packet in packets:
            packet.duration = self._ticks
            self._file.mux(packet)


class OpenCV:
    """MPEG-4 Part 2, at one rate."""

    def __init__(self, place: Path, rate: float, size: tuple[int, int]) -> None:
        with spelled(place) as name:
            self._writer = cv2.VideoWriter(name, cv2.VideoWriter.fourcc(*OLD), rate, size)
        if not self._writer.isOpened():
            words = f"OpenCV cannot write a video of {size[0]} x {size[1]} here"
            raise RunError(f"{place.name}: {words}")

    def write(self, frame: Pixels, time: float) -> None:
        del time
        self._writer.write(frame)

    def close(self) -> None:
        self._writer.release()
