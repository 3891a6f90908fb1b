"""A pinhole camera with Human3.6M's field of view.

World frame: z up, in millimetres. Camera frame: x to the right, y down, z forward, in
millimetres. Image: pixels, (0, 0) at the centre of the top-left pixel.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FOCAL = 1.145  # focal length over image width; Human3.6M: 1145 px for 1000 px


@dataclass(frozen=True, slots=True)
class Camera:
    """Where a camera stands, how it is turned, and how it maps to pixels."""

    rotation: NDArray[np.float64]  # (3, 3) world to camera
    position: NDArray[np.float64]  # (3,) mm in the world
    focal: float  # pixels
    center: NDArray[np.float64]  # (2,) pixels: where the optical axis meets the image

    def to_camera(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (..., 3) points of the world in the camera's frame."""
        return (points - self.position) @ self.rotation.T

    def project(
        self, points: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return (..., 2) pixels and (...) depths in mm for (..., 3) points of the world."""
        seen = self.to_camera(points)
        depth = seen[..., 2]
        return self.focal * seen[..., :2] / depth[..., None] + self.center, depth


def focal_length(size: tuple[int, int]) -> float:
    """Return the focal length in pixels for an image of (height, width)."""
    return FOCAL * max(size)


def look_at(
    position: NDArray[np.float64],
    target: NDArray[np.float64],
    size: tuple[int, int],
    roll: float = 0.0,
) -> Camera:
    """Return a camera at `position` whose axis goes through `target`.

    `size` is the image's (height, width); `roll` turns the camera clockwise, in radians.
    """
    forward = (target - position) / np.linalg.norm(target - position)
    right = np.cross(forward, (0.0, 0.0, 1.0))
    right /= np.linalg.norm(right)
    down = np.cross(forward, right)
    upright = np.stack((right, down, forward))
    turn = np.array([[np.cos(roll), np.sin(roll), 0], [-np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    height, width = size
    center = np.array([(width - 1) / 2, (height - 1) / 2])
    return Camera(turn @ upright, position, focal_length(size), center)
