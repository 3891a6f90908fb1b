"""One finished picture of a scene, and what is true about each person in it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hrbench.world.background import add_grain, paint_background
from hrbench.world.canvas import Canvas
from hrbench.world.people.figure import draw_people
from hrbench.world.people.scene import FEW, Company, Scene, sample_scene


@dataclass(frozen=True, slots=True)
class Picture:
    """A scene, drawn."""

    scene: Scene
    canvas: Canvas
    image: NDArray[np.uint8]  # (H, W, 3) BGR


def sample_picture(
    rng: np.random.Generator, size: tuple[int, int], company: Company = FEW
) -> Picture:
    """Draw and paint a random scene at (height, width)."""
    scene = sample_scene(rng, size, company)
    canvas = Canvas(paint_background(rng, size, scene.camera), scene.camera.focal, scene.light)
    draw_people(canvas, scene.camera, scene.people)
    return Picture(scene, canvas, add_grain(rng, canvas.image))
