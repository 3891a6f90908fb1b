"""The solid shape of a person: which balls and limbs lie around which joints."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hrbench.world.camera import Camera
from hrbench.world.canvas import Canvas, Disc
from hrbench.world.people.outfit import Outfit
from hrbench.world.people.skeleton import INDEX, mirrored


@dataclass(frozen=True, slots=True)
class Part:
    """A limb along the line between two joints, or a ball around one."""

    start: str
    end: str
    radii: tuple[float, float]  # at start and end, as parts of the stature
    color: str  # a key of Outfit
    between: tuple[float, float] = (0.0, 1.0)  # where on the line it begins and ends


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in a scene."""

    joints: NDArray[np.float64]  # (J, 3) mm in the world
    stature: float  # mm
    girth: float  # thickness over a slim person's
    outfit: Outfit


def _both_sides(parts: Sequence[Part]) -> tuple[Part, ...]:
    """Add the right part for each that is only on the left."""
    left = [p for p in parts if p.start.startswith("left_") and not p.end.startswith("right_")]
    return (
        *parts,
        *(
            Part(mirrored(p.start), mirrored(p.end), p.radii, mirrored(p.color), p.between)
            for p in left
        ),
    )


_HEAD = _both_sides(
    (
        Part("head", "jaw", (0.05, 0.033), "skin"),
        Part("crown", "nape", (0.057, 0.05), "hair"),
        Part("brow", "nose", (0.006, 0.012), "nose"),
        Part("mouth", "mouth", (0.009, 0.009), "mouth"),
        Part("left_eye", "left_eye", (0.0095, 0.0095), "eye"),
        Part("left_ear", "left_ear", (0.014, 0.014), "ear"),
    )
)
_BODY = _both_sides(
    (
        Part("thorax", "head", (0.033, 0.03), "skin"),
        Part("left_shoulder", "right_shoulder", (0.04, 0.04), "jacket", (0.12, 0.88)),
        Part("left_rib", "left_hip", (0.055, 0.053), "jacket", (0.0, 0.82)),
        Part("sternum", "navel", (0.034, 0.028), "front"),
        Part("left_hip", "right_hip", (0.058, 0.058), "trousers"),
        Part("left_shoulder", "left_elbow", (0.038, 0.028), "left_sleeve"),
        Part("left_elbow", "left_wrist", (0.027, 0.02), "left_forearm"),
        Part("left_elbow", "left_wrist", (0.0245, 0.0235), "left_cuff", (0.8, 0.88)),
        Part("left_wrist", "left_fingers", (0.021, 0.016), "skin"),
        Part("left_hip", "left_knee", (0.053, 0.037), "left_thigh"),
        Part("left_knee", "left_ankle", (0.036, 0.024), "left_shin"),
        Part("left_knee", "left_ankle", (0.029, 0.0275), "left_cuff", (0.82, 0.9)),
        Part("left_heel", "left_toes", (0.022, 0.018), "left_shoe"),
    )
)
PARTS = (*_HEAD, *_BODY)
_FROM = np.array([INDEX[part.start] for part in PARTS])
_TO = np.array([INDEX[part.end] for part in PARTS])
_BETWEEN = np.array([part.between for part in PARTS])[..., None]  # (P, 2, 1)
_RADII = np.array([part.radii for part in PARTS])  # (P, 2)
_GROWS = np.array([False] * len(_HEAD) + [True] * len(_BODY))[:, None]  # with the girth

# A joint lies inside its limb. It counts as hidden when something is nearer to the camera by
# more than this part of the stature.
_FACE_DEPTH, _LIMB_DEPTH, _TRUNK_DEPTH = 0.02, 0.06, 0.1
_FACE = ("nose", "eye", "ear")
_TRUNK = ("pelvis", "spine", "thorax", "hip", "shoulder", "neck", "head", "head_top")


def draw_people(canvas: Canvas, camera: Camera, people: Sequence[Person]) -> None:
    """Draw everybody, far parts first; the owner of a pixel is the index in `people`.

    The canvas decides by depth what is in front. The order only serves the half covered
    pixels at the edges, which mix with what was drawn before.
    """
    limbs = [limb for index, person in enumerate(people) for limb in _limbs(person, index, camera)]
    for start, end, color, owner in sorted(limbs, key=lambda limb: -limb[0].depth - limb[1].depth):
        canvas.limb(start, end, people[owner].outfit[color], owner)


def _limbs(person: Person, index: int, camera: Camera) -> Iterator[tuple[Disc, Disc, str, int]]:
    """Yield both ends, colour and owner of every part, as the camera sees them."""
    start, end = person.joints[_FROM][:, None], person.joints[_TO][:, None]
    pixels, depths = camera.project(start + _BETWEEN * (end - start))  # (P, 2, 2), (P, 2)
    radii = person.stature * _RADII * np.where(_GROWS, person.girth, 1) * camera.focal / depths
    ends = np.concatenate((pixels, radii[..., None], depths[..., None]), axis=-1).tolist()
    for part, (first, second) in zip(PARTS, ends, strict=True):
        yield Disc(*first), Disc(*second), part.color, index


def visible(
    canvas: Canvas, camera: Camera, person: Person, joints: Sequence[str]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return (K, 2) pixels of the named joints and (K,) whether nothing drawn hides them."""
    pixels, depths = camera.project(person.joints[[INDEX[joint] for joint in joints]])
    slack = person.stature * np.array([_depth_inside(joint) for joint in joints])
    return pixels, canvas.sees(pixels, depths - slack)


def _depth_inside(joint: str) -> float:
    kind = joint.removeprefix("left_").removeprefix("right_")
    if kind in _FACE:
        return _FACE_DEPTH
    return _TRUNK_DEPTH if kind in _TRUNK else _LIMB_DEPTH
