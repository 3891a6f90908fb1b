"""Joints in space from keypoints that were predicted before: `hrbench predict` on its own folder.

Letters: T frames; 17 joints of Human3.6M.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from hrbench.cameras import Camera
from hrbench.commands.predict.writing import (
    ABOUT,
    DRAWN,
    open_video,
    write_picture,
    write_rows,
    write_table,
)
from hrbench.data.clips import Clip
from hrbench.draw.joint_sheet import (
    FRONT,
    PANEL,
    SHARE,
    SIDE,
    framed,
    joint_view,
    keypoint_view,
    midpoint,
)
from hrbench.engine.runtime import Runtime
from hrbench.errors import DataError
from hrbench.formats.coco.annotations import read_json
from hrbench.formats.h36m import joint_maps
from hrbench.kinds.lifting.predicting import lift
from hrbench.kinds.lifting.task import Lifting

KEYPOINTS = "keypoints.json"
TALL = 2000.0  # mm, that a view shows at least


@dataclass(frozen=True, slots=True, eq=False)
class Lifted:
    """The joints of a file's pictures, without a gap between them."""

    clip: Clip  # `name` is the file
    joints: NDArray[np.float32]  # (T, 17, 3) mm in the camera's frame, from the hip
    rate: float | None  # pictures a second, of a video


def lifted(job: Lifting, folders: Sequence[str], runtime: Runtime) -> Iterator[Lifted]:
    """Yield the joints of all pictures that folders have keypoints of.

    Of several persons in a picture the surest is lifted.

    Raises:
        DataError: a folder is not one that `hrbench predict` wrote, or its keypoints are others.
    """
    network, flip = job.network.to(runtime.device).eval(), job.spec.protocol.flip_test
    for folder in folders:
        for clip, rate in _clips(Path(folder)):
            with torch.inference_mode(), runtime.autocast(job.spec.protocol.precision):
                found = lift(network, clip, job.inputs(), runtime, flip_test=flip)
            yield Lifted(clip, found, rate)


def view(lifted: Lifted, row: int, job: Lifting) -> NDArray[np.uint8]:
    """Return a BGR picture of a frame: keypoints, and joints from the camera and from its right."""
    edges, names = job.dataset.indices(job.dataset.edges), job.dataset.keypoints
    joints = lifted.joints[row].astype(np.float64)
    factor = SHARE * PANEL / max(TALL, float(np.ptp(joints, axis=0).max()))
    seen = (joints - midpoint(joints)) * factor
    views = [
        keypoint_view(lifted.clip.keypoints[row], edges, names),
        *(joint_view(seen[:, side], seen[:, side], edges, names) for side in (FRONT, SIDE)),
    ]
    return np.ascontiguousarray(np.hstack([framed(found) for found in views]))


def rows(lifted: Lifted) -> Iterator[dict[str, Any]]:
    """Yield what the JSON file says of each frame."""
    for frame, joints in zip(lifted.clip.frames.tolist(), lifted.joints, strict=True):
        where = {} if lifted.rate is None else {"frame": frame}
        places = np.round(joints.astype(float), 2).tolist()
        yield {"file_name": lifted.clip.name, **where, "joints": places}


def _clips(folder: Path) -> Iterator[tuple[Clip, float | None]]:
    for name in (ABOUT, KEYPOINTS):
        if not (folder / name).is_file():
            raise DataError(
                f"{folder} has no {name}: 3D joints are lifted from the folder that "
                "`hrbench predict --task h36m-pose` (or coco-pose) has written"
            )
    about = read_json(folder / ABOUT)
    try:
        to_h36m = joint_maps.to_h36m(tuple(about["keypoints"]))
        by_file = _surest(read_json(folder / KEYPOINTS))
        yield from _sequences(by_file, about["files"], to_h36m)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(
            f"{folder}: {ABOUT} and {KEYPOINTS} are not as `hrbench predict` writes them "
            f"({type(error).__name__}: {error}); predict the keypoints again"
        ) from error


def _surest(rows: Any) -> dict[str, dict[int, dict[str, Any]]]:
    """Return of each file, and of each of its frames, the row of the highest score."""
    by_file: dict[str, dict[int, dict[str, Any]]] = {}
    for row in rows:
        frames = by_file.setdefault(row["file_name"], {})
        frame = row.get("frame", 0)
        if frame not in frames or row["score"] > frames[frame]["score"]:
            frames[frame] = row
    return by_file


def _sequences(
    by_file: dict[str, dict[int, dict[str, Any]]], files: Any, to_h36m: joint_maps.Map
) -> Iterator[tuple[Clip, float | None]]:
    """Yield the frames of each file that follow one another, and its frames a second."""
    for file, frames in by_file.items():
        size = files[file]["width"], files[file]["height"]
        numbers = np.array(sorted(frames))
        for part in np.split(numbers, np.flatnonzero(np.diff(numbers) > 1) + 1):
            flat = np.array([frames[number]["keypoints"] for number in part.tolist()])
            keypoints = to_h36m(flat.reshape(len(part), -1, 3)[..., :2].astype(np.float32))
            unknown = np.zeros((len(part), 17, 3), np.float32)
            clip = Clip("", file, _camera(size), part, unknown, keypoints)
            yield clip, files[file].get("rate")


def _camera(size: tuple[int, int]) -> Camera:
    """Return a camera of which nothing is known but the size of its pictures."""
    center = np.array(size, dtype=np.float64) / 2
    zeros = np.zeros(3)
    return Camera("", np.eye(3), zeros, np.full(2, np.nan), center, zeros, np.zeros(2), size)


def write(folder: Path, job: Lifting, found: Sequence[Lifted], *, draw: bool) -> int:
    """Write joints as JSON and CSV, and views of them; return of how many pictures."""
    everything = [row for part in found for row in rows(part)]
    write_rows(folder / "joints.json", everything)
    names = [f"{name}_{axis}" for name in job.dataset.keypoints for axis in "xyz"]
    cells = [[r["file_name"], r.get("frame", ""), *np.ravel(r["joints"])] for r in everything]
    write_table(folder / "joints.csv", ["file", "frame", *names], cells)
    if draw:
        (folder / DRAWN).mkdir()
        for number, part in enumerate(found):
            _draw(folder / DRAWN / f"{Path(part.clip.name).stem}-{number}", job, part)
    return len(everything)


def _draw(place: Path, job: Lifting, part: Lifted) -> None:
    views = [view(part, row, job) for row in range(len(part.joints))]
    if part.rate is None:
        write_picture(place.with_name(f"{place.name}.jpg"), views[0])
        return
    video = open_video(place.with_name(f"{place.name}.mp4"), part.rate, views[0])
    for picture in views:
        video.write(picture)
    video.release()
