"""What the official lifting codes feed their networks: windows of sequences, normalised poses."""

import re
from typing import Any

import numpy as np
import pytest
from golden.ledger import Ledger
from numpy.typing import NDArray

from hrbench.data import pose_statistics, windows
from hrbench.data.pose_statistics import PoseStatistics
from hrbench.geometry import flip_order

GENERATORS = "rest/lifting/generators.npz"
NORMALISATION = "rest/lifting/martinez_normalization.npz"
JOINTS = "rest/lifting/h36m_joints.json"


def test_sequences_are_divided_as_officially(golden: Ledger) -> None:
    lengths = [len(keypoints) for keypoints in inputs(golden, "2d")]
    for name in generators(golden, "chunk"):
        pairs = golden.load(GENERATORS)[f"{name}_pairs"]
        chunk = int(name.removeprefix("chunk").split("_")[0])
        ours = windows.chunks(lengths, chunk, mirror=bool(pairs[:, 3].any()))
        golden.check(GENERATORS, f"{name}_pairs", ours)


def test_windows_of_parts_of_sequences_are_the_official_ones(golden: Ledger) -> None:
    z = golden.load(GENERATORS)
    order = flip_order(17, flip_pairs(golden))
    sequences = windows.join(inputs(golden, "2d"), inputs(golden, "3d"), order, order)
    for name in generators(golden, "chunk"):
        # The order of the draws is ours: here it is the official one.
        pairs = z.get(f"{name}_permuted_pairs", z[f"{name}_pairs"])
        pad, shift = margins(golden, name)
        size = len(z[f"{name}_b0_2d"])
        for batch in range(-(-len(pairs) // size)):
            chosen = pairs[batch * size : (batch + 1) * size]
            keypoints, joints = sequences.cut(chosen, pad, shift)
            golden.check(GENERATORS, f"{name}_b{batch}_2d", keypoints)
            golden.check(GENERATORS, f"{name}_b{batch}_3d", joints)
            check_cameras(golden, f"{name}_b{batch}_cam", chosen[:, 0], chosen[:, 3])


def test_whole_sequences_are_padded_and_mirrored_as_officially(golden: Ledger) -> None:
    z = golden.load(GENERATORS)
    order = flip_order(17, flip_pairs(golden))
    for name in generators(golden, "unchunked"):
        pad, shift = margins(golden, name)
        for number, parts in enumerate(
            zip(inputs(golden, "2d"), inputs(golden, "3d"), strict=True)
        ):
            sides = len(z[f"{name}_b{number}_2d"])  # 2 with the mirror image
            keypoints, joints = (
                np.stack([part, windows.mirrored(part, order)][:sides]) for part in parts
            )
            golden.check(GENERATORS, f"{name}_b{number}_2d", windows.padded(keypoints, pad, shift))
            golden.check(GENERATORS, f"{name}_b{number}_3d", joints)
            sequence = np.full(sides, number)
            check_cameras(golden, f"{name}_b{number}_cam", sequence, np.arange(sides))


def check_cameras(
    golden: Ledger, key: str, sequence: NDArray[np.int64], mirror: NDArray[np.int64]
) -> None:
    rows = np.array(inputs(golden, "cam"))[sequence]
    seen = np.where(mirror[:, None] == 1, windows.mirrored_intrinsics(rows), rows)
    golden.check(GENERATORS, key, seen)


def margins(golden: Ledger, name: str) -> tuple[int, int]:
    """The pad and the causal shift that a generator was made with."""
    z = golden.load(GENERATORS)
    pad = (z[f"{name}_b0_2d"].shape[1] - z[f"{name}_b0_3d"].shape[1]) // 2
    return pad, pad if "causal" in name else 0


def flip_pairs(golden: Ledger) -> list[tuple[int, int]]:
    described: Any = golden.json(JOINTS)
    left, right = described["keypoints_symmetry_h36m17"]
    return list(zip(left, right, strict=True))


def inputs(golden: Ledger, kind: str) -> list[NDArray[np.float32]]:
    z = golden.load(GENERATORS)
    count = sum(key.startswith(f"in_{kind}_") for key in z)
    return [z[f"in_{kind}_{number}"] for number in range(count)]


def generators(golden: Ledger, kind: str) -> list[str]:
    """The names of the official generators whose windows are among the goldens."""
    names = (re.fullmatch(rf"({kind}.*)_b\d+_2d", key) for key in golden.load(GENERATORS))
    return sorted({match[1] for match in names if match})


@pytest.mark.parametrize(
    ("name", "used"),
    [
        ("3d", pose_statistics.JOINTS_OUT),
        ("3d14", (*range(1, 7), 8, *range(10, 17))),  # without spine (7) and neck_nose (9) too
        ("2d", pose_statistics.KEYPOINTS_IN),
    ],
)
def test_statistics_are_martinezs(name: str, used: tuple[int, ...], golden: Ledger) -> None:
    found = measured(golden, name, used)
    golden.check(NORMALISATION, f"{name}_mean", found.mean.ravel())
    golden.check(NORMALISATION, f"{name}_std", found.std.ravel())
    golden.check(NORMALISATION, f"{name}_use", found.coordinates)
    ignored = np.setdiff1d(np.arange(found.mean.size), found.coordinates)
    golden.check(NORMALISATION, f"{name}_ignore", ignored)


def test_poses_are_normalised_and_restored_as_martinez_does(golden: Ledger) -> None:
    z = golden.load(NORMALISATION)
    found = measured(golden, "3d", pose_statistics.JOINTS_OUT)
    for number in (key.removeprefix("norm3d_") for key in z if key.startswith("norm3d_")):
        poses = pose_statistics.centred(z[f"raw_{number}"].reshape(-1, 32, 3))
        normalised = found.normalise(poses)
        golden.check(NORMALISATION, f"norm3d_{number}", normalised)
        restored = found.restore(normalised).reshape(len(poses), -1)
        for key in {f"unnorm3d_{number}", f"unnorm3d_{number}_torchport"} & z.keys():
            golden.check(NORMALISATION, key, restored)


def measured(golden: Ledger, name: str, used: tuple[int, ...]) -> PoseStatistics:
    """The statistics of the goldens' poses, which have all 32 joints of the release."""
    z = golden.load(NORMALISATION)
    described: Any = golden.json(JOINTS)
    raw = [z[key] for key in sorted(z) if key.startswith("raw_")]
    poses = pose_statistics.centred(np.concatenate(raw).reshape(-1, 32, 3))
    if name == "2d":
        poses = z["raw2d"].reshape(-1, 32, 2)
    return pose_statistics.measure(poses, [described["kept"][joint] for joint in used])
