"""The official MPII: its reader and its evaluation (pose_eval, part G)."""

from pathlib import Path, PurePath
from typing import Any

import numpy as np
import pytest
from golden import columns
from golden.folder import each
from golden.ledger import Ledger
from golden.recipe import dump
from scipy.io import savemat

from hrbench.formats.mpii import head_truth, reader
from hrbench.metrics.pckh import (
    IN_MEAN,
    HeadTruth,
    mean_of_keypoints,
    pixel_errors,
    score_pckh,
    share_within,
)

STATS, STATS_NUMPY1 = "pose_eval/mpii_stats.json", "pose_eval/mpii_stats_numpy1.json"
each_set = each("pose_eval/mpii_*.npz")
EMPTIED = {"empty_joint": 15, "empty_pelvis": 6}  # joints that are missing everywhere
OFFICIAL = {  # the rows of the official table, in its order
    **{part.title(): f"PCKh@0.5:{part}" for part in ("head", "shoulder", "elbow", "wrist")},
    **{part.title(): f"PCKh@0.5:{part}" for part in ("hip", "knee", "ankle")},
    "Mean": "PCKh@0.5",
    "Mean@0.1": "PCKh@0.1 (official code)",
}


@each("pose_core/geometry*.npz")
@pytest.mark.parametrize(("key", "hidden"), [("mpii", False), ("mpii_testset", True)])
def test_annotations_become_the_official_crops(
    key: str, hidden: bool, file: str, golden: Ledger
) -> None:
    z = golden.load(file)
    names = ("center", "scale", "joints", "joints_vis")
    rows = zip(*(z[f"mpii_in_{name}"].tolist() for name in names), strict=True)
    content = [{"image": "a.jpg", **dict(zip(names, row, strict=True))} for row in rows]
    table, _ = reader.examined(content, z["mpii_in_joints"].shape[1], hidden=hidden)
    assert table is not None
    people = reader.people(table, Path())
    golden.check(file, f"{key}_center", people.centers)
    golden.check(file, f"{key}_scale", people.scales)
    points, seen = columns.three(people.keypoints, people.visible)
    golden.check(file, f"{key}_joints_3d", points)
    golden.check(file, f"{key}_joints_3d_vis", seen)


@each_set
def test_the_files_of_the_evaluation_are_read_as_officially(
    file: str, golden: Ledger, tmp_path: Path
) -> None:
    dump(tmp_path / "valid.json", golden.json(file.replace(".npz", "_valid.json.gz")))
    joints = len(golden.load(file)["pos_gt_src"])
    people = reader.people(reader.read(tmp_path / "valid.json", joints)[0], tmp_path)
    golden.check(file, "db_center", people.centers)
    golden.check(file, "db_scale", people.scales)
    mat = golden.root / file.replace(".npz", "_gt_valid.mat")
    truth = head_truth.truth(mat, expected=len(people))
    golden.check(file, "pos_gt_src", np.moveaxis(truth.keypoints, 0, 2))
    golden.check(file, "jnt_missing", truth.missing.T)
    golden.check(file, "headsizes", truth.head_sizes)
    golden.check(file, "mean_mask", ~IN_MEAN)


def truth_of(golden: Ledger, file: str, variant: str, folder: Path) -> HeadTruth:
    """The truth of a case, by way of a file of MATLAB's."""
    assert variant in {"", "float_missing", "nan_missing", *EMPTIED}
    z = golden.load(file)
    content = {key: z[key].copy() for key in ("pos_gt_src", "headboxes_src", "jnt_missing")}
    if variant == "float_missing":
        content["jnt_missing"] = content["jnt_missing"].astype(np.float64)
    if variant == "nan_missing":
        absent = np.broadcast_to((content["jnt_missing"] == 1)[:, None], z["pos_gt_src"].shape)
        content["pos_gt_src"][absent] = np.nan
    if variant in EMPTIED:
        content["jnt_missing"][EMPTIED[variant]] = 1
    savemat(folder / "gt_valid.mat", content)
    return head_truth.truth(folder / "gt_valid.mat")


@each_set
def test_pckh_curves_and_the_table_are_the_official_ones(
    file: str, golden: Ledger, tmp_path: Path
) -> None:
    for case in golden.names(file, r"(\w+)_PCKh"):
        check_case(golden, file, case, tmp_path)


def check_case(golden: Ledger, file: str, case: str, folder: Path) -> None:
    level, _, variant = case.partition("_")
    truth = truth_of(golden, file, variant, folder)
    predicted = golden.load(file)[f"{level}_preds"][..., :2]
    shares = pixel_errors(truth, predicted) / truth.head_sizes[:, None]
    if not variant:
        golden.check(file, f"{case}_scaled_uv_err", np.where(truth.missing, 0, shares).T)
    within = share_within(np.sort(shares.T), truth.labelled)
    golden.check(file, f"{case}_curve", within)
    golden.check(file, f"{case}_PCKh", within[-1])
    golden.check(file, f"{case}_jnt_count", truth.labelled)
    # Of the two that it masks, the official array holds the count below the mask.
    ratio = np.where(
        IN_MEAN, mean_of_keypoints(np.eye(len(IN_MEAN)), truth.labelled), truth.labelled
    )
    golden.check(file, f"{case}_jnt_ratio", ratio)
    scores = score_pckh(truth, predicted)
    golden.check(file, "thresholds", scores.groups["curve"]["thresholds"])
    figures = [scores.figures[figure] for figure in OFFICIAL.values()]
    name = PurePath(file).stem.removeprefix("mpii_")
    for stats in (STATS, STATS_NUMPY1):
        table: Any = golden.json(stats)
        expected = [table["stats"][f"{name}_{case}"][row] for row in OFFICIAL]
        golden.check_value(stats, "stats", figures, np.array(expected, dtype=np.float64))


@each("pose_eval/mpii_stats*.json")
def test_every_case_of_the_table_has_its_arrays(file: str, golden: Ledger) -> None:
    table: Any = golden.json(file)
    there = {
        f"{PurePath(arrays).stem.removeprefix('mpii_')}_{case}"
        for arrays in golden.files("pose_eval/mpii_*.npz")
        for case in golden.names(arrays, r"(\w+)_PCKh")
    }
    assert set(table["stats"]) == there
