"""A crop of a part of an image is that of the whole, to the bit."""

from dataclasses import dataclass

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from hrbench.data.parts import Part, Region, Whole, seen, warp, warps
from hrbench.geometry import crop_matrix

MOST = 4000  # pixels of an image's edge
NOISE = np.random.default_rng(0).integers(0, 256, (MOST, MOST, 3), dtype=np.uint8)
SIZES = [(192, 256), (288, 384), (64, 64), (37, 91), (1, 1)]


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """An image that gives of itself what is asked for and not a pixel more."""

    pixels: NDArray[np.uint8]

    @property
    def size(self) -> tuple[int, int]:
        return Whole(self.pixels).size

    def part(self, region: Region) -> Part:
        cut = self.pixels[region.top : region.bottom, region.left : region.right]
        assert cut.shape[:2] == (region.bottom - region.top, region.right - region.left)
        return Part(cut.copy(), (region.left, region.top))


def any_matrix(rng: np.random.Generator, image: Cut, size: tuple[int, int]) -> NDArray[np.float64]:
    """From image to crop: turned or not, in any proportion, within, across and beyond borders."""
    angle = np.radians(rng.choice([0, 90, rng.uniform(-180, 180)]))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    stretch = np.diag([1, rng.choice([1, rng.uniform(0.5, 2)])])
    linear = turn @ stretch * np.exp(rng.uniform(np.log(0.02), np.log(30)))
    linear[0] *= rng.choice([1, -1])
    middle = rng.uniform(-0.2, 1.2, 2) * image.size
    middle = rng.choice([middle, np.round(middle * 2) / 2])
    return np.column_stack([linear, np.array(size) / 2 - linear @ middle])


def officially(
    image: NDArray[np.uint8], matrix: NDArray[np.float64], size: tuple[int, int]
) -> NDArray[np.uint8]:
    """The crop as the official code calls OpenCV for it."""
    warped = cv2.warpAffine(np.ascontiguousarray(image[..., ::-1]), matrix, size)
    return warped.astype(np.uint8, copy=False)


def different_pixels(trials: int, seed: int) -> int:
    rng, different = np.random.default_rng(seed), 0
    for _ in range(trials):
        most = int(rng.choice([700, MOST]))
        width, height = rng.integers(1, most + 1, 2).tolist()
        image, size = Cut(NOISE[:height, :width]), SIZES[rng.integers(len(SIZES))]
        matrix, mirrored = any_matrix(rng, image, size), bool(rng.random() < 0.5)
        whole = image.pixels[:, ::-1] if mirrored else image.pixels
        expected = officially(whole, matrix, size)
        of_part = warp(image, matrix, size, mirrored=mirrored)
        of_whole = warp(Whole(image.pixels), matrix, size, mirrored=mirrored)
        different += int((of_part != expected).sum() + (of_whole != expected).sum())
    return different


def test_a_crop_of_the_part_that_it_looks_at_is_the_official_crop_to_the_bit() -> None:
    assert different_pixels(60, seed=0) == 0


@pytest.mark.slow
def test_so_it_is_for_thousands_of_matrices_and_sizes() -> None:
    assert different_pixels(4000, seed=1) == 0


def test_so_it_is_where_a_row_begins_in_the_middle_between_two_steps_of_the_warp() -> None:
    """As a third of crops do, around the mean of float32 keypoints: a last bit moves them."""
    rng, image = np.random.default_rng(2), Cut(NOISE[:480, :640])
    for _ in range(400):
        center = rng.uniform([250, 200], [400, 300]).astype(np.float32)
        scale = np.float32(rng.uniform(0.3, 1)) * np.float64(rng.uniform(0.7, 1.3))
        degrees = float(rng.choice([0.0, rng.uniform(-80, 80)]))
        matrix = crop_matrix(center, np.array([scale, scale]), (192, 256), rotation=degrees)
        crop = warp(image, matrix, (192, 256))
        assert np.array_equal(crop, officially(image.pixels, matrix, (192, 256)))


def test_several_crops_of_one_part_are_those_of_each() -> None:
    rng, image = np.random.default_rng(0), Cut(NOISE[:480, :640])
    matrices = [any_matrix(rng, image, (96, 128)) for _ in range(20)]
    together = warps(image, matrices, (96, 128))
    assert np.array_equal(together, [warp(image, one, (96, 128)) for one in matrices])


def test_a_crop_looks_at_its_pixels_and_two_more_on_every_side() -> None:
    double = np.array([[2.0, 0, -20], [0, 2, -40]])  # crop pixels are half an image pixel
    assert seen([double], (21, 41), Whole(NOISE)) == Region(8, 18, 23, 43)  # 10 to 20, 20 to 40


@pytest.mark.parametrize("place", [-1e30, -99.0, 99.0, 1e30, np.inf, np.nan])
def test_a_crop_beside_the_image_is_black_and_asks_for_a_pixel_at_least(place: float) -> None:
    image = Cut(NOISE[:30, :40])
    matrix = np.array([[1, 0, place], [0, 1, 0]], dtype=np.float64)
    assert np.array_equal(warp(image, matrix, (8, 8)), officially(image.pixels, matrix, (8, 8)))
    region = seen([matrix], (8, 8), image)
    assert region.right > region.left >= 0
    assert region.right <= 40


def test_a_part_lies_as_far_from_the_other_side_in_the_mirrored_image() -> None:
    image = NOISE[:5, :10]
    wanted = Region(5, 1, 8, 4)
    assert wanted.mirrored(10) == Region(2, 1, 5, 4)
    there = Part(image[1:5, 1:6], (1, 1)).placed(wanted, (10, 5), mirrored=True)
    assert there.shape == image.shape
    assert np.array_equal(there[1:4, 5:8], image[1:4, ::-1][:, 5:8])
