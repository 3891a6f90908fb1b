"""The four cameras of Human3.6M: around the floor, with lenses that bend straight lines."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hrbench.world.camera import FOCAL, Camera, look_at

NAMES = ("54138969", "55011271", "58860488", "60457274")
_AZIMUTHS = (70.0, -70.0, 110.0, -115.0)  # degrees: at the long ends of the room
_DISTANCE = (4900.0, 5400.0)  # mm from the middle of the floor
_HEIGHT = (1450.0, 1650.0)  # mm above it
_AIM = 950.0  # mm above the floor: what the cameras look at, in the middle
_ANGLE_ERROR, _AIM_ERROR = 4.0, 80.0  # degrees, mm: standard deviations
_ROLL = 1.0  # degrees, standard deviation
# The real lenses' numbers are within these distances of these.
_FOCAL_SPREAD, _NOT_SQUARE = 0.002, (0.0003, 0.002)  # parts of the focal length
_OFF_CENTER = (0.001, 0.02)  # parts of the image's side
_RADIAL, _RADIAL_SPREAD = (-0.202, 0.24, -0.002), (0.006, 0.015, 0.006)
_TANGENTIAL = 0.0025


@dataclass(frozen=True, slots=True)
class LensCamera(Camera):
    """A camera with Human3.6M's distortion; `focal` is the mean of its two focal lengths."""

    name: str
    focals: NDArray[np.float64]  # (2,) pixels, across and down
    radial: NDArray[np.float64]  # (3,) of r squared, r to the 4th and to the 6th
    tangential: NDArray[np.float64]  # (2,) in Human3.6M's order

    def project(
        self, points: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return (..., 2) pixels and (...) depths in mm for (..., 3) points of the world.

        Source: Human3.6M's camera model, whose tangential term has no factor of 2.
        """
        seen = self.to_camera(points)
        depth = seen[..., 2]
        flat = seen[..., :2] / depth[..., None]
        square = (flat**2).sum(axis=-1, keepdims=True)
        radial = square * np.polynomial.polynomial.polyval(square, self.radial, tensor=False)
        across = self.tangential[::-1]
        leaning = flat @ across
        bent = flat * (1 + radial + leaning[..., None]) + across * square
        return self.focals * bent + self.center, depth

    @property
    def pinhole(self) -> Camera:
        """The same without distortion: for things outside the picture, where the model fails."""
        return Camera(self.rotation, self.position, self.focal, self.center)


def sample_cameras(
    places: np.random.Generator, lenses: np.random.Generator, size: tuple[int, int]
) -> tuple[LensCamera, ...]:
    """Draw the four cameras for images of (height, width), in the order of `NAMES`.

    The same state of `lenses` gives the same lenses at other places.
    """
    return tuple(
        _sample_camera(places, lenses, name, azimuth, size)
        for name, azimuth in zip(NAMES, _AZIMUTHS, strict=True)
    )


def _sample_camera(
    places: np.random.Generator,
    lenses: np.random.Generator,
    name: str,
    azimuth: float,
    size: tuple[int, int],
) -> LensCamera:
    angle = np.radians(places.normal(azimuth, _ANGLE_ERROR))
    distance, height = places.uniform(*_DISTANCE), places.uniform(*_HEIGHT)
    position = np.array([distance * np.cos(angle), distance * np.sin(angle), height])
    target = places.normal((0.0, 0.0, _AIM), _AIM_ERROR)
    stand = look_at(position, target, size, np.radians(places.normal(0, _ROLL)))

    # The shorter side decides, so that everybody is in the picture whatever its shape.
    focal = FOCAL * min(size) * (1 + lenses.uniform(-_FOCAL_SPREAD, _FOCAL_SPREAD))
    focals = focal * np.array([1.0, 1 - lenses.uniform(*_NOT_SQUARE)])
    radial = np.array(_RADIAL) + lenses.uniform(-1, 1, 3) * _RADIAL_SPREAD
    return LensCamera(
        rotation=stand.rotation,
        position=stand.position,
        focal=float(focals.mean()),
        center=stand.center + lenses.uniform(*_OFF_CENTER, 2) * size[::-1],
        name=name,
        focals=focals,
        radial=radial,
        tangential=lenses.uniform(-_TANGENTIAL, _TANGENTIAL, 2),
    )
