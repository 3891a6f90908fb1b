"""Joints in space from keypoints that were predicted before: `hrbench predict` on its own folder.

Letters: T frames; 17 joints of Human3.6M.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from hrbench.cameras import Camera
from hrbench.data.clips import Clip
from hrbench.draw.joint_sheet import views
from hrbench.engine.runtime import Runtime
from hrbench.errors import DataError
from hrbench.files.json_files import read_json
from hrbench.formats.h36m import joint_maps
from hrbench.kinds.found import Found
from hrbench.kinds.lifting.found import Joints, header
from hrbench.kinds.lifting.predicting import lift
from hrbench.kinds.lifting.task import Lifter, Lifting
from hrbench.kinds.predictor import ABOUT, Successive

KEYPOINTS = "keypoints"
ROWS = f"{KEYPOINTS}.json"
Person: TypeAlias = tuple[str, tuple[int, ...]]  # the file, and a number where there is one
Frames: TypeAlias = dict[int, dict[str, Any]]


class JointResults:
    """The joints of each person who was followed, else of the surest in each picture.

    They are in mm in the camera's frame, from the hip.
    """

    finds = Joints.finds

    def __init__(self, task: Lifting, network: Lifter, runtime: Runtime) -> None:
        self.spec, self.runtime, self.inputs = task.spec, runtime, task.inputs
        self.names = task.dataset.keypoints
        self.edges = task.dataset.indices(task.dataset.edges)
        self.header = header(self.names)
        self._network = network.to(runtime.device).eval()

    def results(self, folders: Sequence[str]) -> Iterator[Successive]:
        """Yield the joints of all pictures that folders have keypoints of.

        Raises:
            DataError: a folder is not one that `hrbench predict` wrote, or its keypoints are
                others.
        """
        for folder in folders:
            for timed in _clips(Path(folder)):
                clip, results = timed.clip, self._results(timed)
                frames = tuple(clip.frames.tolist())
                yield Successive(clip.name, timed.rate, frames, timed.times, results)

    def of(self, found: Found) -> Joints:
        """Return the joints of the surest person of a picture.

        Raises:
            DataError: nobody was found in it, or other keypoints.
        """
        rows = [{"file_name": found.file, **row} for row in found.rows()]
        if found.finds != KEYPOINTS or not rows:
            raise DataError(f"{found!r}: 3D joints are lifted from somebody's keypoints")
        names = tuple(name.removesuffix("_x") for name in found.header if name.endswith("_x"))
        height, width = found.picture().shape[:2]
        files = {found.file: {"width": width, "height": height}}
        (timed,) = _sequences(_persons(rows), files, joint_maps.to_h36m(names))
        return self._results(timed)[0]

    def _results(self, timed: "Timed") -> tuple[Joints, ...]:
        pairs = zip(timed.clip.keypoints, self._lifted(timed.clip), strict=True)
        return tuple(self._result(timed, *pair) for pair in pairs)

    @torch.inference_mode()
    def _lifted(self, clip: Clip) -> NDArray[np.float32]:
        protocol = self.spec.protocol
        return lift(
            self._network,
            clip,
            self.inputs,
            self.runtime,
            flip_test=protocol.flip_test,
            precision=protocol.precision,
        )

    def _result(
        self, timed: "Timed", keypoints: NDArray[np.floating], found: NDArray[np.float32]
    ) -> Joints:
        joints = found.astype(np.float64)
        drawn = partial(views, keypoints, joints, self.edges, self.names)
        return Joints(
            picture=drawn,
            file=timed.clip.name,
            tracks=timed.track,
            joints=joints,
            keypoints=keypoints,
            names=self.names,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Timed:
    """The keypoints of one person in successive pictures of a file."""

    clip: Clip
    rate: float | None  # pictures a second, of a video
    times: tuple[float, ...]  # seconds
    track: tuple[int, ...]  # the person's number, where `hrbench predict --tracks` gave one


def _clips(folder: Path) -> Iterator[Timed]:
    for name in (ABOUT, ROWS):
        if not (folder / name).is_file():
            raise DataError(
                f"{folder} has no {name}: 3D joints are lifted from the folder that "
                "`hrbench predict --task h36m-pose` (or coco-pose) has written"
            )
    about = read_json(folder / ABOUT)
    try:
        to_h36m = joint_maps.to_h36m(tuple(about["keypoints"]))
        persons = _persons(read_json(folder / ROWS))
        yield from _sequences(persons, about["files"], to_h36m)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(
            f"{folder}: {ABOUT} and {ROWS} are not as `hrbench predict` writes them "
            f"({type(error).__name__}: {error}); predict the keypoints again"
        ) from error


def _persons(rows: Any) -> dict[Person, Frames]:
    """Return the rows of each person by frame; of the surest, where nobody was followed."""
    persons: dict[Person, Frames] = {}
    for row in rows:
        track = (row["track_id"],) if "track_id" in row else ()
        frames = persons.setdefault((row["file_name"], track), {})
        frame = row.get("frame", 0)
        if frame not in frames or row["score"] > frames[frame]["score"]:
            frames[frame] = row
    return persons


def _sequences(
    persons: dict[Person, Frames], files: Any, to_h36m: joint_maps.Map
) -> Iterator[Timed]:
    """Yield the frames of each person that follow one another."""
    for (file, track), frames in persons.items():
        size = files[file]["width"], files[file]["height"]
        numbers = np.array(sorted(frames))
        for part in np.split(numbers, np.flatnonzero(np.diff(numbers) > 1) + 1):
            rows = [frames[number] for number in part.tolist()]
            flat = np.array([row["keypoints"] for row in rows])
            keypoints = to_h36m(flat.reshape(len(part), -1, 3)[..., :2].astype(np.float32))
            unknown = np.zeros((len(part), 17, 3), np.float32)
            clip = Clip("", file, _camera(size), part, unknown, keypoints)
            times = tuple(row["time"] if "frame" in row else 0.0 for row in rows)
            yield Timed(clip, files[file].get("rate"), times, track)


def _camera(size: tuple[int, int]) -> Camera:
    """Return a camera of which nothing is known but the size of its pictures."""
    center = np.array(size, dtype=np.float64) / 2
    zeros = np.zeros(3)
    return Camera("", np.eye(3), zeros, np.full(2, np.nan), center, zeros, np.zeros(2), size)
