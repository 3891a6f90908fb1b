"""An image file is decoded whole or not at all, and quietly."""

import os
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from hrbench.data.images import QUIET, decode, is_cut_short

PIXELS = np.random.default_rng(0).integers(0, 255, (48, 64, 3), dtype=np.uint8)
THUMBNAIL = PIXELS[:16, :16]


def encoded(kind: str, *settings: int, pixels: NDArray[np.uint8] = PIXELS) -> bytes:
    content: bytes = cv2.imencode(kind, pixels, settings)[1].tobytes()
    return content


PLAIN = encoded(".jpg")
PROGRESSIVE = encoded(".jpg", cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
RESTARTING = encoded(".jpg", cv2.IMWRITE_JPEG_RST_INTERVAL, 1)


def with_thumbnail() -> bytes:
    """A JPEG with a segment before its picture that has an end marker of its own."""
    inner = b"Exif\0\0" + encoded(".jpg", pixels=THUMBNAIL)
    segment = b"\xff\xe1" + (len(inner) + 2).to_bytes(2, "big") + inner
    return PLAIN[:2] + segment + b"\xff" + PLAIN[2:]  # a marker may be padded with 0xFF


JPEGS = {
    "plain": PLAIN,
    "progressive": PROGRESSIVE,
    "restarting": RESTARTING,
    "with a thumbnail": with_thumbnail(),
}


@pytest.mark.parametrize("content", JPEGS.values(), ids=JPEGS.keys())
def test_a_jpeg_is_whole_only_to_its_last_byte(content: bytes) -> None:
    found = decode(content)
    assert found is not None
    assert found.shape == PIXELS.shape
    assert all(is_cut_short(content[:length]) for length in range(2, len(content)))
    assert decode(content[:-1]) is None


def test_what_follows_the_end_does_not_matter() -> None:
    plain, longer = decode(PLAIN), decode(PLAIN + b"trailer of a phone")
    assert plain is not None
    assert longer is not None
    assert np.array_equal(plain, longer)


@pytest.mark.parametrize("kind", [".png", ".bmp", ".webp", ".tiff"])
def test_other_formats_are_whole_or_nothing_too(kind: str) -> None:
    content = encoded(kind)
    assert decode(content) is not None
    assert decode(content[: len(content) // 2]) is None


@pytest.mark.parametrize("content", [b"", b"<html>", b"\xff", b"\xff\xd8", b"\xff\xd8\xff\xff"])
def test_what_is_no_image_is_nothing(content: bytes) -> None:
    assert decode(content) is None


def test_a_picture_larger_than_opencv_takes_is_nothing() -> None:
    header = bytearray(encoded(".bmp"))
    header[18:26] = (2**20).to_bytes(4, "little") * 2
    assert decode(bytes(header)) is None


def test_libraries_are_silent_while_any_thread_decodes_and_heard_again_afterwards(
    capfd: pytest.CaptureFixture[str],
) -> None:
    scratched = bytearray(PLAIN)
    scratched[1500:1540] = bytes(range(40))

    def loudly(_: int) -> None:
        with QUIET:
            with QUIET:
                pass
            os.write(2, b"unheard")
        decode(bytes(scratched))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(loudly, range(40)))
    os.write(2, b"heard")
    assert capfd.readouterr().err == "heard"
