"""Human3.6M's cameras, projections and joint names against the three families' code."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from golden.folder import each
from golden.ledger import Ledger
from shared import need_shared

from hrbench import catalog
from hrbench.cameras import (
    PROJECTIONS,
    Camera,
    from_screen,
    radial_gain,
    screen,
    tangential_gain,
)
from hrbench.formats.h36m import camera_files, frame_names, mmpose
from hrbench.formats.h36m.reading import TABLE

each_projection = each("rest/lifting/projection*.npz")
CAMERAS = "rest/lifting/h36m_cameras.json"
JOINTS = "rest/lifting/h36m_joints.json"
FRAMES = "rest/lifting/real_frames_reprojection.json"


def camera_of(said: Mapping[str, Any]) -> Camera:
    flat = {name: np.ravel(said[name]) for name in ("T_world_m", "f", "c", "k", "p")}
    return Camera(
        name=str(said["id"]),
        rotation=np.array(said["R_cam_to_world"]).T,
        position=flat["T_world_m"] * 1000,
        focal=flat["f"],
        center=flat["c"],
        radial=flat["k"],
        tangential=flat["p"],
        size=(said["w"], said["h"]),
    )


def cameras(golden: Ledger, file: str) -> list[tuple[int, Camera]]:
    every: Any = golden.json(CAMERAS)
    keys = golden.load(file)["camera_keys"].tolist()
    return [(number, camera_of(every[key])) for number, key in enumerate(keys)]


@each_projection
def test_martinez_projects_and_turns_as_here(file: str, golden: Ledger) -> None:
    world = golden.load(file)["world_mm"]
    for number, camera in cameras(golden, file):
        seen = camera.to_camera(world)
        rays = seen[:, :2] / seen[:, 2:]
        found = {
            "cam": seen,
            "proj": PROJECTIONS["h36m"](camera, seen),
            "depth": seen[:, 2],
            "radial": radial_gain(camera, rays)[:, 0],
            "tan": tangential_gain(camera, rays)[:, 0],
            "back": camera.to_world(seen),
        }
        for name, values in found.items():
            golden.check(file, f"martinez{number}_{name}", values)


@each_projection
def test_videopose3d_projects_and_normalises_as_here(file: str, golden: Ledger) -> None:
    arrays = golden.load(file)
    for number, camera in cameras(golden, file):
        prefix = f"vp3d{number}_"
        size = tuple(arrays[f"{prefix}wh"].tolist())
        world = arrays[f"{prefix}world_m_f32"].astype(np.float64) * 1000
        seen = camera.to_camera(world)
        golden.check(file, f"{prefix}cam", seen / 1000)
        golden.check(file, f"{prefix}world_back", camera.to_world(seen) / 1000)
        drawn = arrays[f"{prefix}cam_for_projection"].astype(np.float64) * 1000
        pixels = PROJECTIONS["videopose3d"](camera, drawn)
        golden.check(file, f"{prefix}proj_pixel", pixels)
        golden.check(file, f"{prefix}proj_norm", screen(pixels, size))
        normalised = screen(arrays[f"{prefix}proj_pixel"], size)
        golden.check(file, f"{prefix}normalized_again", normalised)
        assert np.allclose(from_screen(normalised, size), arrays[f"{prefix}proj_pixel"])


@each_projection
def test_mmpose_projects_with_a_factor_of_two(file: str, golden: Ledger) -> None:
    world = golden.load(file)["world_mm"]
    for number, camera in cameras(golden, file):
        seen = camera.to_camera(world)
        golden.check(file, f"mmpose{number}_cam", seen / 1000)
        golden.check(file, f"mmpose{number}_pixel", PROJECTIONS["mmpose"](camera, seen))


@each_projection
def test_the_releases_300_numbers_are_read_as_by_martinez(file: str, golden: Ledger) -> None:
    arrays = golden.load(file)
    for key in [name for name in arrays if name.endswith("_subject_camera")]:
        prefix = key.removesuffix("subject_camera")
        subject, number = arrays[key].tolist()
        camera = camera_files.of_numbers(arrays["w0"], subject, number)
        found = {
            "R": camera.rotation,
            "T": camera.position[:, None],
            "f": camera.focal[:, None],
            "c": camera.center[:, None],
            "k": camera.radial[:, None],
            "p": camera.tangential[:, None],
        }
        for name, values in found.items():
            golden.check(file, prefix + name, values)
        assert str(arrays[f"{prefix}name"]) == camera.name


@each(CAMERAS)
def test_the_table_that_comes_with_hrbench_is_the_releases(file: str, golden: Ledger) -> None:
    every: Any = golden.json(file)
    table = camera_files.builtin(catalog.folder("datasets") / TABLE)
    known = {f"{subject}/{c.name}": c for subject, four in table.items() for c in four}
    for key in known.keys() & every.keys():
        expected = camera_of(every[key])
        assert known[key].size == expected.size
        for part in ("rotation", "position", "focal", "center", "radial", "tangential"):
            golden.check_value(file, key, getattr(known[key], part), getattr(expected, part))


@each(JOINTS)
def test_joints_actions_and_subjects_are_the_releases(file: str, golden: Ledger) -> None:
    said: Any = golden.json(file)
    dataset = catalog.load_dataset("h36m")
    pairs = dataset.indices(dataset.flip_pairs)
    edges = dataset.indices(dataset.edges)
    parents = [-1, *(next(a for a, b in edges if b == joint) for joint in range(1, 17))]
    without_nose = [joint for joint in range(16) if joint != frame_names.NOT_FOUND]
    assert len(without_nose) == 15
    found = {
        "kept": frame_names.KEPT,
        "removed": [joint for joint in range(32) if joint not in frame_names.KEPT],
        "parents17": parents,
        "left17": sorted(left for left, _ in pairs),
        "right17": sorted(right for _, right in pairs),
        "sh_to_h36m16_permutation": frame_names.HOURGLASS,
        "actions": sorted(frame_names.ACTIONS),
        "train_subjects": [int(name[1:]) for name in dataset.splits["train"].subjects],
        "test_subjects": [int(name[1:]) for name in dataset.splits["test"].subjects],
        "camera_order": camera_files.NAMES,
    }
    for key, values in found.items():
        expected = sorted(said[key]) if key == "actions" else said[key]
        golden.check_value(file, key, np.array(values), np.array(expected))


@pytest.fixture(scope="module")
def real() -> list[tuple[str, Camera, Any, Any, Any]]:
    """The real frames: image, camera, 2D, 3D in the camera's frame and in the world, in mm."""
    folder = need_shared() / "real" / "h36m"
    table = mmpose.read(folder / "test_h36m_body3d.npz")
    with np.load(folder / "cameras.npz") as arrays:
        lenses = {key: arrays[key] for key in arrays.files}
    said = json.loads((folder / "h36m_coco.json").read_text("utf-8"))
    by_image = {image["id"]: image["file_name"] for image in said["images"]}
    world = {
        by_image[row["image_id"]]: np.reshape(row["keypoints_3d"], (17, 4))[:, :3] * 1000
        for row in said["annotations"]
    }
    frames = []
    for frame, points, joints in zip(table.frames, table.keypoints, table.joints, strict=True):
        subject, _, name = frame.clip
        lens = {part: lenses[f"{subject}/{name}/{part}"] for part in ("R", "T", "f", "c", "k", "p")}
        lens |= {"R_cam_to_world": lens["R"], "T_world_m": lens["T"], "id": name, "w": 0, "h": 0}
        place = next(p for p in world if frame_names.frame_of(p) == frame)
        frames.append((place, camera_of(lens), points, joints, world[place]))
    return frames


@each(FRAMES)
def test_real_frames_project_to_their_annotated_keypoints(
    file: str, real: list[tuple[str, Camera, Any, Any, Any]], golden: Ledger
) -> None:
    every: Any = golden.json(file)
    there = [frame for frame in real if frame[0] in every]
    assert len(there) == len(every)
    for image, camera, points, joints, world in there:
        gaps = {
            name: np.abs(PROJECTIONS[name](camera, joints) - points) for name in ("h36m", "mmpose")
        }
        assert gaps["h36m"].max() < 1e-4  # px
        assert np.abs(PROJECTIONS["h36m"](camera, camera.to_camera(world)) - points).max() < 1e-4
        assert np.abs(camera.to_camera(world) - joints).max() < 1e-2  # mm
        distances = np.linalg.norm(PROJECTIONS["mmpose"](camera, joints) - points, axis=1)
        expected = every[image]["reproj_S_mmpose_formula_px"]
        golden.check_value(
            file,
            image,
            np.array([distances.mean(), distances.max(), joints[0, 2] / 1000]),
            np.array([expected["mean"], expected["max"], every[image]["root_depth_m"]]),
        )
