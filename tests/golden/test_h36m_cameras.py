"""Human3.6M's cameras, projections and joint names against the three families' code."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
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
from hrbench.formats.h36m.layouts import TABLE

FILE = "rest/lifting/projection.npz"
CAMERAS = "rest/lifting/camera_files.json"
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


def cameras(golden: Ledger) -> list[tuple[int, Camera]]:
    every: Any = golden.json(CAMERAS)
    keys = golden.load(FILE)["camera_keys"].tolist()
    return [(number, camera_of(every[key])) for number, key in enumerate(keys)]


def test_martinez_projects_and_turns_as_here(golden: Ledger) -> None:
    world = golden.load(FILE)["world_mm"]
    for number, camera in cameras(golden):
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
            golden.check(FILE, f"martinez{number}_{name}", values)


def test_videopose3d_projects_and_normalises_as_here(golden: Ledger) -> None:
    arrays = golden.load(FILE)
    for number, camera in cameras(golden):
        prefix = f"vp3d{number}_"
        size = tuple(arrays[f"{prefix}wh"].tolist())
        world = arrays[f"{prefix}world_m_f32"].astype(np.float64) * 1000
        seen = camera.to_camera(world)
        golden.check(FILE, f"{prefix}cam", seen / 1000)
        golden.check(FILE, f"{prefix}world_back", camera.to_world(seen) / 1000)
        drawn = arrays[f"{prefix}cam_for_projection"].astype(np.float64) * 1000
        pixels = PROJECTIONS["videopose3d"](camera, drawn)
        golden.check(FILE, f"{prefix}proj_pixel", pixels)
        golden.check(FILE, f"{prefix}proj_norm", screen(pixels, size))
        normalised = screen(arrays[f"{prefix}proj_pixel"], size)
        golden.check(FILE, f"{prefix}normalized_again", normalised)
        assert np.allclose(from_screen(normalised, size), arrays[f"{prefix}proj_pixel"])


def test_mmpose_projects_with_a_factor_of_two(golden: Ledger) -> None:
    world = golden.load(FILE)["world_mm"]
    for number, camera in cameras(golden):
        seen = camera.to_camera(world)
        golden.check(FILE, f"mmpose{number}_cam", seen / 1000)
        golden.check(FILE, f"mmpose{number}_pixel", PROJECTIONS["mmpose"](camera, seen))


def test_the_releases_300_numbers_are_read_as_by_martinez(golden: Ledger) -> None:
    arrays = golden.load(FILE)
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
            golden.check(FILE, prefix + name, values)
        assert str(arrays[f"{prefix}name"]) == camera.name


def test_the_table_that_comes_with_hrbench_is_the_releases(golden: Ledger) -> None:
    every: Any = golden.json(CAMERAS)
    table = camera_files.builtin(catalog.folder("datasets") / TABLE)
    assert set(table) == {"S1", "S5", "S6", "S7", "S8", "S9", "S11"}
    for subject, four in table.items():
        for camera in four:
            expected = camera_of(every[f"{subject}/{camera.name}"])
            assert camera.size == expected.size
            assert np.abs(camera.rotation - expected.rotation).max() < 1e-7
            parts = ("rotation", "position", "focal", "center", "radial", "tangential")
            ours, theirs = (
                np.concatenate([np.ravel(getattr(one, part)) for part in parts])
                for one in (camera, expected)
            )
            golden.check_value(CAMERAS, f"{subject}/{camera.name}", ours, theirs)


def test_joints_actions_and_subjects_are_the_releases(golden: Ledger) -> None:
    said: Any = golden.json(JOINTS)
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
        golden.check_value(JOINTS, key, np.array(values), np.array(expected))


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


def test_real_frames_project_to_their_annotated_keypoints(
    real: list[tuple[str, Camera, Any, Any, Any]], golden: Ledger
) -> None:
    every: Any = golden.json(FRAMES)
    assert {image for image, *_ in real} == set(every)
    for image, camera, points, joints, world in real:
        gaps = {
            name: np.abs(PROJECTIONS[name](camera, joints) - points) for name in ("h36m", "mmpose")
        }
        assert gaps["h36m"].max() < 1e-4  # px
        assert np.abs(PROJECTIONS["h36m"](camera, camera.to_camera(world)) - points).max() < 1e-4
        assert np.abs(camera.to_camera(world) - joints).max() < 1e-2  # mm
        distances = np.linalg.norm(PROJECTIONS["mmpose"](camera, joints) - points, axis=1)
        expected = every[image]["reproj_S_mmpose_formula_px"]
        golden.check_value(
            FRAMES,
            image,
            np.array([distances.mean(), distances.max(), joints[0, 2] / 1000]),
            np.array([expected["mean"], expected["max"], every[image]["root_depth_m"]]),
        )
