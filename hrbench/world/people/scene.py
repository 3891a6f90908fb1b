"""Who stands where: people on one floor before one camera."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hrbench.world.camera import Camera, focal_length, look_at
from hrbench.world.canvas import Light
from hrbench.world.people.figure import Person
from hrbench.world.people.outfit import sample_outfit
from hrbench.world.people.pose import sample_angles
from hrbench.world.people.skeleton import Body, joint_positions, sample_body

HEIGHT = (0.22, 0.88)  # a standing person's height over the image's: scales vary by four
FRONTAL = 1.0  # von Mises concentration of headings: people turn towards cameras
INSIDE = 0.75  # at least this part of a person's box is in the picture
APART = 450.0  # mm between two people's pelvises, at least
_TRIES = 6  # places tried for a person before the picture goes without
_ELEVATION = (-5.0, 18.0)  # degrees by which the camera looks down
_ROLL = 5.0  # degrees, at most
_TOWARDS_CAMERA = np.pi  # of headings: cameras look along x
_LOWEST = 250.0  # mm: a camera does not lie on the floor
_FLESH = 80.0  # mm around the outermost joints
_SOLE = 0.02  # of the stature: from the lowest joint to the floor


@dataclass(frozen=True, slots=True)
class Company:
    """How many people come together, and how closely."""

    people: tuple[float, ...] = (0.5, 0.32, 0.12, 0.06)  # how often one, two, ... are wanted
    cover: float = 0.45  # no more of a person's box is behind those of others, taken together


FEW = Company()


@dataclass(frozen=True, slots=True)
class Scene:
    """All there is to draw but the background."""

    camera: Camera
    light: Light
    people: list[Person]  # nearest first when they were placed


def sample_scene(rng: np.random.Generator, size: tuple[int, int], company: Company = FEW) -> Scene:
    """Draw a scene for an image of (height, width) with at least one person in it."""
    shares = company.people
    count = 1 + int(np.searchsorted(np.cumsum(shares), rng.random() * sum(shares), side="right"))
    low, high = np.log(HEIGHT)
    heights = np.exp(np.sort(rng.uniform(low, high, count))[::-1]) * size[0]
    body = sample_body(rng)
    distance = focal_length(size) * body.stature / heights[0]
    camera = _sample_camera(rng, size, distance, body.stature)
    people = [_person(rng, body, _sample_joints(rng, body))]
    for height in heights[1:]:
        body = sample_body(rng)
        distance = focal_length(size) * body.stature / height
        posed = _sample_joints(rng, body)
        joints = _place(rng, camera, posed, distance, people, company.cover)
        if joints is not None:
            people.append(_person(rng, body, joints))
    return Scene(camera, _sample_light(rng), people)


def _sample_camera(
    rng: np.random.Generator, size: tuple[int, int], distance: float, stature: float
) -> Camera:
    """Return a camera that sees somebody at the world's origin from `distance` mm away."""
    elevation = np.radians(rng.uniform(*_ELEVATION))
    middle = stature / 2
    height = max(_LOWEST, middle + distance * np.sin(elevation))
    scale = distance / focal_length(size)  # mm per pixel there
    free = np.maximum((size[1] - 0.5 * stature / scale, size[0] - stature / scale), 0) / 2
    aside, above = rng.uniform(-free, free) * scale
    position = np.array([-distance * np.cos(elevation), 0.0, height])
    roll = np.radians(rng.uniform(-_ROLL, _ROLL))
    return look_at(position, np.array([0.0, aside, middle + above]), size, roll)


def _sample_light(rng: np.random.Generator) -> Light:
    """Return a lamp above and in front of the scene."""
    x, y, z = rng.uniform((-1.0, -1.0, -1.0), (1.0, -0.2, -0.4))
    length = float(np.sqrt(x * x + y * y + z * z))
    return Light((x / length, y / length, z / length), rng.uniform(0.4, 0.65))


def _sample_joints(rng: np.random.Generator, body: Body) -> NDArray[np.float64]:
    """Return (J, 3) joints in mm of a posed body on the floor at the origin, facing anywhere."""
    heading = _TOWARDS_CAMERA + rng.vonmises(0, FRONTAL)
    cosine, sine = np.cos(heading), np.sin(heading)
    turn = np.array([[cosine, sine, 0.0], [-sine, cosine, 0.0], [0.0, 0.0, 1.0]])
    joints: NDArray[np.float64] = joint_positions(body.offsets, sample_angles(rng)) @ turn
    joints[:, 2] += _SOLE * body.stature - joints[:, 2].min()
    return joints


def _person(rng: np.random.Generator, body: Body, joints: NDArray[np.float64]) -> Person:
    return Person(joints, body.stature, body.girth, sample_outfit(rng))


def _place(
    rng: np.random.Generator,
    camera: Camera,
    joints: NDArray[np.float64],
    distance: float,
    others: list[Person],
    cover: float,
) -> NDArray[np.float64] | None:
    """Return the joints moved to a free place in view, `distance` mm away; None if none is found.

    The place is tried out: people keep apart, and most of each stays in view.
    """
    right, forward = camera.rotation[0, :2], camera.rotation[2, :2]
    forward = forward / np.linalg.norm(forward)
    boxes = np.array([_box(camera, other.joints) for other in others])
    pelvises = np.array([other.joints[0, :2] for other in others])
    width, height = 2 * camera.center + 1
    for aside in rng.uniform(-camera.center[0], camera.center[0], _TRIES):
        place = camera.position[:2] + distance * (forward + aside / camera.focal * right)
        moved: NDArray[np.float64] = joints + np.append(place, 0.0)
        box = _box(camera, moved)
        inside = _overlaps(box, np.array([[0.0, 0.0, width, height]]))
        behind = _overlaps(box, boxes)
        apart = np.linalg.norm(pelvises - moved[0, :2], axis=1)
        if inside.sum() >= INSIDE and behind.sum() <= cover and apart.min() >= APART:
            return moved
    return None


def _box(camera: Camera, joints: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (4,) left, top, right, bottom in pixels of a person's joints and some flesh."""
    pixels, depths = camera.project(joints)
    low, high = pixels.min(axis=0), pixels.max(axis=0)
    flesh = _FLESH * camera.focal / depths.mean()
    return np.concatenate((low - flesh, high + flesh))


def _overlaps(box: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (N,) parts of a (4,) box that lie in each of (N, 4) other boxes."""
    low, high = np.maximum(box[:2], others[:, :2]), np.minimum(box[2:], others[:, 2:])
    shared: NDArray[np.float64] = np.maximum(high - low, 0).prod(axis=1)
    shared /= (box[2:] - box[:2]).prod()
    return shared
