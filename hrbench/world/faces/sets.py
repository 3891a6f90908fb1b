"""Write the world as 300-W, WFLW and AFLW: the CSV files of the official code, and images."""

from collections.abc import Iterable
from pathlib import Path

from hrbench.world.faces.files import (
    HEIGHT,
    Face,
    Scheme,
    Split,
    save_faces,
    tight_box,
    write_csv,
    written,
)
from hrbench.world.faces.points import aflw19, ibug68, wflw98
from hrbench.world.faces.sampling import CHALLENGE
from hrbench.world.making import Counts, Making

_HEADER = ("image_name", "scale", "center_w", "center_h")
_AFLW_HEADER = ("image_name", "scale", "box_size", "center_w", "center_h")
_WFLW_SUBSETS = {  # name in the file's name -> property of Scene
    "largepose": "large_pose",
    "expression": "expressive",
    "illumination": "harshly_lit",
    "makeup": "made_up",
    "occlusion": "occluded",
    "blur": "blurred",
}


def write_300w(folder: Path, making: Making) -> Counts:
    """Write 300-W into `folder`; return the numbers of images and faces of each split.

    A quarter as many as for training are for validation, of which a third are the challenge;
    a sixteenth for testing. Points are counted from 1, as in the published files.
    """
    valid = max(2, making.images // 4)
    challenge = max(1, valid // 3)
    splits = (
        Split(0, "train", making.images),
        Split(1, "valid_common", valid - challenge),
        Split(2, "valid_challenge", challenge, CHALLENGE),
        Split(3, "test", making.share(16)),
    )
    faces = _save_all(folder, splits, ibug68, making)
    faces["valid"] = faces["valid_common"] + faces["valid_challenge"]
    for name, listed in faces.items():
        rows = [_row(face, first=1) for face in listed]
        write_csv(folder / f"face_landmarks_300w_{name}.csv", _HEADER, 68, rows)
    return _count(faces)


def write_wflw(folder: Path, making: Making) -> Counts:
    """Write WFLW into `folder`; return the numbers of images and faces of each split.

    A quarter as many as for training are for testing, but enough that no subset is empty.
    """
    traits = tuple(_WFLW_SUBSETS.values())
    splits = (
        Split(0, "train", making.images),
        Split(1, "test", max(len(traits), making.images // 4), traits=traits),
    )
    faces = _save_all(folder, splits, wflw98, making)
    for subset, trait in _WFLW_SUBSETS.items():
        faces[f"test_{subset}"] = [face for face in faces["test"] if trait in face.traits]
    for name, listed in faces.items():
        rows = [_row(face, first=0) for face in listed]
        write_csv(folder / f"face_landmarks_wflw_{name}.csv", _HEADER, 98, rows)
    return _count(faces)


def write_aflw(folder: Path, making: Making) -> Counts:
    """Write AFLW into `folder`; return the numbers of images and faces of each split.

    A quarter as many as for training are for testing. The box is a detector's square.
    """
    splits = (
        Split(0, "train", making.images),
        Split(1, "test", making.share(4), traits=("frontal", "turned", "turned")),
    )
    faces = _save_all(folder, splits, aflw19, making)
    faces["test_frontal"] = [face for face in faces["test"] if "frontal" in face.traits]
    for name, listed in faces.items():
        rows = [_boxed_row(face) for face in listed]
        write_csv(folder / f"face_landmarks_aflw_{name}.csv", _AFLW_HEADER, 19, rows)
    return _count(faces)


def _save_all(
    folder: Path, splits: Iterable[Split], scheme: Scheme, making: Making
) -> dict[str, list[Face]]:
    """Write the images of all splits; return the faces of each."""
    return {split.name: list(save_faces(folder, split, scheme, making)) for split in splits}


def _row(face: Face, first: int) -> list[str]:
    """Return a line whose points are counted from `first` at the top-left pixel's centre."""
    points = face.points + first
    scale, center = tight_box(points)
    return [face.name, *written((scale, *center, *points.ravel()))]


def _boxed_row(face: Face) -> list[str]:
    left, top, side = face.square
    center = (left + side / 2, top + side / 2)
    return [face.name, *written((side / HEIGHT, side, *center, *face.points.ravel()))]


def _count(faces: dict[str, list[Face]]) -> Counts:
    return {name: {"images": len(listed), "faces": len(listed)} for name, listed in faces.items()}
