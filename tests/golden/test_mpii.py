"""The official MPII: its reader, its crops and targets, its evaluation (pose_eval, part G)."""

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from golden.ledger import Ledger
from golden.recipe import dump
from numpy.typing import NDArray
from scipy.io import savemat
from shared import need_shared
from specs import landmark_task

from hrbench import catalog
from hrbench.data.augment import Crop, Draw, Ranges
from hrbench.data.sample import People
from hrbench.engine.runtime import normalised
from hrbench.formats.mpii import head_truth, reader
from hrbench.kinds.landmarks.pixels import Pixels, pixels
from hrbench.metrics.pckh import (
    IN_MEAN,
    HeadTruth,
    mean_of_keypoints,
    pixel_errors,
    score_pckh,
    share_within,
)

CPU = torch.device("cpu")
GEOMETRY, PIPELINE = "pose_core/geometry.npz", "pose_core/pipeline_mpii.npz"
STATS, STATS_NUMPY1 = "pose_eval/mpii_stats.json", "pose_eval/mpii_stats_numpy1.json"
SETS = ["real", "synthetic"]
LEVELS = ["low", "mid", "high"]
VARIANTS = ["float_missing", "nan_missing", "empty_joint", "empty_pelvis"]
CASES = [*LEVELS, *(f"mid_{variant}" for variant in VARIANTS)]
OFFICIAL = {  # the rows of the official table, in its order
    **{part.title(): f"PCKh@0.5:{part}" for part in ("head", "shoulder", "elbow", "wrist")},
    **{part.title(): f"PCKh@0.5:{part}" for part in ("hip", "knee", "ankle")},
    "Mean": "PCKh@0.5",
    "Mean@0.1": "PCKh@0.1 (official code)",
}


def three_columns(people: People) -> tuple[NDArray[Any], NDArray[Any]]:
    """Keypoints and visibility with the official third column, which is always 0."""
    seen = people.visible.astype(float)
    points = np.pad(people.keypoints, ((0, 0), (0, 0), (0, 1)))
    return points, np.stack([seen, seen, seen * 0], axis=2)


@pytest.mark.parametrize(("key", "hidden"), [("mpii", False), ("mpii_testset", True)])
def test_annotations_become_the_official_crops(key: str, hidden: bool, golden: Ledger) -> None:
    z = golden.load(GEOMETRY)
    names = ("center", "scale", "joints", "joints_vis")
    columns = zip(*(z[f"mpii_in_{name}"].tolist() for name in names), strict=True)
    content = [{"image": "a.jpg", **dict(zip(names, row, strict=True))} for row in columns]
    table, _ = reader.examined(content, 16, hidden=hidden)
    assert table is not None
    people = reader.people(table, Path())
    golden.check(GEOMETRY, f"{key}_center", people.centers)
    golden.check(GEOMETRY, f"{key}_scale", people.scales)
    points, seen = three_columns(people)
    golden.check(GEOMETRY, f"{key}_joints_3d", points)
    golden.check(GEOMETRY, f"{key}_joints_3d_vis", seen)


def slice_of(golden: Ledger) -> People:
    """The persons of the real slice that the goldens were made of, by their images."""
    folder = need_shared() / "real" / "mpii"
    table, _ = reader.read(folder / "annot/valid.json", 16)
    people = reader.people(table, folder / "images")
    names = [people.images[image].name for image in people.image]
    return people.rows(np.array([names.index(name) for name in golden.load(PIPELINE)["image"]]))


def road() -> Pixels:
    return pixels(landmark_task("mpii-pose@w32-256x256"), catalog.load_dataset("mpii"))


def test_persons_are_read_and_cropped_as_officially(golden: Ledger) -> None:
    people, cutting = slice_of(golden), road().cutting
    rows = range(len(people))
    cut = np.concatenate([cutting.plain(people, np.array([row]))[:, 0] for row in rows])
    golden.check(PIPELINE, "test_crop_u8", cut)
    sub = normalised(torch.from_numpy(cut[:2]), CPU)[:, :, ::16, ::16]
    golden.check(PIPELINE, "test_norm_sub", sub.numpy())
    golden.check(PIPELINE, "image", [people.images[image].name for image in people.image])
    golden.check(PIPELINE, "test_center", people.centers)
    golden.check(PIPELINE, "test_scale", people.scales)
    dtypes = f"{people.centers.dtype},{people.scales.dtype}"
    golden.check(PIPELINE, "test_dtypes", [dtypes] * len(people))
    points, seen = three_columns(people)
    golden.check(PIPELINE, "db_joints_3d", points)
    golden.check(PIPELINE, "db_joints_3d_vis", seen)
    check_crops(golden, "test", [cutting.augmented(people, row, Draw()) for row in rows])


def test_augmented_crops_and_targets_are_the_official_ones(golden: Ledger) -> None:
    ranges = Ranges(**landmark_task("mpii-pose@w32-256x256").augment.model_dump())
    people, cutting = slice_of(golden), road().cutting
    z = golden.load(PIPELINE)
    place = {index: row for row, index in enumerate(z["db_index"].tolist())}
    rows = [(place[index], seed) for index, seed in z["train_index_seed"].tolist()]
    drawn = [official_draw(ranges, int(people.visible[row].sum()), seed) for row, seed in rows]
    crops = [cutting.augmented(people, row, d) for (row, _), d in zip(rows, drawn, strict=True)]
    golden.check(PIPELINE, "train_crop_u8", np.array([c.pixels for c in crops]))
    golden.check(PIPELINE, "train_center", np.array([c.center for c in crops]))
    golden.check(PIPELINE, "train_scale", np.array([c.scale for c in crops]))
    golden.check(PIPELINE, "train_dtypes", [f"{c.center.dtype},{c.scale.dtype}" for c in crops])
    golden.check(PIPELINE, "train_rotation", np.array([d.rotation for d in drawn]))
    golden.check(PIPELINE, "train_flip", np.array([d.flip for d in drawn]))
    golden.check(PIPELINE, "train_half_body", np.array([d.half_body for d in drawn]))
    check_crops(golden, "train", crops)


def official_draw(ranges: Ranges, num_visible: int, seed: int) -> Draw:
    """What the official code draws from its two generators, in its order; never a half body."""
    numpy, python = np.random.RandomState(seed), random.Random(seed)
    if num_visible > ranges.half_body_above:
        assert numpy.rand() >= ranges.half_body
    factor = np.clip(numpy.randn() * ranges.scale + 1, 1 - ranges.scale, 1 + ranges.scale)
    rotated = python.random() <= ranges.rotation_probability
    limit = 2 * ranges.rotation
    rotation = np.clip(numpy.randn() * ranges.rotation, -limit, limit) if rotated else 0.0
    return Draw(scale=factor, rotation=rotation, flip=python.random() <= ranges.flip)


def check_crops(golden: Ledger, kind: str, crops: list[Crop]) -> None:
    golden.check(PIPELINE, f"{kind}_trans", np.array([c.matrix for c in crops]))
    points = np.array([c.keypoints for c in crops])
    golden.check(PIPELINE, f"{kind}_joints", np.pad(points, ((0, 0), (0, 0), (0, 1))))
    seen = np.array([c.visible for c in crops])
    three = np.stack([seen, seen, np.zeros_like(seen)], axis=2).astype(float)
    golden.check(PIPELINE, f"{kind}_joints_vis", three)
    targets = road().codec.encode(torch.from_numpy(points), torch.from_numpy(seen), CPU)
    golden.check(PIPELINE, f"{kind}_target", targets.maps.numpy())
    golden.check(PIPELINE, f"{kind}_target_weight", targets.weights[..., None].numpy())


@pytest.mark.parametrize("name", SETS)
def test_the_files_of_the_evaluation_are_read_as_officially(
    name: str, golden: Ledger, tmp_path: Path
) -> None:
    file = f"pose_eval/mpii_{name}.npz"
    dump(tmp_path / "valid.json", golden.json(f"pose_eval/mpii_{name}_valid.json.gz"))
    people = reader.people(reader.read(tmp_path / "valid.json", 16)[0], tmp_path)
    golden.check(file, "db_center", people.centers)
    golden.check(file, "db_scale", people.scales)
    truth = head_truth.truth(
        golden.root / f"pose_eval/mpii_{name}_gt_valid.mat", expected=len(people)
    )
    golden.check(file, "pos_gt_src", np.moveaxis(truth.keypoints, 0, 2))
    golden.check(file, "jnt_missing", truth.missing.T)
    golden.check(file, "headsizes", truth.head_sizes)
    golden.check(file, "mean_mask", ~IN_MEAN)


def truth_of(golden: Ledger, name: str, variant: str, folder: Path) -> HeadTruth:
    """The truth of a case, by way of a file of MATLAB's."""
    z = golden.load(f"pose_eval/mpii_{name}.npz")
    content = {key: z[key].copy() for key in ("pos_gt_src", "headboxes_src", "jnt_missing")}
    if variant == "float_missing":
        content["jnt_missing"] = content["jnt_missing"].astype(np.float64)
    if variant == "nan_missing":
        absent = np.broadcast_to((content["jnt_missing"] == 1)[:, None], z["pos_gt_src"].shape)
        content["pos_gt_src"][absent] = np.nan
    emptied = {"empty_joint": 15, "empty_pelvis": 6}
    if variant in emptied:
        content["jnt_missing"][emptied[variant]] = 1
    savemat(folder / "gt_valid.mat", content)
    return head_truth.truth(folder / "gt_valid.mat")


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("case", CASES)
def test_pckh_curves_and_the_table_are_the_official_ones(
    name: str, case: str, golden: Ledger, tmp_path: Path
) -> None:
    file = f"pose_eval/mpii_{name}.npz"
    level, _, variant = case.partition("_")
    truth = truth_of(golden, name, variant, tmp_path)
    predicted = golden.load(file)[f"{level}_preds"][..., :2]
    shares = pixel_errors(truth, predicted) / truth.head_sizes[:, None]
    if not variant:
        golden.check(file, f"{case}_scaled_uv_err", np.where(truth.missing, 0, shares).T)
    within = share_within(shares, truth.labelled)
    golden.check(file, f"{case}_curve", within)
    golden.check(file, f"{case}_PCKh", within[-1])
    golden.check(file, f"{case}_jnt_count", truth.labelled)
    # Of the two that it masks, the official array holds the count below the mask.
    ratio = np.where(IN_MEAN, mean_of_keypoints(np.eye(16), truth.labelled), truth.labelled)
    golden.check(file, f"{case}_jnt_ratio", ratio)
    scores = score_pckh(truth, predicted)
    golden.check(file, "thresholds", scores.groups["curve"]["thresholds"])
    figures = [scores.figures[figure] for figure in OFFICIAL.values()]
    for stats in (STATS, STATS_NUMPY1):
        table: Any = golden.json(stats)
        expected = [table["stats"][f"{name}_{case}"][row] for row in OFFICIAL]
        golden.check_value(stats, "stats", figures, np.array(expected, dtype=np.float64))
