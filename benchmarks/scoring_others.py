"""Time the scoring of CrowdPose, MPII, faces and Human3.6M, beside their official code's ways.

    python benchmarks/scoring_others.py [--crowded 8000] [--rounds 5] [--seed 0]

Truths and predictions are made up in memory, as many as the measured splits hold; of CrowdPose's
8,000 images an eighth, unless said. The official sides are its calls in its order:

    CrowdPose   scores and suppression as for COCO, a results file, pycocotools' evaluation of all
                images and again of each level; crowdposetools is made from it and does the same
    MPII        PCKh at 51 thresholds, one after the other
    faces       a batch of 16 after the other, in it one face after the other
    Human3.6M   a sequence after the other in single precision, a decomposition of each frame

Both sides must give the same figures. What a run does besides, of medians, groups and curves, is
in hrbench's time and not in the other.
"""

import argparse
import contextlib
import io
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pycocotools.cocoeval import COCOeval
from scoring import SETTING, as_coco, in_boxes, make_poses, make_truth, official_selection
from sidebyside import PLAIN, agree, race

from hrbench.metrics.crowdpose import DECIMALS, LEVELS, CrowdTruth
from hrbench.metrics.inputs import JointSetting, KeypointSetting, LiftedJoints, PosesInBoxes
from hrbench.metrics.mpjpe import FIGURES, LEFT_OUT, JointTruth
from hrbench.metrics.nme import BOX_SIZE, LIMITS, FaceTruth, normalisers
from hrbench.metrics.pckh import FINE_OFFICIAL, HEADLINE, KEYPOINTS, PARTS, HeadTruth
from hrbench.metrics.registry import METRICS

Floats = NDArray[np.float64]
Given = tuple[Any, Any, Any]  # truth, predictions, setting

PEOPLE_PER_IMAGE = 4.0  # of CrowdPose
PERSONS = 2_958  # of MPII's validation split
FACES = {  # of the measured split, points, the two between which the outer corners of eyes are
    "300-W": (689, 68, (36, 45)),
    "WFLW": (2_500, 98, (60, 72)),
    "AFLW": (4_386, 19, None),  # the size is the box's
}
BATCH = 16  # faces
SEQUENCES, FRAMES = 236, 2_302  # of Human3.6M's subjects 9 and 11, all cameras
ACTIONS = 15
JOINTS = (*LEFT_OUT[14], *(f"joint {number}" for number in range(14)))
ROUNDING, SINGLE = 1e-12, 1e-6  # of figures


def figures_of(metric: str, given: Given) -> dict[str, float]:
    """Return the figures as a run has them."""
    return METRICS[metric].score(METRICS[metric].compare(*given)).figures


def setting(keypoints: tuple[str, ...], normaliser: str | None = None) -> KeypointSetting:
    """Return what a dataset of other keypoints than COCO's says."""
    return KeypointSetting(
        dataset="made up",
        split="test",
        keypoints=keypoints,
        flip_pairs=(),
        sigmas=None,
        groups={},
        complete=False,
        boxes="gt",
        normaliser=normaliser,
    )


def found(keypoints: NDArray[np.float32]) -> PosesInBoxes:
    """Return (N, K, 2) predictions, each in an image of its own."""
    count = len(keypoints)
    return PosesInBoxes(
        sample_ids=np.arange(count),
        image_ids=np.arange(count),
        boxes=np.zeros((count, 4)),
        box_scores=np.ones(count),
        box_areas=np.ones(count),
        keypoints=keypoints,
        scores=np.ones(keypoints.shape[:2], np.float32),
        scored_images=np.arange(count),
    )


def crowds(images: int, rng: np.random.Generator) -> tuple[Given, Callable[[], list[float]]]:
    """Return crowded images for both sides; the official one gives AP, and AP of each level."""
    people = make_truth(images, rng, PEOPLE_PER_IMAGE)
    poses = make_poses(images, people, rng)
    truth = CrowdTruth(people, np.arange(images) + 1, rng.uniform(0, 1, images))
    with contextlib.redirect_stdout(io.StringIO()):
        coco = as_coco(people, images)

    def official() -> list[float]:
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
            path = Path(folder) / "results.json"
            path.write_text(json.dumps(official_selection(poses)), "utf-8")
            evaluation = COCOeval(coco, coco.loadRes(str(path)), "keypoints")
            evaluation.params.areaRng, evaluation.params.areaRngLbl = [[0, 1e10]], ["all"]
            whole = average(evaluation, truth.image_ids)
            by_level = [average(evaluation, truth.images_of(level)) for level in LEVELS]
        return [100 * whole, *(100 * round(of_level, DECIMALS) for of_level in by_level)]

    return (truth, in_boxes(poses, images), SETTING), official


def average(evaluation: COCOeval, images: NDArray[np.int64]) -> float:
    """Return the AP over some images, 0 to 1."""
    evaluation.params.imgIds = images.tolist()
    evaluation.evaluate()
    evaluation.accumulate()
    return float(evaluation.eval["precision"].mean())


def persons(rng: np.random.Generator) -> tuple[Given, Callable[[], list[float]]]:
    """Return persons for both sides; the official one gives the parts, the mean and Mean@0.1."""
    places = rng.uniform(50, 800, (PERSONS, 16, 2))
    missing = rng.random((PERSONS, 16)) < 0.1
    keypoints = (places - 1 + rng.normal(0, 20, places.shape)).astype(np.float32)
    corners = rng.uniform(10, 100, (2, 2, PERSONS))
    corners[1] += 60
    sizes = 0.6 * np.linalg.norm(corners[1] - corners[0], axis=0)
    true, absent = places.transpose(1, 2, 0).copy(), missing.T.astype(np.uint8)

    def official() -> list[float]:
        return official_pckh(keypoints, true, absent, corners)

    return (HeadTruth(places, missing, sizes), found(keypoints), setting(KEYPOINTS)), official


def official_pckh(
    keypoints: NDArray[np.float32], true: Floats, absent: NDArray[np.uint8], corners: Floats
) -> list[float]:
    """Return PCKh of the parts and of all, and of all at 0.11; `true` is (16, 2, N)."""
    there = 1 - absent
    off = np.linalg.norm((keypoints + 1.0).transpose(1, 2, 0) - true, axis=1)
    sizes = 0.6 * np.linalg.norm(corners[1] - corners[0], axis=0)
    shares = off / (sizes * np.ones((len(off), 1))) * there
    counts = there.sum(axis=1)
    half = 100.0 * ((shares <= 0.5) * there).sum(axis=1) / counts
    curve = np.zeros((51, 16))
    for row, threshold in enumerate(np.arange(0, 0.51, 0.01)):
        curve[row] = 100.0 * ((shares <= threshold) * there).sum(axis=1) / counts
    inner = np.isin(np.arange(16), [6, 7])
    half, counts = np.ma.array(half, mask=inner), np.ma.array(counts, mask=inner)
    weights = counts / counts.sum()
    parts = [float(half[columns].mean()) for columns in PARTS.values()]
    return [*parts, float((half * weights).sum()), float((curve[11] * weights).sum())]


def faces(name: str, rng: np.random.Generator) -> tuple[Given, Callable[[], list[float]]]:
    """Return faces for both sides; the official one gives the NME and two rates of failures."""
    count, points, ends = FACES[name]
    places = rng.uniform(50, 200, (count, points, 2))
    keypoints = (places + rng.normal(0, 5, places.shape)).astype(np.float32)
    sizes = {BOX_SIZE: rng.uniform(100, 200, count)}
    if ends is not None:
        sizes = normalisers(places, {"inter-ocular": ([ends[0]], [ends[1]])})
    (normaliser,) = sizes

    def official() -> list[float]:
        errors = [
            official_nme(keypoints[part], places[part], ends, sizes[normaliser][part])
            for part in np.split(np.arange(count), range(BATCH, count, BATCH))
        ]
        total = sum(float(batch.sum()) for batch in errors)
        failed = [sum(int((batch > limit).sum()) for batch in errors) for limit in LIMITS]
        return [100 * part / count for part in (total, *failed)]

    truth = FaceTruth(np.arange(count), places, sizes)
    names = tuple(map(str, range(points)))
    return (truth, found(keypoints), setting(names, normaliser)), official


def official_nme(
    keypoints: NDArray[np.float32], places: Floats, ends: tuple[int, int] | None, boxes: Floats
) -> Floats:
    """Return the error of each face of a batch over its size."""
    errors = np.zeros(len(keypoints))
    for row, (points, true) in enumerate(zip(keypoints, places, strict=True)):
        size = boxes[row] if ends is None else np.linalg.norm(true[ends[0]] - true[ends[1]])
        errors[row] = np.linalg.norm(points - true, axis=1).sum() / (size * len(true))
    return errors


def sequences(rng: np.random.Generator) -> tuple[Given, Callable[[], list[float]]]:
    """Return lifted joints for both sides; the official one gives MPJPE and its kin, in mm."""
    moving = np.cumsum(rng.normal(0, 2, (FRAMES, 17, 3)), axis=0)
    true = [
        (rng.normal(0, 300, (17, 3)) + moving + rng.normal(0, 3, moving.shape)).astype(np.float32)
        for _ in range(SEQUENCES)
    ]
    lifted = [(t + rng.normal(0, 40, t.shape)).astype(np.float32) for t in true]
    for joints in true:
        joints[:, 0] = 0
    actions = tuple(f"action {number % ACTIONS}" for number in range(SEQUENCES))

    def official() -> list[float]:
        by_action: dict[str, list[Floats]] = {}
        for action, joints, target in zip(actions, lifted, true, strict=True):
            by_action.setdefault(action, []).append(official_lifting(joints, target))
        means = [np.mean(rows, axis=0) for rows in by_action.values()]  # all are as long
        return [float(mean) for mean in np.mean(means, axis=0)]

    truth = JointTruth(
        np.concatenate(true),
        np.repeat(np.arange(SEQUENCES), FRAMES),
        actions,
        ("S9",) * SEQUENCES,
        tuple(map(str, range(SEQUENCES))),
    )
    about = JointSetting(joints=JOINTS, average="actions", counted=17, root="target")
    return (truth, LiftedJoints(np.concatenate(lifted)), about), official


def official_lifting(joints: NDArray[np.float32], target: NDArray[np.float32]) -> Floats:
    """Return the four errors of a sequence."""
    found, true = torch.from_numpy(joints)[None], torch.from_numpy(target)[None]
    square = (found**2).sum(dim=3, keepdim=True).mean(dim=2, keepdim=True)
    product = (true * found).sum(dim=3, keepdim=True).mean(dim=2, keepdim=True)
    plain, rescaled = (
        torch.norm(poses - true, dim=3).mean().item() for poses in (found, product / square * found)
    )
    speeds = np.diff(joints, axis=0) - np.diff(target, axis=0)
    velocity = np.linalg.norm(speeds, axis=2).mean()
    return np.array([plain, official_aligned(joints, target), rescaled, velocity])


def official_aligned(joints: NDArray[np.float32], target: NDArray[np.float32]) -> float:
    """Return the error after each frame is moved, turned and enlarged."""
    middle, true_middle = joints.mean(axis=1, keepdims=True), target.mean(axis=1, keepdims=True)
    centred, true_centred = joints - middle, target - true_middle
    size, true_size = (
        np.sqrt((part**2).sum(axis=(1, 2), keepdims=True)) for part in (centred, true_centred)
    )
    centred, true_centred = centred / size, true_centred / true_size
    left, strengths, right = np.linalg.svd(true_centred.transpose(0, 2, 1) @ centred)
    back = right.transpose(0, 2, 1)
    sign = np.sign(np.linalg.det(back @ left.transpose(0, 2, 1)))
    back[:, :, -1] *= sign[:, None]
    strengths[:, -1] *= sign
    rotation = back @ left.transpose(0, 2, 1)
    scale = strengths.sum(axis=1)[:, None, None] * true_size / size
    aligned = scale * (joints @ rotation) + true_middle - scale * (middle @ rotation)
    return float(np.linalg.norm(aligned - target, axis=2).mean())


def check_and_race(
    what: str,
    metric: str,
    given: Given,
    official: Callable[[], list[float]],
    names: list[str],
    rounds: int,
    tolerance: float = ROUNDING,
    peer: str = PLAIN,
) -> None:
    """Require the same figures of both sides, and time them."""
    ours = figures_of(metric, given)
    agree(what, [ours[name] for name in names], official(), tolerance)
    race(what, official, lambda: figures_of(metric, given), rounds, peer)


def main() -> None:
    """Score each sort by both ways; print both times."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n", 1)[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--crowded", type=int, default=1_000, help="images of CrowdPose's kind")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    rng = np.random.default_rng(chosen.seed)
    torch.set_num_threads(1)
    levels = [f"AP_{level}" for level in LEVELS]
    given, official = crowds(chosen.crowded, rng)
    check_and_race(
        f"CrowdPose, {chosen.crowded:,} images", "crowdpose", given, official, ["AP", *levels], 1,
        ROUNDING, "official equivalent and pycocotools",
    )  # fmt: skip
    given, official = persons(rng)
    parts = [f"{HEADLINE}:{part}" for part in PARTS]
    rows = [*parts, HEADLINE, FINE_OFFICIAL]
    check_and_race(f"PCKh, {PERSONS:,} persons", "pckh", given, official, rows, chosen.rounds)
    failures = [f"FR@{limit:.2f}" for limit in LIMITS]
    for name, (count, *_) in FACES.items():
        given, official = faces(name, rng)
        what = f"NME, {count:,} faces of {name}"
        check_and_race(what, "nme", given, official, ["NME", *failures], chosen.rounds)
    given, official = sequences(rng)
    what = f"MPJPE and its kin, {SEQUENCES * FRAMES:,} frames"
    check_and_race(what, "mpjpe", given, official, [*FIGURES], chosen.rounds, SINGLE)


if __name__ == "__main__":
    main()
