import json

import numpy as np
import pytest
from shared import need_shared

from hrbench.world.h36m.camera import NAMES, LensCamera
from hrbench.world.h36m.studio import SUBJECTS, cameras

SIZE = (192, 256)
SEED = 3


def test_a_lens_bends_as_3d_pose_baseline_bends() -> None:
    golden = need_shared() / "golden/rest/lifting"
    real = json.loads((golden / "h36m_cameras.json").read_text("utf-8"))
    with np.load(golden / "projection.npz") as content:
        for index, key in enumerate(content["camera_keys"].tolist()):
            numbers = real[key]
            camera = LensCamera(
                rotation=np.array(numbers["R_cam_to_world"]).T,
                position=np.array(numbers["T_world_m"]) * 1000,
                focal=1.0,
                center=np.array(numbers["c"]),
                name=key,
                focals=np.array(numbers["f"]),
                radial=np.array(numbers["k"]),
                tangential=np.array(numbers["p"]),
            )
            pixels, depths = camera.project(content["world_mm"])
            assert np.abs(pixels - content[f"martinez{index}_proj"]).max() < 1e-7
            assert np.abs(depths - content[f"martinez{index}_depth"].ravel()).max() < 1e-7


def test_the_cameras_stand_where_the_real_ones_stand() -> None:
    real = json.loads((need_shared() / "golden/rest/lifting/h36m_cameras.json").read_text("utf-8"))
    for subject in (*SUBJECTS["train"], *SUBJECTS["test"]):
        four = cameras(SEED, subject, SIZE)
        assert tuple(camera.name for camera in four) == NAMES
        for camera in four:
            assert np.allclose(camera.rotation @ camera.rotation.T, np.eye(3), atol=1e-12)
            assert np.linalg.det(camera.rotation) == pytest.approx(1)
            there = np.array(real[f"S{subject}/{camera.name}"]["T_world_m"])
            assert abs(np.linalg.norm(camera.position / 1000) - np.linalg.norm(there)) < 1.5
            angle = np.arctan2(camera.position[1], camera.position[0]) - np.arctan2(*there[1::-1])
            assert abs(np.sin(angle / 2)) < np.sin(np.radians(10))


def test_the_middle_of_the_floor_is_in_the_middle_of_the_image() -> None:
    for camera in cameras(SEED, 9, SIZE):
        pixel, depth = camera.project(np.array([0.0, 0.0, 950.0]))
        assert np.abs(pixel - (127.5, 95.5)).max() < 20
        assert 4500 < depth < 5800


def test_lenses_are_like_the_real_ones_and_the_same_for_every_subject() -> None:
    real = json.loads((need_shared() / "golden/rest/lifting/h36m_cameras.json").read_text("utf-8"))
    for one, other in zip(cameras(SEED, 1, SIZE), cameras(SEED, 11, SIZE), strict=True):
        numbers = real[f"S1/{one.name}"]
        # Human3.6M's images are 1000 pixels wide and as high; here the shorter side counts.
        assert np.abs(one.focals / 192 - 1.145).max() < 0.01
        assert 0 < one.focals[0] - one.focals[1] < 0.01 * 192
        assert one.focal == pytest.approx(one.focals.mean())
        off = one.center - (127.5, 95.5)
        assert (off > 0).all()
        assert (off < np.array([256, 192]) * 0.02).all()
        assert np.abs(one.radial - numbers["k"]).max() < 0.03
        assert 0 < np.abs(one.tangential).max() < 0.003
        for name in ("focals", "center", "radial", "tangential"):
            assert np.array_equal(getattr(one, name), getattr(other, name))
        assert not np.array_equal(one.position, other.position)


def test_a_pinhole_without_the_lens_sees_the_middle_alike_and_the_corners_not() -> None:
    camera = cameras(SEED, 1, SIZE)[0]
    forward, right = camera.rotation[2], camera.rotation[0]
    for aside, low, high in ((0.0, -1e-9, 1e-9), (0.4, 0.5, 10.0)):
        point = camera.position + 5000 * (forward + aside * right)
        bent, straight = camera.project(point)[0], camera.pinhole.project(point)[0]
        assert low <= float(np.linalg.norm(bent - straight)) <= high
