"""What the official lifting codes feed their networks: windows of sequences, normalised poses."""

import numpy as np
import pytest
from golden.folder import each
from golden.ledger import Ledger
from numpy.typing import NDArray

from hrbench import catalog
from hrbench.data import pose_statistics
from hrbench.data.pose_statistics import PoseStatistics
from hrbench.data.sequences import chunks, join, mirrored, mirrored_intrinsics, padded
from hrbench.formats.h36m import frame_names
from hrbench.geometry import flip_order

each_generators = each("rest/lifting/generators*.npz")
each_normalisation = each("rest/lifting/martinez_normalization*.npz")
DATASET = catalog.load_dataset("h36m")
ORDER = flip_order(len(DATASET.keypoints), DATASET.indices(DATASET.flip_pairs))


@each_generators
def test_sequences_are_divided_as_officially(file: str, golden: Ledger) -> None:
    lengths = [len(keypoints) for keypoints in inputs(golden, file, "2d")]
    for name in generators(golden, file, "chunk"):
        pairs = golden.load(file)[f"{name}_pairs"]
        chunk = int(name.removeprefix("chunk").split("_")[0])
        ours = chunks(lengths, chunk, mirror=bool(pairs[:, 3].any()))
        golden.check(file, f"{name}_pairs", ours)


@each_generators
def test_windows_of_parts_of_sequences_are_the_official_ones(file: str, golden: Ledger) -> None:
    z = golden.load(file)
    sequences = join(inputs(golden, file, "2d"), inputs(golden, file, "3d"), ORDER, ORDER)
    for name in generators(golden, file, "chunk"):
        # The order of the draws is ours: here it is the official one.
        pairs = z.get(f"{name}_permuted_pairs", z[f"{name}_pairs"])
        pad, shift = margins(golden, file, name)
        size = len(z[f"{name}_b0_2d"])
        for batch in range(-(-len(pairs) // size)):
            chosen = pairs[batch * size : (batch + 1) * size]
            keypoints, joints = sequences.cut(chosen, pad, shift)
            golden.check(file, f"{name}_b{batch}_2d", keypoints)
            golden.check(file, f"{name}_b{batch}_3d", joints)
            check_cameras(golden, file, f"{name}_b{batch}_cam", chosen[:, 0], chosen[:, 3])


@each_generators
def test_whole_sequences_are_padded_and_mirrored_as_officially(file: str, golden: Ledger) -> None:
    z = golden.load(file)
    for name in generators(golden, file, "unchunked"):
        pad, shift = margins(golden, file, name)
        for number, parts in enumerate(
            zip(inputs(golden, file, "2d"), inputs(golden, file, "3d"), strict=True)
        ):
            sides = len(z[f"{name}_b{number}_2d"])  # 2 with the mirror image
            keypoints, joints = (np.stack([part, mirrored(part, ORDER)][:sides]) for part in parts)
            golden.check(file, f"{name}_b{number}_2d", padded(keypoints, pad, shift))
            golden.check(file, f"{name}_b{number}_3d", joints)
            sequence = np.full(sides, number)
            check_cameras(golden, file, f"{name}_b{number}_cam", sequence, np.arange(sides))


def check_cameras(
    golden: Ledger, file: str, key: str, sequence: NDArray[np.int64], mirror: NDArray[np.int64]
) -> None:
    rows = np.array(inputs(golden, file, "cam"))[sequence]
    seen = np.where(mirror[:, None] == 1, mirrored_intrinsics(rows), rows)
    golden.check(file, key, seen)


def margins(golden: Ledger, file: str, name: str) -> tuple[int, int]:
    """The pad and the causal shift that a generator was made with."""
    z = golden.load(file)
    pad = (z[f"{name}_b0_2d"].shape[1] - z[f"{name}_b0_3d"].shape[1]) // 2
    return pad, pad if "causal" in name else 0


def inputs(golden: Ledger, file: str, kind: str) -> list[NDArray[np.float32]]:
    z = golden.load(file)
    count = sum(key.startswith(f"in_{kind}_") for key in z)
    return [z[f"in_{kind}_{number}"] for number in range(count)]


def generators(golden: Ledger, file: str, kind: str) -> list[str]:
    """The names of the official generators whose windows are among the goldens."""
    return golden.names(file, rf"({kind}.*)_b\d+_2d")


@each_normalisation
@pytest.mark.parametrize(
    ("name", "used"),
    [
        ("3d", pose_statistics.JOINTS_OUT),
        ("3d14", (*range(1, 7), 8, *range(10, 17))),  # without spine (7) and neck_nose (9) too
        ("2d", pose_statistics.KEYPOINTS_IN),
    ],
)
def test_statistics_are_martinezs(
    name: str, used: tuple[int, ...], file: str, golden: Ledger
) -> None:
    found = measured(golden, file, name, used)
    golden.check(file, f"{name}_mean", found.mean.ravel())
    golden.check(file, f"{name}_std", found.std.ravel())
    golden.check(file, f"{name}_use", found.coordinates)
    ignored = np.setdiff1d(np.arange(found.mean.size), found.coordinates)
    golden.check(file, f"{name}_ignore", ignored)


@each_normalisation
def test_poses_are_normalised_and_restored_as_martinez_does(file: str, golden: Ledger) -> None:
    z = golden.load(file)
    found = measured(golden, file, "3d", pose_statistics.JOINTS_OUT)
    for number in (key.removeprefix("norm3d_") for key in z if key.startswith("norm3d_")):
        poses = pose_statistics.centred(z[f"raw_{number}"].reshape(-1, 32, 3))
        normalised = found.normalise(poses)
        golden.check(file, f"norm3d_{number}", normalised)
        restored = found.restore(normalised).reshape(len(poses), -1)
        for key in {f"unnorm3d_{number}", f"unnorm3d_{number}_torchport"} & z.keys():
            golden.check(file, key, restored)


def measured(golden: Ledger, file: str, name: str, used: tuple[int, ...]) -> PoseStatistics:
    """The statistics of the goldens' poses, which have all 32 joints of the release."""
    z = golden.load(file)
    raw = [z[key] for key in sorted(z) if key.startswith("raw_")]
    poses = pose_statistics.centred(np.concatenate(raw).reshape(-1, 32, 3))
    if name == "2d":
        poses = z["raw2d"].reshape(-1, 32, 2)
    return pose_statistics.measure(poses, [frame_names.KEPT[joint] for joint in used])
