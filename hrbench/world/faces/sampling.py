"""Faces drawn at random: whose they are, what they do, where they look and how they are lit."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from hrbench.arrays import Floats
from hrbench.world.camera import Camera, look_at
from hrbench.world.canvas import Light
from hrbench.world.faces.lines import Lines
from hrbench.world.faces.points import ibug68
from hrbench.world.faces.scene import OCCLUDERS, Lighting, Pose, Scene, to_pixels
from hrbench.world.faces.surface import Expression, Shape

SIDE = (0.2, 0.8)  # of the square around the points, in image sides: sizes vary by four
_LENS = (2.0, 4.0)  # focal length over image side, as of portraits
_BLUR = (0.007, 0.022)  # standard deviation over the face's square
_PEAKED = (1.0, 1.2, 1.2)  # heads turn aside more readily than they nod or roll
_PLACINGS = 6  # rounds
_HEIGHT = 1600.0  # mm of the camera above the floor


@dataclass(frozen=True, slots=True)
class Manner:
    """How far the faces of a split go: limits in degrees, and how often they act."""

    yaw: float = 58.0
    pitch: float = 28.0
    roll: float = 40.0
    frontal: float = 1.8  # shape of the Beta from which poses come: more is nearer to the front
    acting: float = 0.45  # how often a mouth is open, and so on
    harsh: float = 0.2  # how often the light is from one side, or dark
    hidden: float = 0.25  # how often something is before the face
    blurred: float = 0.2
    made_up: float = 0.12


COMMON = Manner()
CHALLENGE = replace(COMMON, frontal=1.0, acting=0.75, harsh=0.35, hidden=0.35)


def sample_scene(
    rng: np.random.Generator,
    size: tuple[int, int],
    manner: Manner,
    wanted: Callable[[Scene], bool] = lambda _: True,
) -> Scene:
    """Draw a face in an image of (height, width); others are drawn until one is `wanted`.

    Its 68 points fill a square of random size inside the image.
    """
    camera = look_at(np.array([0, 0, _HEIGHT]), np.array([1e3, 0, _HEIGHT]), size)
    scene = _draft(rng, camera, manner)
    while not wanted(scene):
        scene = _draft(rng, camera, manner)
    camera = replace(camera, focal=float(rng.uniform(*_LENS)) * min(size))
    side = float(np.exp(rng.uniform(*np.log(SIDE)))) * min(size)
    free = np.maximum(camera.center + 0.5 - 0.52 * side, 0)
    middle = camera.center + rng.uniform(-free, free)
    place = _place(camera, middle, side, ibug68(scene.lines) @ scene.pose.turn().T)
    left, top = (middle - side / 2).tolist()
    pose = replace(scene.pose, place=place)
    return replace(scene, camera=camera, pose=pose, square=(left, top, side))


def _draft(rng: np.random.Generator, camera: Camera, manner: Manner) -> Scene:
    """Return a face that is nowhere yet."""
    return Scene(
        camera,
        Lines(sample_shape(rng), sample_expression(rng, manner)),
        _sample_pose(rng, manner),
        sample_lighting(rng, harsh=rng.random() < manner.harsh),
        OCCLUDERS[rng.integers(len(OCCLUDERS))] if rng.random() < manner.hidden else "",
        made_up=bool(rng.random() < manner.made_up),
        blur=float(rng.uniform(*_BLUR)) if rng.random() < manner.blurred else 0.0,
        square=(0.0, 0.0, 0.0),
    )


def sample_shape(rng: np.random.Generator) -> Shape:
    """Draw somebody's face."""
    width, length, eyes, mouth = rng.normal(1, (0.055, 0.06, 0.07, 0.11)).clip(0.8, 1.25)
    nose = rng.normal(1, (0.07, 0.13, 0.16)).clip(0.7, 1.4)
    eye_width, eye_height, brow, lips = rng.normal(1, (0.07, 0.17, 0.22, 0.24)).clip(0.55, 1.5)
    return Shape(
        width=width,
        length=length,
        jaw=rng.uniform(0.58, 0.95),
        nose_length=nose[0],
        nose_width=nose[1],
        nose_height=nose[2],
        eye_gap=1 + 0.5 * (eyes - 1),
        eye_width=eye_width,
        eye_height=eye_height,
        eye_slant=rng.normal(0.8, 1.3),
        brow_lift=rng.normal(0, 1.8),
        brow_arch=rng.uniform(0.3, 1.6),
        brow_weight=brow,
        mouth_width=mouth,
        lips=lips,
    )


def sample_expression(rng: np.random.Generator, manner: Manner) -> Expression:
    """Draw what somebody's face does."""
    acts = rng.random(4) < manner.acting
    opening, smile, brows = rng.uniform((0.1, -1, -1), (1, 1, 1))
    blink = rng.uniform(0.3, 1.0) if acts[3] and rng.random() < 0.4 else rng.uniform(0, 0.2)
    right, down = rng.normal(0, (3.0, 1.2)).clip(-6, 6)
    quiet = rng.normal(0, 0.12, 3)
    return Expression(
        opening=opening if acts[0] else 0.0,
        smile=smile if acts[1] else quiet[0],
        brows=brows if acts[2] else quiet[1],
        blink=blink,
        gaze=(right, down),
    )


def sample_lighting(rng: np.random.Generator, *, harsh: bool) -> Lighting:
    """Draw a light; a harsh one comes from a side, or hardly at all, or glares."""
    x, y, z = rng.normal((0, -0.6, -1.2), (0.6, 0.5, 0.4))
    ambient, gain = rng.uniform(0.4, 0.65), rng.uniform(0.85, 1.15)
    if harsh:
        x, z = rng.choice((-1.5, 1.5)), min(z + 0.9, -0.1)
        ambient, gain = rng.uniform(0.18, 0.38), rng.choice((0.55, 0.75, 1.0, 1.4))
    length = float(np.sqrt(x * x + y * y + z * z))
    tint = rng.normal(1, 0.06, 3).tolist()
    return Lighting(Light((x / length, y / length, z / length), ambient), gain, tuple(tint), harsh)


def _sample_pose(rng: np.random.Generator, manner: Manner) -> Pose:
    limits = np.array([manner.yaw, manner.pitch, manner.roll])
    peaked = manner.frontal * np.array(_PEAKED)
    shares = 2 * rng.beta(peaked, peaked) - 1
    yaw, pitch, roll = (limits * shares).tolist()
    return Pose(yaw, pitch, roll, np.zeros(3))


def _place(camera: Camera, middle: Floats, side: float, points: Floats) -> Floats:
    """Return (3,) mm in the camera's frame where turned (N, 3) points fill the square."""
    place = np.array([0.0, 0.0, camera.focal * np.ptp(points[:, :2], axis=0).max() / side])
    for _ in range(_PLACINGS):  # size and place depend on each other through the perspective
        pixels = to_pixels(camera, points + place)
        low, high = pixels.min(axis=0), pixels.max(axis=0)
        place[2] *= (high - low).max() / side
        place[:2] += (middle - (low + high) / 2) * place[2] / camera.focal
    return place
