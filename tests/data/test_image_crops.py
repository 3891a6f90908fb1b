"""Whole pictures: files of all kinds, the crops that are measured, random parts to train on."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from hrbench.data.image_crops import Crops, TrainingView, padded, read_rgb
from hrbench.data.picture_batches import TrainingPictures
from hrbench.data.pictures import Pictures
from hrbench.errors import DataError

Pixels = NDArray[np.uint8]
ORIENTATION, QUARTER_TURN = 0x0112, 6  # of EXIF


def noise(width: int, height: int, seed: int = 0) -> Image.Image:
    rng = np.random.default_rng(seed)
    return Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8))


def colors(path: Path) -> list[list[int]]:
    """Return the RGB values of a file's first row."""
    row: list[list[int]] = np.asarray(read_rgb(path))[0].tolist()
    return row


# ---- files ---------------------------------------------------------------------------------------


def test_values_of_16_bits_above_255_become_255(tmp_path: Path) -> None:
    path = tmp_path / "deep.png"
    Image.fromarray(np.array([[0, 7, 255, 256, 65535]], dtype=np.uint16)).save(path)
    assert colors(path) == [[value] * 3 for value in (0, 7, 255, 255, 255)]


@pytest.mark.parametrize("transparency", [1, bytes([255, 0])])
def test_transparency_of_a_palette_is_dropped(transparency: int | bytes, tmp_path: Path) -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.putdata([0, 1])
    image.save(tmp_path / "palette.png", transparency=transparency)
    assert colors(tmp_path / "palette.png") == [[10, 20, 30], [40, 50, 60]]


@pytest.mark.parametrize(
    ("mode", "color", "expected"),
    [
        ("RGBA", (10, 20, 30, 0), [10, 20, 30]),
        ("LA", (77, 3), [77] * 3),
        ("L", 77, [77] * 3),
        ("1", 1, [255] * 3),
    ],
)
def test_grey_becomes_three_equal_colours_and_alpha_nothing(
    mode: str, color: int | tuple[int, ...], expected: list[int], tmp_path: Path
) -> None:
    Image.new(mode, (1, 1), color).save(tmp_path / "picture.png")
    assert colors(tmp_path / "picture.png") == [expected]


def test_cmyk_is_turned_into_rgb(tmp_path: Path) -> None:
    red = Image.new("CMYK", (8, 8), (0, 255, 255, 0))
    red.save(tmp_path / "red.jpg", quality=100)
    assert np.abs(np.array(colors(tmp_path / "red.jpg")) - (255, 0, 0)).max() <= 2


def test_an_orientation_in_exif_is_not_followed(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = QUARTER_TURN
    image = noise(8, 4)
    image.save(tmp_path / "plain.jpg")
    image.save(tmp_path / "turned.jpg", exif=exif.tobytes())
    plain, turned = (read_rgb(tmp_path / f"{name}.jpg") for name in ("plain", "turned"))
    assert turned.size == (8, 4)
    assert turned.tobytes() == plain.tobytes()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "BMP"])
@pytest.mark.parametrize("part", [0.0, 0.02, 0.6])
def test_a_file_that_ends_too_early_is_named(kind: str, part: float, tmp_path: Path) -> None:
    path = tmp_path / "whole"
    noise(60, 40).save(path, format=kind)
    whole = path.read_bytes()
    cut = tmp_path / f"cut.{kind}"
    cut.write_bytes(whole[: int(part * len(whole))])
    with pytest.raises(DataError, match=re.escape(f"{cut} is no whole picture")):
        read_rgb(cut)


def test_a_damaged_header_a_page_and_nothing_are_named(tmp_path: Path) -> None:
    noise(60, 40).save(tmp_path / "damaged.jpg")
    whole = bytearray((tmp_path / "damaged.jpg").read_bytes())
    whole[20:200] = bytes(180)  # the tables that the pixels are decoded with
    (tmp_path / "damaged.jpg").write_bytes(whole)
    (tmp_path / "page.jpg").write_text("<html>not found</html>")
    (tmp_path / "folder.jpg").mkdir()
    for name in ("damaged.jpg", "page.jpg", "folder.jpg", "missing.jpg"):
        with pytest.raises(DataError, match=rf"{name} is no whole picture .*; fetch it again"):
            read_rgb(tmp_path / name)


def test_a_very_large_picture_is_read_and_one_twice_as_large_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)  # Pillow warns above it
    for edge in (12, 15):
        noise(edge, edge).save(tmp_path / f"{edge}.png")
    assert read_rgb(tmp_path / "12.png").size == (12, 12)  # 144 pixels
    with pytest.raises(DataError, match=r"15\.png is no whole picture .*225 pixels"):
        read_rgb(tmp_path / "15.png")


# ---- what is measured ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "resized", "left_top"),
    [
        ((640, 425), (385, 256), (80, 16)),  # 385.5 is cut, 80.5 goes to the even 80
        ((425, 640), (256, 385), (16, 80)),
        ((259, 256), (259, 256), (18, 16)),  # 17.5 goes to the even 18
        ((1, 1), (256, 256), (16, 16)),
        ((3, 1), (768, 256), (272, 16)),
    ],
)
def test_the_longer_side_is_cut_and_halves_go_to_even(
    size: tuple[int, int], resized: tuple[int, int], left_top: tuple[int, int]
) -> None:
    crops = Crops(224)
    assert crops.resized(Image.new("RGB", size)).size == resized
    left, top = left_top
    assert crops.boxes(resized) == [(left, top, left + 224, top + 224)]


def test_a_picture_of_the_resized_size_is_only_cut() -> None:
    image = noise(300, 256)
    assert np.array_equal(Crops(224)(image)[0], np.asarray(image)[16:240, 38:262])


def test_one_pixel_fills_the_crop() -> None:
    crop = Crops(224, interpolation="bicubic")(Image.new("RGB", (1, 1), (1, 2, 3)))
    assert crop.shape == (1, 224, 224, 3)
    assert (crop == (1, 2, 3)).all()


def test_share_and_interpolation_change_the_crop() -> None:
    image = noise(300, 280)
    plain = Crops(224)(image)
    assert Crops(224, share=0.95).resized(image).size == (251, 235)  # int(235 * 300 / 280)
    assert not np.array_equal(plain, Crops(224, share=0.95)(image))
    assert not np.array_equal(plain, Crops(224, interpolation="bicubic")(image))


def test_ten_crops_are_the_middle_the_corners_and_their_mirrors() -> None:
    image = noise(300, 256)
    pixels = np.asarray(image)
    corners = [(38, 16), (0, 0), (0, 32), (76, 0), (76, 32)]  # left, top
    expected = [pixels[top : top + 224, left : left + 224] for left, top in corners]
    crops = Crops(224, ten=True)
    views = crops(image)
    assert crops.count == len(views) == 10
    assert np.array_equal(views[:5], expected)
    assert np.array_equal(views[5:], [crop[:, ::-1] for crop in expected])


def test_what_a_smaller_picture_lacks_is_black_the_odd_line_below_and_right() -> None:
    image = padded(Image.new("RGB", (3, 5), (9, 9, 9)), 8)
    ours = np.zeros((8, 8, 3), dtype=np.uint8)
    ours[1:6, 2:5] = 9  # of 3 rows that are missing, 1 above; of 5 columns, 2 on the left
    assert np.array_equal(np.asarray(image), ours)


# ---- what is trained on --------------------------------------------------------------------------


def test_a_part_depends_on_seed_epoch_and_row_alone() -> None:
    view, image = TrainingView(32), noise(50, 40)
    first = view(image, 1, 2, 3)
    np.random.seed(0)  # noqa: NPY002  nor on this
    torch.manual_seed(0)
    assert np.array_equal(view(image, 1, 2, 3), first)
    for seed, epoch, row in ((0, 2, 3), (1, 0, 3), (1, 2, 0)):
        assert not np.array_equal(view(image, seed, epoch, row), first)


def test_other_processes_draw_the_same(tmp_path: Path) -> None:
    for number in range(4):
        noise(50, 40, number).save(tmp_path / f"{number}.png")
    images = tuple(tmp_path / f"{number}.png" for number in range(4))
    pictures = Pictures(images, np.arange(4), np.arange(4))
    feed = TrainingPictures(pictures, TrainingView(32), seed=5)
    rows = [np.array([2, 0]), np.array([3, 1])]
    alone, shared = (list(feed.batches(rows, 1, workers=n, pin=False)) for n in (0, 2))
    for one, other in zip(alone, shared, strict=True):
        assert torch.equal(one.images, other.images)
        assert torch.equal(one.labels, other.labels)
    assert alone[0].labels.tolist() == [2, 0]


@pytest.mark.parametrize("size", [(500, 375), (375, 500), (100, 20), (3, 2), (1, 1)])
def test_parts_lie_inside_and_are_as_large_and_wide_as_agreed(size: tuple[int, int]) -> None:
    view = TrainingView(224)
    drawn = [view.part(size, np.random.default_rng(seed)) for seed in range(200)]
    left, top, width, height = np.array(drawn).T
    assert min(left.min(), top.min()) >= 0
    assert ((left + width <= size[0]) & (top + height <= size[1])).all()
    assert min(width.min(), height.min()) >= 1
    if min(size) >= 300:  # where whole pixels move shape and area by little
        assert (width * height >= 0.078 * size[0] * size[1]).all()
        assert ((width / height > 0.74) & (width / height < 1.35)).all()


def test_where_no_part_fits_the_middle_is_taken() -> None:
    # 0.08 of the area is at least 24 x 33 pixels: too high. The widest allowed is 10 x 4/3.
    rng = np.random.default_rng(0)
    assert TrainingView(224).part((1000, 10), rng) == (493, 0, 13, 10)
    assert TrainingView(224).part((10, 1000), rng) == (0, 493, 10, 13)
    # All of a square, in another shape than a square's, fits nowhere.
    assert TrainingView(224, smallest=1.0).part((100, 100), rng) == (0, 0, 100, 100)


def test_half_of_all_parts_are_mirrored() -> None:
    ramp = np.zeros((64, 64, 3), dtype=np.uint8)
    ramp[:, 32:] = 200
    image = Image.fromarray(ramp)
    view = TrainingView(64, smallest=1.0)
    mirrored = sum(int(view(image, 0, 0, row)[0, 0, 0] == 200) for row in range(200))
    assert 80 <= mirrored <= 120
    assert np.array_equal(TrainingView(64, 1.0, flip=0.0)(image, 0, 0, 0), ramp)
    assert np.array_equal(TrainingView(64, 1.0, flip=1.0)(image, 0, 0, 0), ramp[:, ::-1])
