"""A face, painted: its sheets before a background, what hides it, the camera's blur and grain."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats, Pixels
from hrbench.world.background import add_grain, paint_background
from hrbench.world.canvas import contains
from hrbench.world.faces.looks import sample_looks
from hrbench.world.faces.paint import FINER, cover, fill, paint
from hrbench.world.faces.scene import Scene
from hrbench.world.faces.sheets import Sheet, body_sheets, glasses, head_sheets, mask

_FOLLOWS = (0.25, 0.2, 0.35)  # how far shoulders turn with the head
_BALLS = 4  # of the colour of skin in the background, at most


@dataclass(frozen=True, slots=True)
class Picture:
    """A scene, painted."""

    scene: Scene
    image: Pixels  # (H, W, 3) BGR
    cover: Pixels  # (H, W): above 0 where something before the face hides it

    def covered(self, pixels: Floats) -> NDArray[np.bool_]:
        """Tell which of (N, 2) pixels something hides, or lie outside of the picture."""
        height, width = self.cover.shape
        inside = contains((height, width), pixels)
        x, y = np.rint(np.where(inside[:, None], pixels, 0)).astype(np.intp).T
        covered: NDArray[np.bool_] = ~inside | (self.cover[y, x] > 0)
        return covered


def paint_scene(rng: np.random.Generator, scene: Scene, size: tuple[int, int]) -> Picture:
    """Paint a scene at (height, width) with random colours and a random background."""
    image = paint_background(rng, size, scene.camera)
    looks = sample_looks(rng, made_up=scene.made_up)
    _paint_balls(rng, image, looks.skin)
    finer = (size[1] * FINER, size[0] * FINER)
    fine = np.asarray(cv2.resize(image, finer, interpolation=cv2.INTER_NEAREST), np.uint8)
    hidden = np.zeros(fine.shape[:2], np.uint8)
    body = _moved(body_sheets(looks), scene.pose.turn(_FOLLOWS), scene.pose.place)
    head = _placed(scene, head_sheets(rng, scene.lines, looks))
    worn = _placed(scene, _worn(rng, scene))
    paint(fine, [*body, *head, *worn], scene.camera, scene.lighting)
    cover(hidden, worn, scene.camera)
    for outline, color in _held(rng, scene, looks.skin):
        fill(fine, outline, color.tolist())
        fill(hidden, outline, (255.0,))
    return Picture(scene, _photographed(rng, scene, fine), hidden[::FINER, ::FINER])


def _placed(scene: Scene, sheets: Iterable[Sheet]) -> list[Sheet]:
    return _moved(sheets, scene.pose.turn(), scene.pose.place)


def _moved(sheets: Iterable[Sheet], turn: Floats, place: Floats) -> list[Sheet]:
    return [replace(sheet, points=sheet.points @ turn.T + place) for sheet in sheets]


def _worn(rng: np.random.Generator, scene: Scene) -> Iterator[Sheet]:
    """Yield what is on the face and hides a part of it, in the face's frame."""
    if scene.occluder == "shades":
        yield from glasses(scene.lines.shape, rng.uniform(10, 80, 3), filled=True)
    elif scene.occluder == "mask":
        yield mask(scene.lines, rng.uniform(90, 240, 3))


def _held(rng: np.random.Generator, scene: Scene, skin: Floats) -> Iterator[tuple[Floats, Floats]]:
    """Yield convex outlines (N, 2) in pixels and colours of what is held before the face."""
    if scene.occluder not in {"card", "hand"}:
        return
    jaw = scene.project(scene.lines.jaw(5))
    side = float(np.ptp(jaw, axis=0).max())
    middle = jaw.mean(axis=0) + rng.uniform(-0.45, 0.45, 2) * side
    angle = rng.uniform(0, 360)
    if scene.occluder == "card":
        sides = rng.uniform(0.3, 0.75, 2) * side
        yield _box(middle, sides, angle), rng.uniform(20, 230, 3)
        return
    color = skin * rng.uniform(0.75, 0.95)
    ahead = np.array([-np.sin(np.radians(angle)), np.cos(np.radians(angle))])
    aside = np.array([-ahead[1], ahead[0]])
    yield _box(middle, (0.38 * side, 0.36 * side), angle), color
    for finger, length in zip((-1.5, -0.5, 0.5, 1.5), (0.3, 0.36, 0.35, 0.27), strict=True):
        tip = middle + ahead * (0.16 + length / 2) * side + aside * finger * 0.098 * side
        yield _box(tip, (0.088 * side, length * side), angle), color * (0.94 + 0.02 * finger)


def _box(middle: Floats, sides: Iterable[float], angle: float) -> Floats:
    corners = cv2.boxPoints((middle.tolist(), list(map(float, sides)), angle))
    return np.asarray(corners, np.float64)


def _paint_balls(rng: np.random.Generator, image: Pixels, skin: Floats) -> None:
    """Paint discs of the skin's colour and a head's size that are nobody's face."""
    height, width = image.shape[:2]
    for _ in range(rng.integers(_BALLS + 1)):
        x, y = (rng.uniform(0, 1, 2) * (width, height)).astype(int).tolist()
        axes = (rng.uniform(0.04, 0.2, 2) * height).astype(int).tolist()
        for share in (1.0, 0.75, 0.5):
            tint = (skin * (1.05 - 0.25 * share)).clip(0, 255).tolist()
            inner = [max(1, int(share * axis)) for axis in axes]
            cv2.ellipse(image, (x, y), inner, 0, 0, 360, tint, cv2.FILLED, cv2.LINE_AA)


def _photographed(rng: np.random.Generator, scene: Scene, fine: Pixels) -> Pixels:
    """Return the picture as a camera takes it: exposed, blurred, with grain."""
    height, width = fine.shape[0] // FINER, fine.shape[1] // FINER
    image = cv2.resize(fine, (width, height), interpolation=cv2.INTER_AREA)
    levels = np.arange(256)[:, None] * np.array(scene.lighting.tint) * scene.lighting.gain
    table = np.rint(np.clip(levels, 0, 255)).astype(np.uint8)[:, None]
    image = cv2.LUT(image, table.reshape(256, 1, 3))
    if scene.blur:
        image = cv2.GaussianBlur(image, (0, 0), scene.blur * scene.square[2])
    return add_grain(rng, np.asarray(image, np.uint8))
