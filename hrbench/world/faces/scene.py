"""Whose face is where: a person, an expression, a pose and a light before a camera."""

from dataclasses import dataclass

import numpy as np

from hrbench.arrays import Floats
from hrbench.world.camera import Camera
from hrbench.world.canvas import Light
from hrbench.world.faces.lines import Lines

LARGE_YAW, LARGE_PITCH = 42.0, 24.0  # degrees from which WFLW's subset of large poses begins
FRONTAL = 18.0  # degrees below which a face is one that looks ahead
OCCLUDERS = ("card", "hand", "shades", "mask")
STRONG = 0.6  # of an expression, from where it counts as one


@dataclass(frozen=True, slots=True)
class Pose:
    """How a head is turned and where it is before the camera."""

    yaw: float  # degrees: above 0 the face looks to the right of the picture
    pitch: float  # degrees: above 0 it looks down
    roll: float  # degrees: above 0 it is turned clockwise
    place: Floats  # (3,) mm of the middle of the head in the camera's frame

    def turn(self, share: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> Floats:
        """Return the (3, 3) rotation, or what shares of its yaw, pitch and roll make."""
        yaw, pitch, roll = share
        return rotation(yaw * self.yaw, pitch * self.pitch, roll * self.roll)


@dataclass(frozen=True, slots=True)
class Lighting:
    """A lamp, and how bright and how warm everything is."""

    light: Light
    gain: float  # 1 is a good exposure
    tint: tuple[float, float, float]  # of blue, green, red
    harsh: bool  # from one side, dark or glaring


@dataclass(frozen=True, slots=True)
class Scene:
    """One face before one camera."""

    camera: Camera
    lines: Lines
    pose: Pose
    lighting: Lighting
    occluder: str  # one of OCCLUDERS, or "" where nothing hides it
    made_up: bool
    blur: float  # standard deviation over the square's side, 0 for a sharp picture
    square: tuple[float, float, float]  # pixels: left, top and side of that around the 68 points

    def project(self, points: Floats) -> Floats:
        """Return (..., 2) pixels of points in the face's frame."""
        return to_pixels(self.camera, points @ self.pose.turn().T + self.pose.place)

    @property
    def large_pose(self) -> bool:
        """Whether the head is turned far to a side, up or down."""
        return abs(self.pose.yaw) > LARGE_YAW or abs(self.pose.pitch) > LARGE_PITCH

    @property
    def frontal(self) -> bool:
        """Whether the face looks ahead."""
        return abs(self.pose.yaw) < FRONTAL and abs(self.pose.pitch) < FRONTAL

    @property
    def harshly_lit(self) -> bool:
        """Whether the light is from one side, dark or glaring."""
        return self.lighting.harsh

    @property
    def occluded(self) -> bool:
        """Whether something is before the face."""
        return bool(self.occluder)

    @property
    def blurred(self) -> bool:
        """Whether the picture is out of focus."""
        return self.blur > 0

    @property
    def turned(self) -> bool:
        """Whether the face does not look ahead."""
        return not self.frontal

    @property
    def expressive(self) -> bool:
        """Whether the face is clearly not at rest."""
        act = self.lines.expression
        return max(act.opening, abs(act.smile)) > STRONG


def rotation(yaw: float, pitch: float, roll: float) -> Floats:
    """Return the (3, 3) turn by yaw, then pitch, then roll in degrees."""
    (a, b, c), (s, t, u) = (f(np.radians([yaw, pitch, roll])) for f in (np.cos, np.sin))
    around_y = np.array([[a, 0, -s], [0, 1, 0], [s, 0, a]])
    around_x = np.array([[1, 0, 0], [0, b, -t], [0, t, b]])
    around_z = np.array([[c, -u, 0], [u, c, 0], [0, 0, 1]])
    turn: Floats = around_z @ around_x @ around_y
    return turn


def to_pixels(camera: Camera, points: Floats) -> Floats:
    """Return (..., 2) pixels of points in the camera's frame."""
    pixels: Floats = camera.focal * points[..., :2] / points[..., 2:] + camera.center
    return pixels
