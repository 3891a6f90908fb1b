"""Videos that are drawn: what browsers play, frame by frame at its own time."""

import importlib
import struct
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from worlds import small_weights, small_world

from hrbench.begun.options import Options
from hrbench.commands.predict.predict import Asked, Done, predict
from hrbench.commands.predict.videos import new_video
from hrbench.data import remarks
from hrbench.data.images import read_image
from hrbench.data.media import frames, timed

UNEVEN = [0.0, 0.04, 0.08, 0.2, 0.3, 0.34, 0.5, 0.51, 0.9, 1.0]  # seconds


def written(place: Path, shown: list[NDArray[np.uint8]], times: list[float], rate: float) -> Path:
    video = new_video(place, rate, shown[0])
    for frame, time in zip(shown, times, strict=True):
        video.write(frame, time)
    video.close()
    return place


def predicted(video: Path, out: Path, **more: Any) -> Done:
    weights = str(small_weights("coco-pose@tiny"))
    options = Options(weights=weights, device="cpu")
    return predict(Asked("coco-pose@tiny", (str(video),), options, str(out), **more))


def grey(size: tuple[int, int], count: int = 10) -> list[NDArray[np.uint8]]:
    """BGR frames of (height, width), each brighter than the one before."""
    return [np.full((*size, 3), 20 * number, np.uint8) for number in range(count)]


def about(place: Path) -> tuple[Any, list[float], float]:
    """Return the stream of a video, the time of each frame, and the duration, as PyAV has them."""
    with av.open(str(place)) as file:
        stream: Any = file.streams.video[0]
        times = [float(frame.time) for frame in file.decode(stream)]
        return stream, times, float(stream.duration * stream.time_base)


@pytest.mark.parametrize("size", [(64, 96), (63, 97), (64, 97)])
def test_a_drawn_video_is_h264_of_whole_pairs_of_pixels(
    size: tuple[int, int], tmp_path: Path
) -> None:
    place = written(tmp_path / "a.mp4", grey(size), [number / 10 for number in range(10)], 10)
    stream, times, duration = about(place)
    assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
    assert (stream.frames, len(times)) == (10, 10)
    assert stream.average_rate == 10
    assert duration == pytest.approx(1)
    assert (stream.height, stream.width) == (64, size[1] + size[1] % 2)
    last = list(frames(place))[-1]
    assert np.abs(last[-1].astype(int) - 180).max() <= 4  # an odd row is there twice


def test_frames_keep_uneven_times(tmp_path: Path) -> None:
    place = written(tmp_path / "a.mp4", grey((64, 96)), UNEVEN, 25)
    _, times, duration = about(place)
    assert times == pytest.approx(UNEVEN)
    assert duration == pytest.approx(1.04)  # the last is shown for 1 / 25 s
    assert [time for time, _ in timed(place)] == pytest.approx(UNEVEN)
    levels = [round(float(frame.mean())) for frame in frames(place)]
    assert levels == pytest.approx([20 * number for number in range(10)], abs=4)


def test_colours_are_those_of_bt_709_and_the_file_says_so(tmp_path: Path) -> None:
    bands = np.zeros((64, 96, 3), np.uint8)
    bands[:, :32], bands[:, 32:64], bands[:, 64:] = (0, 0, 255), (0, 255, 0), (200, 100, 50)
    place = written(tmp_path / "a.mp4", [bands] * 3, [0, 0.1, 0.2], 10)
    with av.open(str(place)) as file:
        planes = next(file.decode(video=0)).to_ndarray().astype(float)  # Y above U and V
        context = file.streams.video[0].codec_context
        tags = (context.colorspace, context.color_primaries, context.color_trc, context.color_range)
    assert tags == (1, 1, 1, 1)
    luma = 1.1644 * (planes[32, [16, 48, 80]] - 16)
    blue, red = (chroma[:, [8, 24, 40]][8] - 128 for chroma in halves(planes))
    shown = [luma + 2.1124 * blue, luma - 0.2132 * blue - 0.5329 * red, luma + 1.7927 * red]
    expected = bands[32, [16, 48, 80]]
    assert np.abs(np.stack(shown, axis=1) - expected).max() <= 6


def halves(planes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return U and V, of half the size, of what PyAV gives of a frame of 64 x 96."""
    return planes[64:].reshape(2, 32, 48)


def test_a_video_begins_with_what_a_player_needs(tmp_path: Path) -> None:
    content = written(tmp_path / "a.mp4", grey((64, 96)), UNEVEN, 25).read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


@pytest.fixture
def uneven(tmp_path: Path) -> Path:
    """A video of ten pictures of 128 x 128, whose times are uneven."""
    images = sorted((small_world() / "coco/images/val2017").glob("*.jpg"))
    shown = [read_image(images[number % 4]) for number in range(10)]
    return written(tmp_path / "walk.mp4", shown, UNEVEN, 25)


def test_a_predicted_video_has_the_times_of_its_source(uneven: Path, tmp_path: Path) -> None:
    done = predicted(uneven, tmp_path / "out")
    _, times, _ = about(done.folder / "drawn/walk.mp4")
    assert times == pytest.approx(UNEVEN)
    lines = (done.folder / "keypoints.csv").read_text("utf-8").splitlines()
    assert lines[0].startswith("file,frame,time,object,")
    assert [float(line.split(",")[2]) for line in lines[1:]] == pytest.approx(UNEVEN)


def test_a_video_that_is_stored_turned_is_drawn_upright(uneven: Path, tmp_path: Path) -> None:
    """The matrix of the track's header says a quarter turn, as phones write it."""
    wide = [frame[:64] for frame in frames(uneven)]
    content = bytearray(written(tmp_path / "wide.mp4", wide, UNEVEN, 25).read_bytes())
    at = content.index(b"tkhd") + 4 + 40  # behind version, times, id, duration, layer, volume
    quarter = (0, 1, 0, -1, 0, 0, 64, 0)
    fixed = [round(value * 65536) for value in quarter] + [1 << 30]
    assert struct.unpack(">9i", content[at : at + 36])[0] == 65536  # the matrix is there
    content[at : at + 36] = struct.pack(">9i", *fixed)
    (tmp_path / "turned.mp4").write_bytes(content)
    done = predicted(tmp_path / "turned.mp4", tmp_path / "out")
    stream, _, _ = about(done.folder / "drawn/turned.mp4")
    assert (stream.width, stream.height) == (64, 128)


def test_without_pyav_a_video_is_what_opencv_writes_and_that_is_said(
    uneven: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    done = predicted(uneven, tmp_path / "out")
    said = " ".join(remarks.sentences())
    assert "browsers do not play" in said
    assert "pip install 'hrbench[video]'" in said
    assert "1 (walk.mp4)" in said
    monkeypatch.undo()
    importlib.import_module("av")
    stream, times, _ = about(done.folder / "drawn/walk.mp4")
    assert (stream.codec_context.name, len(times)) == ("mpeg4", 10)


def test_frames_without_times_follow_each_other_at_the_rate(tmp_path: Path) -> None:
    writer = cv2.VideoWriter(str(tmp_path / "a.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 8, (96, 64))
    for frame in grey((64, 96), 5):
        writer.write(frame)
    writer.release()
    times = [time for time, _ in timed(tmp_path / "a.avi")]
    assert times == pytest.approx([Fraction(number, 8) for number in range(5)])
