"""What is behind people: walls and floors of any colour, and clutter that is nobody."""

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Pixels
from hrbench.world.camera import Camera

_CLUTTER = 6  # things, at most
_GRAIN = 14  # grey levels of camera noise, at most
_SHIFT = 4  # OpenCV draws at sixteenths of a pixel


def paint_background(rng: np.random.Generator, size: tuple[int, int], camera: Camera) -> Pixels:
    """Return a (height, width, 3) BGR picture without people."""
    image = _clouds(rng, size)
    if rng.random() < 0.6:
        _paint_floor(rng, image, camera)
    if rng.random() < 0.35:
        _paint_stripes(rng, image)
    for _ in range(rng.integers(_CLUTTER + 1)):
        _CLUTTERS[rng.integers(len(_CLUTTERS))](rng, image)
    return image


def add_grain(rng: np.random.Generator, image: Pixels) -> Pixels:
    """Return the picture with the noise of a camera's sensor."""
    strength = int(rng.integers(2, _GRAIN + 1))
    noise = rng.integers(0, strength, image.shape, dtype=np.uint8)
    brighter = cv2.add(image, noise, noise)
    darker = np.full(3, strength // 2, dtype=np.float64)  # what OpenCV takes for one colour
    return np.asarray(cv2.subtract(brighter, darker, brighter), np.uint8)


def _color(rng: np.random.Generator) -> tuple[float, float, float]:
    """Return a BGR colour, seldom a loud one."""
    grey, spread = rng.uniform(30, 225), rng.beta(1.3, 3) * 110
    blue, green, red = np.clip(grey + rng.uniform(-spread, spread, 3), 0, 255).tolist()
    return blue, green, red


def _clouds(rng: np.random.Generator, size: tuple[int, int]) -> Pixels:
    """Return soft blotches around one colour, of random size and contrast."""
    cells = int(rng.integers(2, 14))
    light, tint = rng.uniform(4, 45), rng.uniform(0, 18)
    coarse = np.array(_color(rng)) + rng.uniform(-light, light, (cells, cells, 1))
    coarse += rng.uniform(-tint, tint, (cells, cells, 3))
    height, width = size
    coarse = np.clip(coarse, 0, 255).astype(np.uint8)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def _paint_floor(rng: np.random.Generator, image: Pixels, camera: Camera) -> None:
    """Paint what lies below the line where a far wall meets the floor."""
    height, width = image.shape[:2]
    forward = camera.rotation[2] * (1, 1, 0)
    right = np.array([forward[1], -forward[0], 0])
    foot = camera.position * (1, 1, 0) + forward * rng.uniform(8e3, 40e3)
    ends, _ = camera.project(foot + np.array([-4e4, 4e4])[:, None] * right)
    below = ends[::-1] + np.array([0, 4 * height])
    corners = _fixed(np.concatenate((ends, below)))
    floor = _clouds(rng, (height, width))
    mask = cv2.fillConvexPoly(
        np.zeros((height, width), np.uint8), corners, 255, cv2.LINE_AA, _SHIFT
    )
    cv2.copyTo(floor, mask, image)


def _paint_stripes(rng: np.random.Generator, image: Pixels) -> None:
    """Darken parallel stripes, as of a fence or a curtain."""
    height, width = image.shape[:2]
    angle, period = rng.uniform(0, math.pi), rng.uniform(0.03, 0.2) * width
    x = np.arange(width, dtype=np.float32) * (2 * math.pi * math.cos(angle) / period)
    y = np.arange(height, dtype=np.float32) * (2 * math.pi * math.sin(angle) / period)
    stripes = (np.sin(x + y[:, None]) > rng.uniform(-0.5, 0.8)).astype(np.uint8)
    shade = stripes * np.uint8(rng.integers(15, 60))
    cv2.subtract(image, cv2.merge((shade, shade, shade)), image)


def _paint_box(rng: np.random.Generator, image: Pixels) -> None:
    height, width = image.shape[:2]
    middle = rng.uniform((0, 0), (width, height))
    sides = rng.uniform(0.05, 0.45, 2) * (width, height)
    corners = cv2.boxPoints((middle.tolist(), sides.tolist(), rng.normal(0, 12)))
    cv2.fillConvexPoly(image, _fixed(np.asarray(corners)), _color(rng), cv2.LINE_AA, _SHIFT)


def _paint_ball(rng: np.random.Generator, image: Pixels) -> None:
    """Paint a ball with a lit side, of the size of heads."""
    height, width = image.shape[:2]
    middle, radius = rng.uniform((0, 0), (width, height)), rng.uniform(0.02, 0.09) * height
    color = np.array(_color(rng))
    for share in (1.0, 0.75, 0.45):
        x, y = _fixed(middle - radius * (1 - share) / 2).tolist()
        tint = (color * (1.3 - 0.4 * share)).clip(0, 255).tolist()
        size = int(radius * share * 2**_SHIFT)
        cv2.circle(image, (x, y), size, tint, cv2.FILLED, cv2.LINE_AA, _SHIFT)


def _paint_pole(rng: np.random.Generator, image: Pixels) -> None:
    """Paint a tapered rod with a bright middle, of the size of limbs."""
    height, width = image.shape[:2]
    start, angle = rng.uniform((0, 0), (width, height)), rng.uniform(0, 2 * math.pi)
    ahead = np.array([math.cos(angle), math.sin(angle)])
    aside = np.array([-ahead[1], ahead[0]]) * rng.uniform(0.008, 0.04) * height
    end = start + ahead * rng.uniform(0.1, 0.6) * height
    color = np.array(_color(rng))
    for share in (1.0, 0.5):
        outline = (start + share * aside, start - share * aside, end - share * aside * 0.7)
        corners = np.array([*outline, end + share * aside * 0.7])
        tint = (color * (1.25 - 0.4 * share)).clip(0, 255).tolist()
        cv2.fillConvexPoly(image, _fixed(corners), tint, cv2.LINE_AA, _SHIFT)


def _fixed(points: NDArray[Any]) -> NDArray[np.int32]:
    """Return points in the sixteenths of a pixel that OpenCV draws with."""
    return np.array(np.rint(points * 2**_SHIFT), np.int32)


_CLUTTERS = (_paint_box, _paint_ball, _paint_pole)
