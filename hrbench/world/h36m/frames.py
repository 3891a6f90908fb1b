"""The drawn frames of the synthetic Human3.6M."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hrbench.world.background import add_grain, paint_background
from hrbench.world.canvas import Canvas, Light
from hrbench.world.files import write_jpeg
from hrbench.world.h36m import studio
from hrbench.world.h36m.camera import NAMES, LensCamera
from hrbench.world.h36m.files import Frame, kept
from hrbench.world.people.figure import Person, draw_people
from hrbench.world.people.outfit import Outfit, sample_outfit

_LAMP_ASIDE = 0.6  # of its height, at most
_AMBIENT = (0.4, 0.65)


@dataclass(frozen=True, slots=True)
class Shot:
    """One frame of one camera."""

    take: studio.Take
    camera: int  # 0 to 3
    frame: int  # from 0

    @property
    def file(self) -> str:
        """The name of its file, as mmpose extracts them: frames are counted from 1."""
        person, name = self.take.person, self.take.name.replace(" ", "_")
        video = f"{person}_{name}.{NAMES[self.camera]}"
        return f"{person}/{video}/{video}_{self.frame + 1:06d}.jpg"


def count(seed: int, split: str) -> int:
    """Return how many frames the videos of a split have."""
    return len(NAMES) * sum(studio.length(seed, take) for take in studio.takes(split))


def find(seed: int, split: str, number: int) -> Shot:
    """Return a frame by its number, counted from 0 through all videos of a split."""
    for take in studio.takes(split):
        length = studio.length(seed, take)
        if number < len(NAMES) * length:
            return Shot(take, *divmod(number, length))
        number -= len(NAMES) * length
    raise ValueError(f"frame {number} after the last of {split}")


def draw_frame(folder: Path, split: str, seed: int, size: tuple[int, int], number: int) -> Frame:
    """Draw a frame of a split's videos into the folder. Its number decides all of it."""
    shot = find(seed, split, number)
    camera = studio.cameras(seed, shot.take.subject, size)[shot.camera]
    posed = studio.motion(seed, shot.take)[shot.frame]
    write_jpeg(folder / shot.file, _draw(shot, seed, size, camera, posed))
    joints = kept(studio.human36m(posed))
    return Frame(shot.file, camera.project(joints)[0], camera.to_camera(joints), joints)


def paint_set(
    shot: Shot, seed: int, size: tuple[int, int], camera: LensCamera
) -> NDArray[np.uint8]:
    """Return the (height, width, 3) BGR picture without the person: the same all video long."""
    take = shot.take
    rng = studio.stream(seed, studio.BACKGROUND, take.subject, take.action, shot.camera)
    return paint_background(rng, size, camera.pinhole)


def _draw(
    shot: Shot, seed: int, size: tuple[int, int], camera: LensCamera, joints: NDArray[np.float64]
) -> NDArray[np.uint8]:
    take = shot.take
    build = studio.body(seed, take.subject)
    person = Person(joints, build.stature, build.girth, _outfit(seed, take))
    canvas = Canvas(paint_set(shot, seed, size, camera), camera.focal, _lamp(seed, take, camera))
    draw_people(canvas, camera, [person])
    numbers = (take.subject, take.action, shot.camera, shot.frame)
    return add_grain(studio.stream(seed, studio.GRAIN, *numbers), canvas.image)


@lru_cache(maxsize=4)
def _outfit(seed: int, take: studio.Take) -> Outfit:
    """Return what somebody wears. They change: five outfits are few to learn from."""
    return sample_outfit(studio.stream(seed, studio.OUTFIT, take.subject, take.action))


def _lamp(seed: int, take: studio.Take, camera: LensCamera) -> Light:
    """Return the lamp above the floor as a camera sees it: one for all four."""
    rng = studio.stream(seed, studio.LAMP, take.subject, take.action)
    above = np.array([*rng.uniform(-_LAMP_ASIDE, _LAMP_ASIDE, 2), 1.0])
    x, y, z = (camera.rotation @ (above / np.linalg.norm(above))).tolist()
    return Light((x, y, z), rng.uniform(*_AMBIENT))
