"""An image file is decoded whole or not at all, and quietly."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from hrbench.data import remarks
from hrbench.data.images import DAMAGED, NEARLY_BLACK, NO_END, Decoded, decode, read_image
from hrbench.data.jpeg import is_cut_short
from hrbench.data.quiet import QUIET
from hrbench.errors import DataError


@pytest.fixture(autouse=True)
def nothing_noted() -> Iterator[None]:
    remarks.taken()
    yield
    remarks.taken()


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


def read(content: bytes) -> Decoded:
    decoded = decode(content)
    assert decoded is not None
    return decoded


@pytest.mark.parametrize("content", JPEGS.values(), ids=JPEGS.keys())
def test_a_jpeg_lacks_nothing_or_its_end_marker_or_is_none(content: bytes) -> None:
    """Wherever it is cut, and however its scans and restarts lie."""
    whole = read(content)
    assert whole.pixels.shape == PIXELS.shape
    assert whole.oddity == ""
    assert all(is_cut_short(content[:length]) for length in range(2, len(content)))
    for length in (*range(2, len(content) - 100, 41), *range(len(content) - 100, len(content))):
        decoded = decode(content[:length])
        assert (decoded is not None) == (length >= len(content) - len(b"\xff\xd9"))
        if decoded is not None:
            assert decoded.oddity == NO_END
            assert np.array_equal(decoded.pixels, whole.pixels)


def test_a_file_without_its_end_marker_is_read_as_opencv_reads_it_from_a_file(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.jpg").write_bytes(PLAIN[:-2])
    official = cv2.imread(str(tmp_path / "a.jpg"), cv2.IMREAD_COLOR)
    assert official is not None
    capfd.readouterr()
    assert np.array_equal(read_image(tmp_path / "a.jpg"), official)
    read_image(tmp_path / "a.jpg")
    assert remarks.sentences() == (f"{NO_END}: 1 (a.jpg)",)  # once


def test_missing_pixels_before_an_end_marker_are_said() -> None:
    half = PLAIN[: len(PLAIN) // 2] + b"\xff\xd9"
    assert read(half).oddity == DAMAGED
    assert read(PLAIN[:-2] + b"\x55" * 9 + PLAIN[-2:]).oddity == ""  # more of them is no harm


def test_what_follows_the_end_does_not_matter() -> None:
    plain, longer = read(PLAIN), read(PLAIN + b"trailer of a phone")
    assert longer.oddity == ""
    assert np.array_equal(plain.pixels, longer.pixels)


@pytest.mark.parametrize("kind", [".png", ".tiff"])
@pytest.mark.parametrize(("bits", "odd"), [(16, False), (12, True), (10, True)])
def test_few_of_16_bits_are_said(kind: str, bits: int, odd: bool, tmp_path: Path) -> None:
    deep = PIXELS.astype(np.uint16) << (bits - 8)
    cv2.imwrite(str(tmp_path / f"a{kind}"), deep)
    decoded = read((tmp_path / f"a{kind}").read_bytes())
    assert decoded.oddity == (NEARLY_BLACK if odd else "")
    assert np.abs(decoded.pixels - (deep >> 8).astype(float)).max() <= 1
    assert decoded.words == (f"values up to {deep.max()}" if odd else "")


def test_a_dark_picture_of_8_bits_is_only_dark() -> None:
    assert read(encoded(".png", pixels=PIXELS // 8)).oddity == ""


def test_numbers_that_are_no_brightness_are_refused_for_what_they_are(tmp_path: Path) -> None:
    Image.fromarray((PIXELS[..., 0] / 255).astype(np.float32)).save(tmp_path / "a.tiff")
    with pytest.raises(DataError, match=r"a\.tiff has 32 bits a channel; save it with 8"):
        read_image(tmp_path / "a.tiff")


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
