from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from hrbench.data.orientation import TAG, orientation, upright


@pytest.mark.parametrize("tag", range(1, 9))
def test_a_picture_is_turned_as_pillow_turns_it(tag: int, tmp_path: Path) -> None:
    stored = np.random.default_rng(tag).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    exif = Image.Exif()
    exif[TAG] = tag
    Image.fromarray(stored).save(tmp_path / "photo.png", exif=exif)
    assert orientation(tmp_path / "photo.png") == tag
    with Image.open(tmp_path / "photo.png") as image:
        expected = np.asarray(ImageOps.exif_transpose(image))
    assert np.array_equal(upright(stored, tag), expected)


def test_without_a_tag_or_with_a_senseless_one_a_picture_stays(tmp_path: Path) -> None:
    Image.new("RGB", (4, 4)).save(tmp_path / "plain.jpg")
    exif = Image.Exif()
    exif[TAG] = 99
    Image.new("RGB", (4, 4)).save(tmp_path / "odd.jpg", exif=exif)
    (tmp_path / "none.jpg").write_bytes(b"nothing")
    for name in ("plain.jpg", "odd.jpg", "none.jpg"):
        assert orientation(tmp_path / name) == 1
