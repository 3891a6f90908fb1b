"""Errors of joints in space, and the official evaluation of VideoPose3D over stored predictions."""

from typing import Any

import numpy as np
import pytest
from golden.folder import each
from golden.ledger import Ledger

from hrbench import catalog
from hrbench.metrics import joint_errors
from hrbench.metrics.mpjpe import FIGURES, JointTruth, SequenceErrors, score_joints

each_metrics = each("rest/lifting/metrics*.npz")
ERRORS = {
    "mpjpe": joint_errors.mpjpe,
    "p_mpjpe": joint_errors.p_mpjpe,
    "n_mpjpe": joint_errors.n_mpjpe,
    "mpjve": joint_errors.mpjve,
}
MM = 1000  # a metre
KEYPOINTS = catalog.load_dataset("h36m").keypoints


@each_metrics
@pytest.mark.parametrize("precision", ["f32", "f64"])
def test_errors_are_the_official_ones(file: str, golden: Ledger, precision: str) -> None:
    z = golden.load(file)
    dtype = {"f32": np.float32, "f64": np.float64}[precision]
    found, truth = z["pred_mm"].astype(dtype), z["gt_mm"].astype(dtype)
    for name, error in ERRORS.items():
        values = error(found, truth)
        golden.check(file, f"{precision}_{name}", values.mean())
        if name != "mpjve":
            golden.check(file, f"{precision}_{name}_per_frame", values)


@each_metrics
def test_errors_about_the_hip_are_the_official_ones(file: str, golden: Ledger) -> None:
    z = golden.load(file)
    found, truth = (z[name].astype(np.float64) for name in ("pred_mm", "gt_mm"))
    for name, error in ERRORS.items():
        value = error(found - found[:, :1], truth - truth[:, :1]).mean()
        golden.check(file, f"root_centred_f64_{name}", value)


@each_metrics
def test_frames_can_have_weights(file: str, golden: Ledger) -> None:
    z = golden.load(file)
    found, truth = (z[name].astype(np.float64) for name in ("pred_mm", "gt_mm"))
    weighted = z["weights"] * joint_errors.distances(found, truth)
    golden.check(file, "f64_weighted_mpjpe", weighted.mean())


@each_metrics
def test_alignments_are_the_official_ones(file: str, golden: Ledger) -> None:
    z = golden.load(file)
    frames = len(z["procrustes_scale_d"])
    found, truth = (z[name][:frames].astype(np.float64) for name in ("pred_mm", "gt_mm"))
    for name in ("scale", "noscale"):
        aligned = joint_errors.procrustes(found, truth, with_scale=name == "scale")
        parts = {
            "d": aligned.residual,
            "Z": aligned.poses,
            "T": aligned.rotation,
            "b": aligned.scale,
            "c": aligned.translation,
        }
        for part, value in parts.items():
            golden.check(file, f"procrustes_{name}_{part}", value)
    golden.check(file, "procrustes_scale_err", joint_errors.p_mpjpe(found, truth))


@each("rest/lifting/protocol*.json")
@pytest.mark.parametrize("flipped", ["tta", "no_tta"])
def test_figures_of_actions_and_their_mean_are_those_of_the_official_evaluation(
    file: str, golden: Ledger, flipped: str
) -> None:
    z, description = golden.load(file.replace(".json", ".npz")), golden.json(file)
    assert isinstance(description, dict)
    sequences = [
        (action, f"{action}_{number}")
        for action, lengths in description["lengths"].items()
        for number in range(len(lengths))
    ]
    frames = [len(z[f"{name}_3d"]) for _, name in sequences]
    truth = JointTruth(
        joints=MM * np.concatenate([z[f"{name}_3d"] for _, name in sequences]),
        sequence=np.repeat(np.arange(len(sequences)), frames),
        actions=tuple(action for action, _ in sequences),
        subjects=("S9",) * len(sequences),
        performances=tuple(name for _, name in sequences),
    )
    found = MM * np.concatenate([z[f"{name}_pred_{flipped}"] for _, name in sequences])
    about: Any = {"num_joints": 17, "joint_names": KEYPOINTS}
    errors = SequenceErrors.of(truth, found, root="target", **about)
    scores = score_joints(errors, average="actions", **about)

    def check(figures: dict[str, float], expected: list[float]) -> None:
        for name, value in zip(FIGURES, expected, strict=True):
            golden.check_value(file, "results", figures[name], value)

    results = description["results"]
    for action, expected in results[flipped].items():
        check(scores.groups["action"][action], expected)
    assert len(scores.groups["action"]) == len(results[flipped])
    check(scores.figures, results[f"{flipped}_action_average"])
