from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hrbench.data import face_crops
from hrbench.data.augment import Draw
from hrbench.data.face_crops import crop, cut, read_rgb, region, stretched
from hrbench.errors import DataError

CENTER = np.array([32, 32], dtype=np.float32)
WHOLE = np.array([0.32, 0.32])  # 64 image pixels
POINTS = np.array([[20.0, 30.0], [40.0, 30.0], [30.0, 0.0]])


def grey(height: int = 64, width: int = 64) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Columns that grow from black on the left, by one a pixel."""
    return np.broadcast_to(np.arange(width, dtype=np.float32)[None, :, None], (height, width, 3))


def test_floats_are_stretched_to_all_levels_and_bytes_are_left() -> None:
    assert stretched(np.array([10, 20, 30], dtype=np.float32)).tolist() == [0, 128, 255]
    assert stretched(np.array([10, 20, 30], dtype=np.uint8)).tolist() == [10, 20, 30]


def test_an_even_image_of_floats_becomes_black() -> None:
    assert stretched(np.full((2, 2, 3), 7, dtype=np.float32)).max() == 0


def test_a_window_is_black_outside_of_the_image() -> None:
    part = region(np.ones((4, 4, 3), dtype=np.float32), np.array([[-1, 2], [2, 5]]))
    assert part[..., 0].tolist() == [[0, 1, 1], [0, 1, 1], [0, 0, 0]]


def test_a_window_beside_the_image_is_all_black() -> None:
    image = np.ones((4, 4, 3), dtype=np.float32)
    for corners in ([[-5, 0], [-2, 3]], [[9, 0], [12, 3]], [[0, 9], [3, 12]], [[0, -5], [3, -2]]):
        part = region(image, np.array(corners))
        assert part.shape == (3, 3, 3)
        assert part.max() == 0


def test_a_crop_of_the_whole_image_is_the_image_stretched() -> None:
    # Also where it holds bytes: the window is one of floats.
    pixels = cut(grey().astype(np.uint8), CENTER, WHOLE, (64, 64))
    assert pixels[10, :, 0].tolist() == [int(255 * x / 63 + 0.5) for x in range(64)]


def test_a_crop_beyond_the_border_begins_black() -> None:
    pixels = cut(grey() + 100, CENTER - 8, WHOLE, (64, 64))
    assert pixels[:8].max() == pixels[:, :8].max() == 0
    assert pixels[8, 8, 0] == round(255 * 100 / 155)  # of pixel 0, 100, up to pixel 55, 155


def test_a_face_far_larger_than_the_crop_is_cut_from_a_smaller_image() -> None:
    pixels = cut(grey(256, 256), CENTER * 4, WHOLE * 4, (64, 64))
    assert pixels.shape == (64, 64, 3)
    assert (np.diff(pixels[10, 1:, 0].astype(int)) >= 0).all()
    assert pixels[..., 0].max() == 255


def test_an_image_that_shrinks_to_nothing_is_black() -> None:
    assert cut(grey(4, 4), CENTER, np.array([9.0, 9.0]), (64, 64)).max() == 0


def test_a_crop_that_is_not_square_is_refused() -> None:
    with pytest.raises(ValueError, match="64 x 32"):
        cut(grey(), CENTER, WHOLE, (64, 32))


def test_keypoints_are_whole_cells_and_those_at_the_top_edge_do_not_count() -> None:
    made = crop(grey(), POINTS, CENTER, WHOLE, Draw(), size=(64, 64), flip_pairs=[(0, 1)])
    assert made.keypoints[:2].tolist() == [[20, 28], [40, 28]]  # 30 is in cell 7.5, truncated
    assert made.visible.tolist() == [True, True, False]
    assert made.keypoints[2].tolist() == [30, 0]  # as the file has it


def test_a_mirrored_face_exchanges_left_and_right() -> None:
    drawn = Draw(flip=True)
    made = crop(grey(), POINTS, CENTER, WHOLE, drawn, size=(64, 64), flip_pairs=[(0, 1)])
    assert made.keypoints[:2].tolist() == [[24, 28], [44, 28]]  # 64 - 40, 64 - 20
    assert made.center.tolist() == [32, 32]
    assert made.pixels[10, 5, 0] > made.pixels[10, 60, 0]


def test_a_drawn_scale_enlarges_the_crop() -> None:
    drawn = Draw(scale=1.25)
    made = crop(grey(), POINTS, CENTER, WHOLE, drawn, size=(64, 64), flip_pairs=[])
    assert made.scale.tolist() == [0.4, 0.4]
    assert made.matrix[0, 0] == pytest.approx(1 / 1.25)


def test_the_smallest_crop_turns_without_a_margin() -> None:
    # One pixel has no margin to cut off: officially nothing would be left.
    pixels = cut(grey(), CENTER, np.array([0.005, 0.005]), (64, 64), rotation=30)
    assert pixels.shape == (64, 64, 3)


def test_pixels_of_a_file_are_floats_and_those_inside_of_one_bytes(tmp_path: Path) -> None:
    Image.fromarray(np.full((2, 3), 9, dtype=np.uint8)).save(tmp_path / "grey.png")
    read_pixels = read_rgb(tmp_path / "grey.png")
    assert read_pixels.dtype == np.float32
    assert (read_pixels.shape, read_pixels.max()) == ((2, 3, 3), 9)
    pixels = np.arange(18, dtype=np.uint8).reshape(2, 3, 3)
    opened = {tmp_path / "faces.mat" / "0": pixels}
    read_pixels = read_rgb(tmp_path / "faces.mat" / "0", opened.__getitem__)
    assert read_pixels.dtype == np.uint8
    assert np.array_equal(read_pixels, pixels)


def test_a_missing_file_is_named_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no\.jpg cannot be read: No such file"):
        read_rgb(tmp_path / "no.jpg")


@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_a_truncated_file_is_no_whole_image(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"face.{suffix}"
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(DataError, match=r"not a whole image \(1000 bytes\); fetch it again"):
        read_rgb(path)


def test_text_is_no_image(tmp_path: Path) -> None:
    path = tmp_path / "face.jpg"
    path.write_text("<html>", "utf-8")
    with pytest.raises(DataError, match="not a whole image"):
        read_rgb(path)


def test_cells_are_a_quarter_of_the_crop() -> None:
    assert face_crops.STRIDE == 4
