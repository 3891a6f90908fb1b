"""Calibrated cameras: from the world into their frame, and onto their picture and its screen.

Frames: *world* and *camera*, both in mm; a camera looks along its z, x is to the right and y
down. *Picture*: px from the top left. *Screen*: VideoPose3D's units of half the picture's width
from its middle.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]


@dataclass(frozen=True, slots=True, eq=False)
class Camera:
    """Where a camera stands, and how its lens draws.

    Source: Human3.6M's calibration; the readers bring each file's units and transposes here.
    """

    name: str  # "54138969"
    rotation: NDArray[np.float64]  # (3, 3) from the world's axes to the camera's
    position: NDArray[np.float64]  # (3,) mm, the camera's centre in the world
    focal: NDArray[np.float64]  # (2,) px
    center: NDArray[np.float64]  # (2,) px
    radial: NDArray[np.float64]  # (3,) k1, k2, k3
    tangential: NDArray[np.float64]  # (2,) p1, p2 in Human3.6M's order
    size: tuple[int, int] | None  # width, height in px; None where the file does not say

    def to_camera(self, points: Floats) -> Floats:
        """Return (..., 3) mm in the camera's frame for (..., 3) mm in the world."""
        return (points - self.position) @ self.rotation.T

    def to_world(self, points: Floats) -> Floats:
        """Return (..., 3) mm in the world for (..., 3) mm in the camera's frame."""
        return points @ self.rotation + self.position


Cameras = Mapping[str, Sequence[Camera]]
"""By subject, "S1": its cameras, in the order 54138969, 55011271, 58860488, 60457274."""

Projection = Callable[[Camera, Floats], Floats]


def h36m(camera: Camera, points: Floats) -> Floats:
    """Return (..., 2) px for (..., 3) mm in the frame of a camera, as Human3.6M draws them.

    The annotated 2D of Human3.6M is made so. The tangential gain lacks the factor 2 of the
    usual lens model.

    Source: 3d-pose-baseline, src/cameras.py.
    """
    rays = _rays(points)
    gain = radial_gain(camera, rays) + tangential_gain(camera, rays)
    return _picture(camera, rays, gain)


def videopose3d(camera: Camera, points: Floats) -> Floats:
    """Return what `h36m` does, for points no farther than 45 degrees off each axis.

    Those farther off are drawn on that border. With a lens that distorts nothing this is the
    linear projection of VideoPose3D, which clamps as well.

    Source: VideoPose3D, common/camera.py.
    """
    rays = np.clip(_rays(points), -1, 1)
    gain = radial_gain(camera, rays) + tangential_gain(camera, rays)
    return _picture(camera, rays, gain)


def mmpose(camera: Camera, points: Floats) -> Floats:
    """Return (..., 2) px for (..., 3) mm, with twice the tangential gain of `h36m`.

    This is the usual lens model, OpenCV's; on Human3.6M it is off by up to 0.2 px.

    Source: Brown 1966; mmpose, SimpleCamera.
    """
    rays = _rays(points)
    gain = radial_gain(camera, rays) + 2 * tangential_gain(camera, rays)
    return _picture(camera, rays, gain)


PROJECTIONS: dict[str, Projection] = {"h36m": h36m, "videopose3d": videopose3d, "mmpose": mmpose}


def radial_gain(camera: Camera, rays: Floats) -> Floats:
    """Return (..., 1), by how much the lens stretches (..., 2) rays x/z and y/z."""
    squared = _squared(rays)
    k1, k2, k3 = camera.radial
    return np.asarray(1 + squared * (k1 + squared * (k2 + squared * k3)))


def tangential_gain(camera: Camera, rays: Floats) -> Floats:
    """Return (..., 1), what a tilted lens adds to the stretch of (..., 2) rays, once."""
    return np.asarray((rays * camera.tangential[::-1]).sum(axis=-1, keepdims=True))


def screen(points: Floats, size: tuple[int, int]) -> Floats:
    """Return (..., 2) on the screen for (..., 2) px of a picture of `size` (width, height).

    x is -1 at the left border and 1 at the right one; y keeps the aspect, -h/w to h/w.

    Source: Pavllo et al. 2019; VideoPose3D, common/camera.py.
    """
    width, height = size
    return np.asarray(points / width * 2 - np.array([1, height / width]))


def from_screen(points: Floats, size: tuple[int, int]) -> Floats:
    """Return (..., 2) px for (..., 2) on the screen: the inverse of `screen`."""
    width, height = size
    return np.asarray((points + np.array([1, height / width])) * width / 2)


def _rays(points: Floats) -> Floats:
    return points[..., :2] / points[..., 2:]


def _squared(rays: Floats) -> Floats:
    return np.asarray((rays**2).sum(axis=-1, keepdims=True))


def _picture(camera: Camera, rays: Floats, gain: Floats) -> Floats:
    bent = rays * gain + _squared(rays) * camera.tangential[::-1]
    return bent * camera.focal + camera.center
