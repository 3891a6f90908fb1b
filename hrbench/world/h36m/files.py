"""Human3.6M's numbers in the files of those who lift: VideoPose3D, Martinez et al., mmpose."""

import pickle
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats
from hrbench.world.files import write_json
from hrbench.world.h36m.camera import NAMES as _CAMERAS
from hrbench.world.h36m.camera import LensCamera
from hrbench.world.h36m.detections import LEFT, RIGHT
from hrbench.world.h36m.studio import KEPT, NAMES, Take

Cameras = Mapping[int, Sequence[LensCamera]]  # by the subject's number
_METRE = 1000.0  # mm
_MARGIN, _SCALE_UNIT = 1.2, 200.0  # mmpose's scales: of the larger extent, in pixels
_EDGES = (  # between joints counted from 0
    *((0, 1), (1, 2), (2, 3), (0, 4), (4, 5), (5, 6), (0, 7), (7, 8), (8, 9), (9, 10)),
    *((8, 11), (11, 12), (12, 13), (8, 14), (14, 15), (15, 16)),
)
_HOURGLASS = (3, 2, 1, 4, 5, 6, 0, 7, 8, 10, 16, 15, 14, 11, 12, 13)  # of ours; no neck_nose
_CATEGORY = {
    "supercategory": "person",
    "id": 1,
    "name": "person",
    "keypoints": NAMES,
    "skeleton": _EDGES,
}


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """One take: the joints, and where four cameras see them."""

    take: Take
    joints: Floats  # (T, 32, 3) mm in the world
    keypoints: Floats  # (4, T, 17, 2) pixels
    detections: Floats  # (4, T, 17, 2) pixels


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One drawn frame."""

    name: str  # of its file, in the folder of images
    keypoints: Floats  # (17, 2) pixels
    seen: Floats  # (17, 3) mm, camera frame
    joints: Floats  # (17, 3) mm in the world


def write_videopose3d(folder: Path, recordings: Iterable[Recording]) -> None:
    """Write VideoPose3D's three files: joints in metres in the world, keypoints in pixels."""
    joints: dict[str, dict[str, Any]] = {}
    true: dict[str, dict[str, Any]] = {}
    detected: dict[str, dict[str, Any]] = {}
    for recording in recordings:
        person, name = recording.take.person, recording.take.name
        joints.setdefault(person, {})[name] = (recording.joints / _METRE).astype(np.float32)
        true.setdefault(person, {})[name] = list(recording.keypoints.astype(np.float32))
        detected.setdefault(person, {})[name] = list(recording.detections.astype(np.float32))
    layout = {"num_joints": len(NAMES), "keypoints_symmetry": [LEFT, RIGHT]}
    np.savez_compressed(folder / "data_3d_h36m.npz", positions_3d=_boxed(joints))
    np.savez_compressed(
        folder / "data_2d_h36m_gt.npz", positions_2d=_boxed(true), metadata=_boxed(layout)
    )
    np.savez_compressed(
        folder / "data_2d_h36m_cpn_ft_h36m_dbb.npz",
        positions_2d=_boxed(detected),
        metadata=_boxed({"layout_name": "h36m", **layout}),
    )


def write_martinez(folder: Path, recordings: Iterable[Recording], cameras: Cameras) -> None:
    """Write the files of Martinez et al.: one HDF5 file a take and clip, in mm and pixels."""
    for recording in recordings:
        target = folder / recording.take.person / "MyPoses" / "3D_positions"
        target.mkdir(parents=True, exist_ok=True)
        with h5py.File(target / f"{recording.take.name}.h5", "w") as file:
            rows = recording.joints.reshape(len(recording.joints), -1).T
            file.create_dataset("3D_positions", data=rows, track_times=False)
        _write_hourglass(folder, recording)
    with h5py.File(folder / "cameras.h5", "w") as file:
        for subject, four in cameras.items():
            for number, camera in enumerate(four, start=1):
                group = file.create_group(f"subject{subject}/camera{number}")
                for name, values in _martinez_camera(camera).items():
                    group.create_dataset(name, data=values, track_times=False)


def _write_hourglass(folder: Path, recording: Recording) -> None:
    """Write the detections as stacked hourglasses give them: 16 joints in an order of their own."""
    target = folder / recording.take.person / "StackedHourglassFineTuned240"
    target.mkdir(exist_ok=True)
    for camera, keypoints in zip(_CAMERAS, recording.detections, strict=True):
        name = f"{recording.take.name.replace(' ', '_')}.{camera}.h5"
        with h5py.File(target / name, "w") as file:
            file.create_dataset("poses", data=keypoints[:, _HOURGLASS], track_times=False)


def write_cameras(path: Path, cameras: Cameras, size: tuple[int, int]) -> None:
    """Write mmpose's cameras.pkl, in metres, for images of (height, width)."""
    content = {
        (f"S{subject}", camera.name): {
            "R": camera.rotation.T.copy(),
            "T": camera.position[:, None] / _METRE,
            **_lens(camera),
            "w": size[1],
            "h": size[0],
            "name": f"camera{number}",
            "id": camera.name,
        }
        for subject, four in cameras.items()
        for number, camera in enumerate(four, start=1)
    }
    path.write_bytes(pickle.dumps(content, protocol=4))


def write_mmpose(folder: Path, split: str, frames: Sequence[Frame], size: tuple[int, int]) -> None:
    """Write mmpose's two files of annotations for the drawn frames of a split."""
    keypoints = np.array([frame.keypoints for frame in frames])
    low, high = keypoints.min(axis=1), keypoints.max(axis=1)
    rows = {
        "imgname": np.array([frame.name for frame in frames]),
        "center": (low + high) / 2,
        "scale": _MARGIN * (high - low).max(axis=1) / _SCALE_UNIT,
        "part": _with_ones(keypoints),
        "S": _with_ones(np.array([frame.seen for frame in frames]) / _METRE),
    }
    np.savez(folder / "annotation_body3d" / "fps50" / f"h36m_{split}.npz", **rows)
    joints = _with_ones(np.array([frame.joints for frame in frames]) / _METRE)
    content = _coco(rows, joints, size)
    write_json(folder / "annotation_body2d" / f"h36m_coco_{split}.json", content)


def kept(joints: Floats) -> Floats:
    """Return the (..., 17, 3) joints that are measured of Human3.6M's (..., 32, 3)."""
    return joints[..., KEPT, :]


def _coco(rows: Mapping[str, Any], joints: Floats, size: tuple[int, int]) -> dict[str, Any]:
    images, annotations = [], []
    sides = rows["scale"] * _SCALE_UNIT
    corners = rows["center"] - sides[:, None] / 2
    for index, (name, corner, side) in enumerate(zip(rows["imgname"], corners, sides, strict=True)):
        number = index + 1
        images.append({"file_name": str(name), "height": size[0], "width": size[1], "id": number})
        annotations.append(
            {
                "id": number,
                "category_id": 1,
                "image_id": number,
                "iscrowd": 0,
                "bbox": [*corner.tolist(), float(side), float(side)],
                "area": float(side * side),
                "num_keypoints": len(NAMES),
                "keypoints": rows["part"][index].ravel().tolist(),
                "keypoints_3d": joints[index].ravel().tolist(),
            }
        )
    return {"categories": [_CATEGORY], "images": images, "annotations": annotations}


def _martinez_camera(camera: LensCamera) -> dict[str, NDArray[Any]]:
    """Return the camera as cameras.h5 has it: MATLAB's, whose matrices are transposed."""
    letters = np.array([[ord(letter)] for letter in camera.name], dtype=np.uint16)
    return {"R": camera.rotation.T, "T": camera.position[:, None], **_lens(camera), "Name": letters}


def _lens(camera: LensCamera) -> dict[str, Floats]:
    return {
        "f": camera.focals[:, None].copy(),
        "c": camera.center[:, None].copy(),
        "k": camera.radial[:, None].copy(),
        "p": camera.tangential[:, None].copy(),
    }


def _with_ones(points: Floats) -> Floats:
    """Return (..., D + 1) of (..., D): mmpose's flag of what is there comes last."""
    return np.concatenate((points, np.ones((*points.shape[:-1], 1))), axis=-1)


def _boxed(content: Any) -> NDArray[np.object_]:
    """Return the array without axes that NumPy pickles."""
    box = np.empty((), dtype=object)
    box[()] = content
    return box
