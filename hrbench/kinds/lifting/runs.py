"""A run's keypoints as input to lifting: from image to 3D with one's own weights."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hrbench.begun import folder as run_folder
from hrbench.errors import RunError
from hrbench.formats import location
from hrbench.formats.contract import PeopleFormat
from hrbench.formats.h36m import frame_names, joint_maps
from hrbench.formats.registry import format_of
from hrbench.report import predictions
from hrbench.report.predictions import Predictions
from hrbench.spec import LandmarkTask

COCO = "coco-17"
Frames = dict[tuple[str, str, str], dict[int, NDArray[np.float32]]]  # by clip, then by frame


@dataclass(frozen=True, slots=True)
class Described:
    """What the protocol says of a run's keypoints."""

    name: str  # task@variant
    joint_map: str


def described(folder: Path) -> Described:
    """Return a run's name, and how its keypoints become Human3.6M's joints.

    Raises:
        RunError, DataError: the folder is no run's, or its keypoints are others.
    """
    spec, dataset, _ = run_folder.read(folder)
    if not isinstance(spec, LandmarkTask):
        raise RunError(f"--keypoints {folder}: a run of {spec.name} has no keypoints in images")
    joint_maps.to_h36m(dataset.keypoints)
    same = dataset.keypoints == joint_maps.H36M
    return Described(f"{spec.name}@{spec.variant}", "none" if same else COCO)


def frames(folder: Path, root: Path) -> Frames:
    """Return the 17 joints' keypoints of every frame that a run has predicted.

    Image files are named as mmpose names them, S9_Walking_1.58860488_000001.jpg. Where the data of
    the run are gone from their folder, they are looked for in `root`.

    Raises:
        RunError: an image is no frame of Human3.6M, or the data are not those of the run.
    """
    spec, dataset, state = run_folder.read(folder)
    if not isinstance(spec, LandmarkTask):
        raise RunError(f"--keypoints {folder}: a run of {spec.name} has no keypoints in images")
    stored = predictions.read(folder, Predictions)
    options, boxes = state.options, spec.protocol.boxes
    data = options.data
    if data not in {None, location.BUILTIN} and not Path(str(data), dataset.folder).exists():
        data = str(root)
    data_root = location.locate(dataset, data, spec.builtin, options.allow)
    named = options.boxes if options.boxes and Path(options.boxes).name == boxes else boxes
    seen = format_of(dataset, PeopleFormat).evaluation(
        spec, dataset, data_root, boxes=named, limit=options.limit
    )
    if run_folder.fingerprint(folder, state) not in {"", seen.fingerprint}:
        raise RunError(
            f"--keypoints {folder}: the files of {dataset.name} in {data_root.folder} are not "
            "those that it was run on (their fingerprint differs)"
        )
    places = dict(zip(seen.people.image_ids.tolist(), seen.people.images, strict=True))
    keypoints = joint_maps.to_h36m(dataset.keypoints)(stored.keypoints)
    by_clip: Frames = {}
    best: dict[tuple[tuple[str, str, str], int], float] = {}
    for image, points, score in zip(
        stored.image_ids.tolist(), keypoints, stored.box_scores.tolist(), strict=True
    ):
        frame = frame_names.frame_of(places[image].name)
        # Of several boxes in a frame the surest is the subject's.
        if score > best.get((frame.clip, frame.number), -np.inf):
            best[frame.clip, frame.number] = score
            by_clip.setdefault(frame.clip, {})[frame.number] = points
    return by_clip
