"""Write the world as Human3.6M, in the files of VideoPose3D, of Martinez et al. and of mmpose."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from hrbench.errors import RunError
from hrbench.world.h36m import studio
from hrbench.world.h36m.camera import NAMES
from hrbench.world.h36m.detections import detect_over_time
from hrbench.world.h36m.files import (
    Recording,
    kept,
    write_cameras,
    write_martinez,
    write_mmpose,
    write_videopose3d,
)
from hrbench.world.h36m.frames import count, draw_frame, find
from hrbench.world.making import Counts, Making

_SHARES = {"train": 1, "test": 4}  # one image to so many of the training set


def write_h36m(folder: Path, making: Making) -> Counts:
    """Write Human3.6M's tree into `folder`; return what each split has.

    The sequences are always all there; the images for training are of frames spread evenly over
    them, and there are a quarter as many of the test subjects'.

    Raises:
        RunError: the sequences do not have so many frames.
    """
    seed, size = making.seed, making.size
    if making.images > count(seed, "train"):
        raise RunError(
            f"the synthetic Human3.6M has {count(seed, 'train')} frames for training; "
            f"ask for at most so many images instead of {making.images}"
        )
    _write_numbers(folder, seed, size)
    counts = {}
    for split, share in _SHARES.items():
        number, takes = making.share(share), studio.takes(split)
        chosen = np.linspace(0, count(seed, split), number, endpoint=False).astype(int).tolist()
        for video in {Path(find(seed, split, frame).file).parent for frame in chosen}:
            (folder / "images" / video).mkdir(parents=True)
        draw = partial(draw_frame, folder / "images", split, seed, size)
        write_mmpose(folder, split, list(making.drawn(draw, chosen)), size)
        counts[split] = {"images": number, "people": number, "sequences": len(takes) * len(NAMES)}
    return counts


def _write_numbers(folder: Path, seed: int, size: tuple[int, int]) -> None:
    """Write all files but the drawn frames and what is said about them."""
    for name in ("annotation_body2d", "annotation_body3d/fps50", "images"):
        (folder / name).mkdir(parents=True)
    recordings = list(_record(seed, size))
    cameras = {s: studio.cameras(seed, s, size) for four in studio.SUBJECTS.values() for s in four}
    write_videopose3d(folder, recordings)
    write_martinez(folder, recordings, cameras)
    # mmpose looks for it in a folder; beside VideoPose3D's files it says what they leave to code.
    for place in (folder, folder / "annotation_body3d"):
        write_cameras(place / "cameras.pkl", cameras, size)


def _record(seed: int, size: tuple[int, int]) -> Iterator[Recording]:
    for take in (take for split in _SHARES for take in studio.takes(split)):
        joints = studio.human36m(studio.motion(seed, take))
        stature = studio.body(seed, take.subject).stature
        four = studio.cameras(seed, take.subject, size)
        seen = [camera.project(kept(joints)) for camera in four]
        keypoints, depths = (np.stack(values) for values in zip(*seen, strict=True))
        focal = np.array([camera.focal for camera in four])[:, None]
        heights = stature * focal / depths[..., 0]
        rng = studio.stream(seed, studio.DETECTIONS, take.subject, take.action)
        yield Recording(take, joints, keypoints, detect_over_time(rng, keypoints, depths, heights))
