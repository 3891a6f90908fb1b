"""Write the world as MPII, in the files that the authors of HRNet derived from the release."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.io import savemat

from hrbench.world.canvas import contains
from hrbench.world.files import rounded, write_jpeg, write_json
from hrbench.world.making import Counts, Making
from hrbench.world.people.figure import Person
from hrbench.world.people.picture import Picture, sample_picture
from hrbench.world.people.skeleton import INDEX

_JOINTS = (  # of the skeleton, in MPII's order
    *("right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle"),
    *("pelvis", "thorax", "neck", "head_top"),
    *("right_wrist", "right_elbow", "right_shoulder", "left_shoulder", "left_elbow", "left_wrist"),
)
_NAMES = (  # of the same in gt_valid.mat
    *("rank", "rkne", "rhip", "lhip", "lkne", "lank", "pelv", "thor"),
    *("neck", "head", "rwri", "relb", "rsho", "lsho", "lelb", "lwri"),
)
_PLACES = [INDEX[joint] for joint in _JOINTS]
_HEAD = [
    INDEX[joint] for joint in ("head_top", "jaw", "nose", "crown", "nape", "left_ear", "right_ear")
]
_TRUNK = [INDEX["pelvis"], INDEX["thorax"]]
_FIRST_PIXEL = 1.0  # MPII counts from 1
_NOWHERE = -1.0  # x and y of a joint that has no place in the picture
_HEIGHT = 200.0  # pixels; a scale is a person's height over this
_ROUGH = 0.02  # of the height: deviation of a centre from the middle of the trunk
_FEWEST = 16  # pixels: somebody of whom less is seen would not be annotated
_FIRST_NUMBER = 100_000_000  # numbers of a split's images start at a multiple of this
_HEADER = b"MATLAB 5.0 MAT-file, made by hrbench"  # SciPy's has the time of day
_HEADER_BYTES = 116  # Source: MAT-File Format, version 5, figure 1-5


@dataclass(frozen=True, slots=True)
class Split:
    """One part of the dataset."""

    number: int  # seeds and numbers of images of no two splits are the same
    name: str
    share: int  # one image to so many of the training set


SPLITS = (Split(0, "train", 1), Split(1, "valid", 4), Split(2, "test", 16))


@dataclass(frozen=True, slots=True)
class Row:
    """One person: its row of the JSON file, and the box of its head."""

    annotation: dict[str, Any]
    head: NDArray[np.float64]  # (2, 2) top left and bottom right corner, x and y from 1


def write_mpii(folder: Path, making: Making) -> Counts:
    """Write MPII's tree into `folder`; return the numbers of images and people of each split."""
    counts = {}
    rows: dict[str, list[Row]] = {}
    for name in ("annot", "images"):
        (folder / name).mkdir(parents=True)
    for split in SPLITS:
        draw = partial(_draw_image, folder / "images", split.number, making.seed, making.size)
        number = making.share(split.share)
        rows[split.name] = [row for drawn in making.drawn(draw, range(number)) for row in drawn]
        counts[split.name] = {"images": number, "people": len(rows[split.name])}
    _write_annotations(folder / "annot", {name: _annotations(rows[name]) for name in rows})
    (folder / "annot" / "gt_valid.mat").write_bytes(_truth(rows["valid"]))
    return counts


def _annotations(rows: Sequence[Row]) -> list[dict[str, Any]]:
    return [row.annotation for row in rows]


def _write_annotations(folder: Path, people: dict[str, list[dict[str, Any]]]) -> None:
    hidden = ("joints", "joints_vis")
    test = [{key: row[key] for key in row if key not in hidden} for row in people["test"]]
    files = people | {"trainval": people["train"] + people["valid"], "test": test}
    for name, content in files.items():
        write_json(folder / f"{name}.json", content)


def _truth(rows: Sequence[Row]) -> bytes:
    """Return gt_valid.mat: joints, which of them are missing, and boxes of heads."""
    positions = [row.annotation["joints"] for row in rows]
    missing = [np.logical_not(row.annotation["joints_vis"]) for row in rows]
    names = np.empty((1, len(_NAMES)), dtype=object)
    names[0] = _NAMES
    content = {
        "dataset_joints": names,
        "jnt_missing": np.array(missing, dtype=np.uint8).reshape(-1, len(_NAMES)).T,
        "pos_gt_src": np.moveaxis(np.array(positions).reshape(-1, len(_NAMES), 2), 0, 2),
        "headboxes_src": np.moveaxis(np.array([row.head for row in rows]).reshape(-1, 2, 2), 0, 2),
    }
    file = BytesIO()
    savemat(file, content)  # type: ignore[arg-type]  # its stubs know names of files alone
    return _HEADER.ljust(_HEADER_BYTES) + file.getvalue()[_HEADER_BYTES:]


def _draw_image(
    folder: Path, split: int, seed: int, size: tuple[int, int], index: int
) -> list[Row]:
    """Draw one image into the folder. Its number decides all of it, whoever draws it."""
    rng = np.random.default_rng((seed, split, index))
    picture = sample_picture(rng, size)
    name = f"{(split + 1) * _FIRST_NUMBER + index:09d}.jpg"
    write_jpeg(folder / name, picture.image)
    return [
        _annotate(rng, picture, person, name)
        for number, person in enumerate(picture.scene.people)
        if np.count_nonzero(picture.canvas.owner == number) >= _FEWEST
    ]


def _annotate(rng: np.random.Generator, picture: Picture, person: Person, name: str) -> Row:
    camera = picture.scene.camera
    pixels, depths = camera.project(person.joints)
    height = person.stature * camera.focal / float(depths[INDEX["pelvis"]])
    center = pixels[_TRUNK].mean(axis=0) + rng.normal(0, _ROUGH * height, 2) + _FIRST_PIXEL
    inside = contains(picture.canvas.size, pixels[_PLACES])
    joints = np.where(inside[:, None], pixels[_PLACES] + _FIRST_PIXEL, _NOWHERE)
    annotation = {
        "joints_vis": inside.astype(int).tolist(),
        "joints": [rounded(joint) for joint in joints],
        "image": name,
        "scale": round(height / _HEIGHT, 6),
        "center": np.rint(center).tolist(),
    }
    head = pixels[_HEAD] + _FIRST_PIXEL
    return Row(annotation, np.stack([head.min(axis=0), head.max(axis=0)]))
