"""Pictures are had as they are stored in every format and for all eight tags, and then turned."""

import io
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps

from hrbench.data import face_crops, image_crops
from hrbench.data.headers import TAG, Header, header, headers
from hrbench.data.images import read_image
from hrbench.data.orientation import orientation, untagged, upright
from hrbench.data.tiff import TIFFS

WIDTH, HEIGHT = 48, 32
TAGS = range(1, 9)
FORMATS: dict[str, dict[str, Any]] = {  # as Pillow writes them
    "JPEG": {"quality": 95, "subsampling": 0},
    "MPO": {"quality": 95, "subsampling": 0},
    "PNG": {},
    "WEBP": {"lossless": True},
    "TIFF": {},
}
TOLERANCE = {"JPEG": 3, "MPO": 3}  # of the mean of 255


def scene(mode: str = "RGB") -> Image.Image:
    """A picture of four colours that no turn leaves as it is."""
    pixels = np.zeros((HEIGHT, WIDTH, 3), dtype=np.uint8)
    top, left = np.arange(HEIGHT)[:, None] < HEIGHT // 2, np.arange(WIDTH) < WIDTH // 2
    for color, where in enumerate((top & left, top & ~left, ~top & left)):
        pixels[where, color] = 250
    return Image.fromarray(pixels).convert(mode)


def tagged(path: Path, kind: str, tag: int, mode: str = "RGB") -> NDArray[np.uint8]:
    """Write the scene with a tag; return its stored RGB pixels."""
    exif = Image.Exif()
    exif[TAG] = tag
    options = {"tiffinfo": {TAG: tag}} if kind == "TIFF" else {"exif": exif.tobytes()}
    image = scene(mode)
    image.save(path, kind, **options, **FORMATS[kind])
    return np.asarray(image.convert("RGB"))


def apart(one: NDArray[Any], other: NDArray[Any]) -> float:
    assert one.shape == other.shape
    return float(np.abs(one.astype(float) - other).mean())


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("kind", FORMATS)
def test_every_reader_gives_the_stored_pixels(kind: str, tag: int, tmp_path: Path) -> None:
    path = tmp_path / "picture"
    stored = tagged(path, kind, tag)
    for pixels in (
        read_image(path)[..., ::-1],
        face_crops.read_rgb(path),
        np.asarray(image_crops.read_rgb(path)),
    ):
        assert apart(pixels, stored) <= TOLERANCE.get(kind, 0)


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("kind", FORMATS)
def test_a_header_says_how_large_and_how_turned(kind: str, tag: int, tmp_path: Path) -> None:
    path = tmp_path / "picture"
    tagged(path, kind, tag)
    seen = header(path)
    assert seen == Header((WIDTH, HEIGHT), tag)
    assert seen is not None
    assert seen.turned == ((HEIGHT, WIDTH) if tag > 4 else (WIDTH, HEIGHT))


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("kind", FORMATS)
def test_a_picture_is_turned_as_pillow_turns_it(kind: str, tag: int, tmp_path: Path) -> None:
    path = tmp_path / "picture"
    tagged(path, kind, tag)
    with Image.open(path) as image:
        expected = np.asarray(ImageOps.exif_transpose(image))
    turned = upright(read_image(path)[..., ::-1], orientation(path))
    assert apart(turned, expected) <= TOLERANCE.get(kind, 0)


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("mode", ["RGB", "L", "P", "1", "RGBA", "CMYK", "I;16"])
def test_a_tiff_of_any_depth_is_not_turned(mode: str, tag: int, tmp_path: Path) -> None:
    """OpenCV turns those of 8 and of 16 bits by different code."""
    path = tmp_path / "a.tif"
    ramp = np.arange(WIDTH * HEIGHT, dtype=np.uint16).reshape(HEIGHT, WIDTH) * 40
    image = Image.fromarray(ramp) if mode == "I;16" else scene(mode)
    for name, number in (("plain.tif", 1), (path.name, tag)):
        image.save(tmp_path / name, tiffinfo={TAG: number})
    assert np.array_equal(read_image(path), read_image(tmp_path / "plain.tif"))


@pytest.mark.parametrize("start", TIFFS, ids=["little", "big", "little64", "big64"])
@pytest.mark.parametrize("tag", [3, 6])
def test_either_order_of_bytes_and_bigtiff_are_told(start: bytes, tag: int) -> None:
    order, _, place, count, _, _ = TIFFS[start]
    entries = [(256, 4, 3), (257, 4, 2), (258, 3, 8), (259, 3, 1), (262, 3, 1)]
    entries += [(273, 4, 400), (TAG, 3, tag), (277, 3, 1), (278, 4, 2), (279, 4, 6)]
    wide = place == "Q"
    content = start + (b"\x08\0\0\0" if order == "<" else b"\0\x08\0\0") * wide
    content += np.array(16 if wide else 8, f"{order}{'u8' if wide else 'u4'}").tobytes()
    content += np.array(len(entries), f"{order}{'u8' if count == 'Q' else 'u2'}").tobytes()
    field = f"{order}{'u8' if wide else 'u4'}"
    for key, kind, value in entries:
        content += np.array([key, kind], f"{order}u2").tobytes() + np.array(1, field).tobytes()
        number = np.array(value, f"{order}{'u2' if kind == 3 else 'u4'}").tobytes()
        content += number.ljust(8 if wide else 4, b"\0")
    content = content.ljust(400, b"\0") + bytes(range(0, 60, 10))
    pixels = np.frombuffer(untagged(content), np.uint8)
    grey = cv2.imdecode(pixels, cv2.IMREAD_GRAYSCALE)
    assert grey is not None
    assert grey.tolist() == [[0, 10, 20], [30, 40, 50]]


def test_a_cut_tiff_and_other_files_pass_as_they_are() -> None:
    buffer = io.BytesIO()
    scene().save(buffer, "TIFF", tiffinfo={TAG: 6})
    whole = buffer.getvalue()
    for content in (whole[:9], whole[:4], b"", b"\xff\xd8\xff"):
        assert untagged(content) == content


def test_a_tag_behind_the_pixels_of_a_png_is_found(tmp_path: Path) -> None:
    tagged(tmp_path / "a.png", "PNG", 6)
    content = (tmp_path / "a.png").read_bytes()
    start = content.index(b"eXIf") - 4
    end = start + 12 + int.from_bytes(content[start : start + 4], "big")
    last = content.index(b"IEND") - 4
    moved = content[:start] + content[end:last] + content[start:end] + content[last:]
    (tmp_path / "late.png").write_bytes(moved)
    assert header(tmp_path / "late.png") == Header((WIDTH, HEIGHT), 6)


def test_without_a_tag_or_with_a_senseless_one_a_picture_stays(tmp_path: Path) -> None:
    Image.new("RGB", (4, 4)).save(tmp_path / "plain.jpg")
    exif = Image.Exif()
    exif[TAG] = 99
    Image.new("RGB", (4, 4)).save(tmp_path / "odd.jpg", exif=exif)
    (tmp_path / "none.jpg").write_bytes(b"nothing")
    for name in ("plain.jpg", "odd.jpg", "none.jpg"):
        assert orientation(tmp_path / name) == 1
    seen = list(headers([tmp_path / name for name in ("plain.jpg", "none.jpg", "missing.jpg")]))
    assert seen == [Header((4, 4)), None, None]
