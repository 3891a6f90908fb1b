"""Human3.6M's files of each family, written here and read back."""

import pickle
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

from hrbench.cameras import PROJECTIONS, Camera
from hrbench.data import clips
from hrbench.data.clips import Motion
from hrbench.errors import DataError
from hrbench.files.pickles import load_npz, load_pickle
from hrbench.formats.h36m import (
    camera_files,
    cdf,
    frame_names,
    joint_maps,
    martinez,
    mmpose,
    videopose,
)

RNG = np.random.default_rng(0)
FRAMES = 6
WORLD = RNG.normal(0, 500, (FRAMES, 32, 3)) + np.array([0, 0, 900.0])  # mm
KEPT = WORLD[:, frame_names.KEPT]


def camera(name: str, height: float) -> Camera:
    """One that looks up from that height, with a lens that does not bend."""
    return Camera(
        name=name,
        rotation=np.eye(3),
        position=np.array([0, 0, height]),
        focal=np.ones(2),
        center=np.ones(2),
        radial=np.zeros(3),
        tangential=np.zeros(2),
        size=None,
    )


def boxed(content: Any) -> NDArray[np.object_]:
    box = np.empty((), dtype=object)
    box[()] = content
    return box


def write_npz(path: Path, **content: Any) -> Path:
    arrays: dict[str, Any] = {name: boxed(value) for name, value in content.items()}
    np.savez(path, **arrays)
    return path


def write_cdf(path: Path, frames: NDArray[np.float64]) -> None:
    cdflib = pytest.importorskip("cdflib", reason="hrbench[cdf]")
    path.parent.mkdir(parents=True, exist_ok=True)
    spec = {
        "Variable": "Pose",
        "Data_Type": 45,  # CDF_DOUBLE
        "Num_Elements": 1,
        "Rec_Vary": True,
        "Dim_Sizes": [len(frames), 96],
    }
    writer = cdflib.cdfwrite.CDF(str(path), delete=True)
    writer.write_var(spec, var_data=frames.reshape(1, len(frames), 96))
    writer.close()


def test_videopose3ds_metres_become_millimetres(tmp_path: Path) -> None:
    content = {"S9": {"WalkingDog": (WORLD / 1000).astype(np.float32)}}
    path = write_npz(tmp_path / "data_3d_h36m.npz", positions_3d=content)
    (motion,) = videopose.motions(path, ["S9"])
    assert motion.name == "WalkDog"
    assert motion.joints == pytest.approx(KEPT, abs=1e-3)


def test_martinez_files_are_transposed(tmp_path: Path) -> None:
    folder = tmp_path / "S9" / "MyPoses" / "3D_positions"
    folder.mkdir(parents=True)
    for name in ("Walking 1.h5", "Walking_ALL.h5"):
        with h5py.File(folder / name, "w") as file:
            file["3D_positions"] = WORLD.reshape(FRAMES, 96).T
    (motion,) = martinez.motions(tmp_path, ["S9"])
    assert motion.name == "Walking 1"
    assert motion.joints == pytest.approx(KEPT)


def test_the_releases_cdf_files(tmp_path: Path) -> None:
    folder = tmp_path / "S9" / cdf.JOINTS
    write_cdf(folder / "TakingPhoto 1.cdf", WORLD)
    (folder / "Photo_ALL.cdf").write_bytes(b"")
    (motion,) = cdf.motions(tmp_path, ["S9"])
    assert motion.name == "Photo 1"
    assert motion.joints == pytest.approx(KEPT)
    with pytest.raises(DataError, match=r"S11.*no \.cdf file"):
        cdf.motions(tmp_path, ["S11"])


@pytest.mark.parametrize("content", [b"", b"not a CDF file at all", bytes(400)])
def test_a_cdf_file_that_is_not_whole(content: bytes, tmp_path: Path) -> None:
    pytest.importorskip("cdflib", reason="hrbench[cdf]")
    folder = tmp_path / "S9" / cdf.JOINTS
    folder.mkdir(parents=True)
    (folder / "Walking.cdf").write_bytes(content)
    with pytest.raises(DataError, match=r"Walking\.cdf is not a whole CDF file"):
        cdf.motions(tmp_path, ["S9"])


def test_without_cdflib_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "S9" / cdf.JOINTS
    folder.mkdir(parents=True)
    (folder / "Walking.cdf").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "cdflib", None)
    with pytest.raises(DataError, match=r"pip install 'hrbench\[cdf\]'"):
        cdf.motions(tmp_path, ["S9"])


def test_hourglasses_have_an_order_of_their_own_and_no_nose(tmp_path: Path) -> None:
    ours = RNG.normal(500, 100, (FRAMES, 17, 2))
    theirs = np.empty((FRAMES, 16, 2))
    theirs[:, frame_names.HOURGLASS] = np.delete(ours, frame_names.NOT_FOUND, axis=1)
    folder = tmp_path / "S9" / "StackedHourglass"
    folder.mkdir(parents=True)
    with h5py.File(folder / "Walking_1.54138969.h5", "w") as file:
        file["poses"] = theirs
    found = martinez.keypoints(tmp_path, ["S9"], "sh_pt_mpii")
    keypoints = found["S9", "Walking 1", "54138969"]
    assert np.isnan(keypoints[:, frame_names.NOT_FOUND]).all()
    assert np.delete(keypoints, frame_names.NOT_FOUND, axis=1) == pytest.approx(
        np.delete(ours, frame_names.NOT_FOUND, axis=1)
    )


def test_cocos_layout_is_mapped_only_where_the_protocol_says_so(tmp_path: Path) -> None:
    coco = RNG.normal(500, 100, (FRAMES, 17, 2))
    path = write_npz(
        tmp_path / "data_2d_h36m_detectron_pt_coco.npz",
        positions_2d={"S9": {"Walking": [coco]}},
        metadata={"layout_name": "coco", "num_joints": 17},
    )
    with pytest.raises(DataError, match=r"--set protocol\.joint_map=coco-17"):
        videopose.keypoints(path, ["S9"], ["54138969"])
    found = videopose.keypoints(path, ["S9"], ["54138969"], from_coco=True)
    hip = found["S9", "Walking", "54138969"][:, 0]
    assert hip == pytest.approx((coco[:, 11] + coco[:, 12]) / 2)


def test_mmposes_frames_are_grouped_without_gaps(tmp_path: Path) -> None:
    numbers = [1, 6, 11, 51, 56]
    names = [f"S9/S9_Walking_1.54138969/S9_Walking_1.54138969_{n:06}.jpg" for n in numbers]
    joints = RNG.normal(0, 1, (5, 17, 4))
    np.savez(
        tmp_path / "h36m_test.npz", imgname=np.array(names), part=np.ones((5, 17, 3)), S=joints
    )
    table = mmpose.read(tmp_path / "h36m_test.npz")
    known = camera("54138969", 0.0)
    found = mmpose.clips(table, table.keypoints, {"S9": [known]})
    assert [clip.frames.tolist() for clip in found] == [[0, 5, 10], [50, 55]]
    assert found[1].joints == pytest.approx(joints[3:, :, :3] * 1000)
    with pytest.raises(DataError, match="camera 54138969 of S9 is not known"):
        mmpose.clips(table, table.keypoints, {})
    np.save(tmp_path / "found.npy", np.ones((4, 17, 3)))
    with pytest.raises(DataError, match=r"not \(5, 17, 3\)"):
        mmpose.detections(tmp_path / "found.npy", table)


def test_a_sequence_is_cut_to_its_joints_and_never_stretched() -> None:
    seen_by = camera("1", -5000.0)
    motion = Motion("S9", "Walking", KEPT)
    seen = clips.views([motion], {"S9": [seen_by]}, PROJECTIONS["h36m"])
    longer = {seen[0].key: np.ones((FRAMES + 3, 17, 3))}
    assert clips.with_keypoints(seen, longer, "file")[0].keypoints.shape == (FRAMES, 17, 2)
    for count, joints, words in ((FRAMES - 1, 17, "5 frames of keypoints for 6"), (6, 16, "16, 2")):
        with pytest.raises(DataError, match=words):
            clips.with_keypoints(seen, {seen[0].key: np.ones((count, joints, 2))}, "file")
    with pytest.raises(DataError, match="S9 Walking, camera 1: has no keypoints"):
        clips.with_keypoints(seen, {}, "file")


@pytest.mark.parametrize(
    ("text", "name"),
    [("Walking 1", "Walking 1"), ("Walking_1", "Walking 1"), ("TakingPhoto", "Photo")],
)
def test_sequences_are_spelt_in_one_way(text: str, name: str) -> None:
    assert frame_names.sequence(text) == name


def test_a_name_of_no_action_is_refused() -> None:
    with pytest.raises(DataError, match=r"'Jumping 1': no action of Human3\.6M"):
        frame_names.sequence("Jumping 1")
    with pytest.raises(DataError, match="are called S9_Walking_1"):
        frame_names.frame_of("000000000785.jpg")


def test_a_frames_place_is_known_from_its_bare_name() -> None:
    bare = "S9_Walking_1.58860488_000123.jpg"
    assert frame_names.place_of(bare) == f"S9/S9_Walking_1.58860488/{bare}"
    assert frame_names.frame_of(bare) == frame_names.Frame(("S9", "Walking 1", "58860488"), 122)


def test_keypoints_of_coco_and_of_ours_are_told_by_their_names() -> None:
    points = RNG.normal(0, 1, (2, 17, 2))
    order = list(reversed(joint_maps.H36M))
    assert joint_maps.to_h36m(order)(points[:, ::-1]) == pytest.approx(points)
    found = joint_maps.to_h36m(joint_maps.COCO)(points)
    assert found[:, 8] == pytest.approx((points[:, 5] + points[:, 6]) / 2)  # thorax
    assert found[:, 9] == pytest.approx(points[:, 0])  # nose
    with pytest.raises(DataError, match=r"neither Human3\.6M's 17 joints"):
        joint_maps.to_h36m(["snout", "tail"])


def test_every_kind_of_cameras_file_gives_the_same(tmp_path: Path) -> None:
    table = camera_files.builtin(Path(__file__).parents[2] / "datasets" / "h36m_cameras.csv")
    pickled = {
        (subject, camera.name): {
            "R": camera.rotation.T,
            "T": camera.position[:, None] / 1000,
            "f": camera.focal[:, None],
            "c": camera.center[:, None],
            "k": camera.radial[:, None],
            "p": camera.tangential[:, None],
            "w": 1000,
            "h": 1002,
        }
        for subject, four in table.items()
        for camera in four
    }
    for protocol in (2, 4):
        (tmp_path / "cameras.pkl").write_bytes(pickle.dumps(pickled, protocol=protocol))
        found = camera_files.read(tmp_path / "cameras.pkl")
        assert [camera.name for camera in found["S9"]] == list(camera_files.NAMES)
    with h5py.File(tmp_path / "cameras.h5", "w") as file:
        for subject, four in table.items():
            for number, camera in enumerate(four, start=1):
                group = file.create_group(f"subject{subject[1:]}/camera{number}")
                said = pickled[subject, camera.name]
                for field in ("R", "f", "c", "k", "p"):
                    group[field] = said[field]
                group["T"] = camera.position[:, None]
                group["Name"] = np.array([[ord(letter)] for letter in camera.name])
    other = camera_files.read(tmp_path / "cameras.h5")
    for subject, four in table.items():
        for ours, one, two in zip(four, found[subject], other[subject], strict=True):
            assert one.rotation == pytest.approx(ours.rotation)
            assert two.rotation == pytest.approx(ours.rotation)
            assert one.position == pytest.approx(ours.position)
            assert two.position == pytest.approx(ours.position)
            assert two.size == ours.size


def test_metadata_without_its_numbers(tmp_path: Path) -> None:
    (tmp_path / "metadata.xml").write_text("<data><w0>[1 2 3]</w0></data>")
    with pytest.raises(DataError, match="should have 300 numbers, and has 3"):
        camera_files.read(tmp_path / "metadata.xml")


class Planted:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def test_a_pickle_that_would_run_code_runs_nothing(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    (tmp_path / "cameras.pkl").write_bytes(pickle.dumps({"R": Planted(mark)}))
    with pytest.raises(DataError, match="it would run code"):
        load_pickle(tmp_path / "cameras.pkl")
    path = write_npz(tmp_path / "data.npz", positions_3d={"S9": Planted(mark)})
    with pytest.raises(DataError, match="it would run code"):
        load_npz(path)
    assert not mark.exists()


def test_arrays_strings_and_numbers_are_built(tmp_path: Path) -> None:
    content = {"a": np.arange(3), "b": ["x", 2.5, None, True], "c": np.float64(3), "d": b"y"}
    (tmp_path / "one.pkl").write_bytes(pickle.dumps(content, protocol=2))
    found = load_pickle(tmp_path / "one.pkl")
    assert found["a"].tolist() == [0, 1, 2]
    assert found["b"] == ["x", 2.5, None, True]
    assert (found["c"], found["d"]) == (3.0, b"y")
    np.savez(tmp_path / "plain.npz", plain=np.eye(2), boxed=boxed({"k": np.ones(2)}))
    arrays = load_npz(tmp_path / "plain.npz")
    assert arrays["plain"].tolist() == [[1, 0], [0, 1]]
    assert arrays["boxed"]["k"].tolist() == [1, 1]
