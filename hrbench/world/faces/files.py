"""Faces drawn one after the other, and the CSV files that list them."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from operator import attrgetter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats
from hrbench.world.faces.lines import Lines
from hrbench.world.faces.picture import paint_scene
from hrbench.world.faces.sampling import COMMON, Manner, sample_scene
from hrbench.world.faces.scene import Scene
from hrbench.world.files import write_jpeg
from hrbench.world.making import Making

Scheme = Callable[[Lines], Floats]  # which points of a face a dataset has, in mm
HEIGHT = 200.0  # pixels; a scale is the side of a box over this
_DIGITS = 4  # of coordinates in a CSV


@dataclass(frozen=True, slots=True)
class Split:
    """One part of a dataset."""

    number: int  # seeds of no two splits are the same
    name: str  # of the folder of images
    count: int
    manner: Manner = COMMON
    # properties of Scene: each is wanted of every so many-th face, so that no subset is empty
    traits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Face:
    """What is written about one face. Pixels count from 0 at the top-left pixel's centre."""

    name: str  # of its image, relative to the folder of images
    points: Floats  # (K, 2) pixels
    covered: NDArray[np.bool_]  # (K,)
    square: tuple[float, float, float]  # left, top, side in pixels, as a detector finds it
    traits: frozenset[str]  # of the split's, those that it has
    image: NDArray[np.uint8]  # (H, W, 3) BGR; (0, 0, 3) once it is a file


def draw_faces(split: Split, scheme: Scheme, making: Making) -> Iterator[Face]:
    """Yield the faces of a split with their images."""
    draw = partial(_draw, split, scheme, making.seed, making.size)
    return making.drawn(draw, range(split.count))


def save_faces(folder: Path, split: Split, scheme: Scheme, making: Making) -> Iterator[Face]:
    """Yield the faces of a split after their images are written into `folder`/images."""
    (folder / "images" / split.name).mkdir(parents=True)
    save = partial(_save, folder / "images", split, scheme, making.seed, making.size)
    return making.drawn(save, range(split.count))


def tight_box(points: Floats) -> tuple[float, tuple[float, float]]:
    """Return scale and centre of the box around (K, 2) points, on whole pixels.

    Source: the published CSVs of 300-W and WFLW, which this reproduces.
    """
    (left, top), (right, bottom) = np.floor(points.min(axis=0)), np.ceil(points.max(axis=0))
    side = max(right - left, bottom - top)
    return float(side) / HEIGHT, (float(left + right) / 2, float(top + bottom) / 2)


def write_csv(
    path: Path, header: Sequence[str], points: int, rows: Iterable[Sequence[str]]
) -> None:
    """Write a CSV in the official layout: `header`, then x and y of so many points."""
    names = [f"original_{point}_{axis}" for point in range(points) for axis in "xy"]
    lines = [",".join((*header, *names)), *(",".join(row) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def written(values: Iterable[float]) -> list[str]:
    """Return numbers as a CSV has them."""
    return [str(round(float(value), _DIGITS)) for value in values]


def _draw(split: Split, scheme: Scheme, seed: int, size: tuple[int, int], index: int) -> Face:
    """Draw one face. Its number decides all of it, whoever draws it."""
    rng = np.random.default_rng((seed, split.number, index))
    wanted = attrgetter(split.traits[index % len(split.traits)]) if split.traits else _anything
    scene = sample_scene(rng, size, split.manner, wanted)
    picture = paint_scene(rng, scene, size)
    points = scene.project(scheme(scene.lines))
    return Face(
        f"{split.name}/{index:06d}.jpg",
        points,
        picture.covered(points),
        _detected(rng, scene.square),
        frozenset(trait for trait in split.traits if getattr(scene, trait)),
        picture.image,
    )


def _anything(_: Scene) -> bool:
    return True


def _save(
    folder: Path, split: Split, scheme: Scheme, seed: int, size: tuple[int, int], index: int
) -> Face:
    face = _draw(split, scheme, seed, size, index)
    write_jpeg(folder / face.name, face.image)
    nothing = np.zeros((0, 0, 3), np.uint8)
    return replace(face, image=nothing)  # the image need not travel between processes


def _detected(
    rng: np.random.Generator, square: tuple[float, float, float]
) -> tuple[float, float, float]:
    """Return a square on whole pixels about where the true one is."""
    left, top, side = square
    edge = side * math.exp(rng.normal(0.05, 0.04))
    x, y = np.array([left, top]) + (side - edge) / 2 + rng.normal(0, 0.02, 2) * side
    return float(round(x)), float(round(y)), float(round(edge))
