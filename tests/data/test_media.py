"""The frames of a video, one by one."""

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from hrbench.data.media import Medium, frames
from hrbench.data.quiet import QUIET, STDERR


def clip(path: Path, length: int) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (64, 48))
    for number in range(length):
        writer.write(np.full((48, 64, 3), 5 * number, np.uint8))
    writer.release()
    return path


def test_what_is_said_between_two_frames_is_heard(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for number, frame in enumerate(frames(clip(tmp_path / "a.avi", 3))):
        assert frame.shape == (48, 64, 3)
        os.write(STDERR, b"frame %d\n" % number)
    assert capfd.readouterr().err == "frame 0\nframe 1\nframe 2\n"


def test_a_picture_is_listened_to_while_a_video_is_open(tmp_path: Path) -> None:
    following = frames(clip(tmp_path / "a.avi", 3))
    next(following)
    with QUIET:
        os.write(STDERR, b"of a picture")
    assert QUIET.heard == "of a picture"
    assert len(list(following)) == 2


def test_a_file_that_is_no_video_is_passed_over_in_silence(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.mp4").write_bytes(b"no video" * 99)
    assert list(frames(tmp_path / "a.mp4")) == []
    assert Medium(tmp_path / "a.mp4", is_video=True).length == 0
    assert capfd.readouterr().err == ""
