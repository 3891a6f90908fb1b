"""Plant effects of a known size, and see what the breakdowns of records find of them.

    python benchmarks/planted_breakdowns.py [--samples 20000] [--seed 0]

Faces: errors by region, yaw, occlusion and subset. Joints: poses that are moved, turned, scaled.
Classes: pairs that are confused at a rate. Scores: answers that are right as often as their
score says, or less often by a known part. Exit 1 where something is not found.
"""

import argparse
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from hrbench import catalog
from hrbench.arrays import Floats
from hrbench.metrics.face_groups import YAWS, yaw
from hrbench.metrics.inputs import (
    ClassSetting,
    JointSetting,
    KeypointSetting,
    LiftedJoints,
    PosesInBoxes,
    RankedClasses,
)
from hrbench.metrics.mpjpe import JointTruth
from hrbench.metrics.nme import FaceTruth
from hrbench.metrics.people import Truth
from hrbench.metrics.registry import METRICS
from hrbench.world.faces.points import ibug68
from hrbench.world.faces.sampling import CHALLENGE, sample_scene

RNG = np.random.Generator
EXACT = 1e-4  # what predictions are stored with, float32, and nothing else
SIZE = 100.0  # pixels: of faces and heads, and the root of a person's area
MOST_FACES = 400  # of the synthetic world, which take a millisecond each
PICTURE = (480, 480)  # pixels
FAR = 1e4  # pixels: where what is missed is put


@dataclass(frozen=True, slots=True)
class Row:
    """What was planted, and what was found of it."""

    what: str
    planted: float
    found: float
    within: float  # that they may be apart

    @property
    def right(self) -> bool:
        """Whether they are as near as they may be apart."""
        return abs(self.planted - self.found) <= self.within


def faces(rng: RNG, samples: int) -> Iterator[Row]:
    """Yield errors that are larger for some points and faces, per cent of the face's size."""
    dataset = catalog.load_dataset("300w")
    regions = dataset.region_groups()
    right, left, nose = dataset.turn_points() or (0, 0, 0)
    setting = replace(_setting("300w"), regions=regions, turn=(right, left, nose))
    scenes = [sample_scene(rng, PICTURE, CHALLENGE) for _ in range(min(samples, MOST_FACES))]
    points = np.array([scene.project(ibug68(scene.lines)) for scene in scenes])
    hidden = rng.random(points.shape[:2]) < 0.2
    blurred = rng.random(len(points)) < 0.3
    told = yaw(points, right, left, nose)
    planted = 2 + 3 * hidden + 4 * blurred[:, None] + 0.1 * np.abs(told)[:, None]
    planted[:, regions["jaw"]] += 5
    truth = FaceTruth(
        np.arange(len(points)),
        points,
        {"size": np.full(len(points), SIZE)},
        occluded=hidden,
        subsets={"blurred": blurred},
    )
    groups = METRICS["nme"].breakdown(
        METRICS["nme"].compare(truth, _poses(points, off=planted * SIZE / 100), setting)
    )
    for region, columns in regions.items():
        found = groups["region"][region]["NME"]
        yield Row(f"NME, region {region}", planted[:, columns].mean(), found, EXACT)
    for name, chosen in {"visible": ~hidden, "occluded": hidden}.items():
        found = groups["point_occlusion"][name]["NME"]
        yield Row(f"NME, {name} points", planted[chosen].mean(), found, EXACT)
    blurs = groups["subset"]["blurred"]["NME"]
    yield Row("NME, subset blurred", planted[blurred].mean(), blurs, EXACT)
    turned = np.abs([scene.pose.yaw for scene in scenes])
    near = np.abs(told) < YAWS[0]
    yield Row("NME, yaw 0 to 15", planted[near].mean(), groups["yaw"]["0 to 15"]["NME"], EXACT)
    off = np.abs(np.abs(told) - turned).mean()
    yield Row("degrees that the told yaw is off, a mean", 0.0, off, 8.0)


def joints(rng: RNG, samples: int) -> Iterator[Row]:
    """Yield parts of MPJPE in mm, each planted alone: what it adds, and nothing to the others."""
    pose = rng.normal(0, 300, (samples, 17, 3))
    pose[:, 0] = 0
    spec = catalog.load_dataset("h36m")
    setting = JointSetting(joints=spec.keypoints, average="frames", counted=17, root="target")
    number = np.zeros(samples, dtype=np.int64)
    truth = JointTruth(pose, number, ("Walking",), ("S9",), ("S9/Walking",))
    turn = Rotation.from_euler("yx", [20, 5], degrees=True)
    worlds = {
        "root_mm": pose + [30, 0, 40],  # noqa: RUF005
        "rotation_mm": turn.apply(pose.reshape(-1, 3)).reshape(pose.shape),
        "scale_mm": 1.1 * pose,
    }
    for part, joints in worlds.items():
        groups = METRICS["mpjpe"].breakdown(
            METRICS["mpjpe"].compare(truth, LiftedJoints(joints), setting)
        )
        row = groups["action_share"]["all"]
        expected = np.linalg.norm(joints - pose, axis=2).mean()
        yield Row(f"{part} where {part} is planted", expected, row[part], EXACT)
        others = max(abs(row[other]) for other in (*worlds, "pose_mm") if other != part)
        yield Row(f"the largest other part, {part} planted", 0.0, others, EXACT)
    shifted = LiftedJoints(pose + [0, 6, 25])  # noqa: RUF005
    row = METRICS["mpjpe"].breakdown(METRICS["mpjpe"].compare(truth, shifted, setting))[
        "action_share"
    ]["all"]
    yield Row("depth_mm", 25.0, row["depth_mm"], EXACT)
    yield Row("plane_mm", 6.0, row["plane_mm"], EXACT)
    yield Row("depth_share, %", 100 * 25**2 / (25**2 + 6**2), row["depth_share"], EXACT)


def classes(rng: RNG, samples: int) -> Iterator[Row]:
    """Yield pairs of classes that are confused, per cent of the class's pictures."""
    names = tuple(f"class {number}" for number in range(10))
    rates = {(0, 1): 0.3, (1, 0): 0.2, (5, 9): 0.1}
    truth = np.arange(samples) % len(names)
    first, luck = truth.copy(), rng.random(samples)
    for (own, taken), rate in rates.items():
        first[(truth == own) & (luck < rate)] = taken
    labels = (first[:, None] + np.arange(5)) % len(names)
    answers = RankedClasses(labels, np.eye(1, 5, dtype=np.float32).repeat(samples, axis=0))
    groups = METRICS["accuracy"].breakdown(
        METRICS["accuracy"].compare(truth, answers, ClassSetting(names))
    )
    for (own, taken), rate in rates.items():
        found = groups["mistake"][f"class {own} for class {taken}"]["of_class"]
        yield Row(f"class {own} taken for {taken}, %", 100 * rate, found, _chance(samples / 10))
    yield Row("pairs besides", 0.0, len(groups["mistake"]) - len(rates), 0.0)


def scores(rng: RNG, samples: int) -> Iterator[Row]:
    """Yield expected calibration errors, in per cent."""
    chance = _chance(samples / 10)
    for excess in (0.0, 0.1, 0.3):
        sure = rng.uniform(excess, 1, samples)
        right = rng.random(samples) < sure - excess
        said = f"{excess:g} surer than right" if excess else "as sure as right"
        row = _of_classes(sure, right)
        yield Row(f"ECE of top-1, {said}", 100 * excess, row["ECE"], chance)
        row = _of_faces(sure, right)
        yield Row(f"ECE of keypoints, {said}", 100 * excess, row["ECE"], chance)
        # A pose's score is that of its box times that of its keypoints, which are alike here.
        surplus = {"box": excess, "pose": float(np.mean(sure**2 - sure)) + excess}
        for kind, row in _of_poses(sure, right).items():
            found = row["score"] - row["right"]
            yield Row(f"{kind} scores above right, {said}", 100 * surplus[kind], found, chance)


def _of_classes(sure: Floats, right: NDArray[np.bool_]) -> dict[str, float]:
    labels = np.where(right, 0, 1)[:, None] + np.arange(5)
    probabilities = np.zeros((len(sure), 5), dtype=np.float32)
    probabilities[:, 0] = sure
    about = ClassSetting(tuple(f"class {number}" for number in range(6)))
    truth, answers = np.zeros(len(sure), dtype=np.int64), RankedClasses(labels, probabilities)
    return _calibration("accuracy", truth, answers, about)["top-1"]


def _of_faces(sure: Floats, right: NDArray[np.bool_]) -> dict[str, float]:
    points = np.zeros((len(sure), 1, 2))
    truth = FaceTruth(np.arange(len(sure)), points, {"size": np.full(len(sure), SIZE)})
    found = _poses(points, off=np.where(right, 0, FAR)[:, None], sure=sure)
    return _calibration("nme", truth, found, _setting("300w"))["keypoint"]


def _of_poses(sure: Floats, right: NDArray[np.bool_]) -> dict[str, dict[str, float]]:
    setting = _setting("coco")
    count, width = len(sure), len(setting.keypoints)
    points = np.zeros((count, width, 2))
    points[..., 0] = np.arange(width)
    truth = Truth(
        ids=np.arange(count) + 1,
        image_ids=np.arange(count),
        keypoints=points,
        visibility=np.full((count, width), 2),
        num_keypoints=np.full(count, width),
        areas=np.full(count, SIZE**2),
        boxes=np.tile([0.0, 0.0, SIZE, SIZE], (count, 1)),
        crowd=np.zeros(count, dtype=np.bool_),
    )
    found = _poses(points, off=np.where(right, 0, FAR)[:, None] + np.zeros(width), sure=sure)
    rows = _calibration("oks", truth, found, setting)
    return {kind: rows[kind] for kind in ("box", "pose")}


def _setting(name: str) -> KeypointSetting:
    """Return what a dataset says, and a protocol that keeps all poses in detected boxes."""
    dataset = catalog.load_dataset(name)
    return KeypointSetting(
        dataset=name,
        split="a split",
        keypoints=dataset.keypoints,
        flip_pairs=dataset.indices(dataset.flip_pairs),
        sigmas=None if dataset.sigmas is None else np.array(dataset.sigmas),
        groups={},
        complete=True,
        boxes="det",
        keypoint_threshold=0.0,
        nms="none",
        nms_threshold=0.9,
        normaliser="size",
    )


def _poses(points: Floats, off: Floats, sure: Floats | None = None) -> PosesInBoxes:
    """Return one pose an image, its keypoints so far from (N, K, 2) points."""
    count = len(points)
    scores = np.ones(count) if sure is None else sure
    return PosesInBoxes(
        sample_ids=np.arange(count) + 1,
        image_ids=np.arange(count),
        scored_images=np.arange(count),
        boxes=np.tile([0.0, 0.0, SIZE, SIZE], (count, 1)),
        box_scores=scores,
        box_areas=np.full(count, SIZE**2),
        keypoints=(points + np.stack([np.zeros_like(off), off], axis=2)).astype(np.float32),
        scores=np.repeat(scores[:, None], points.shape[1], axis=1).astype(np.float32),
    )


def _calibration(metric: str, *measured: Any) -> dict[str, dict[str, float]]:
    rows: dict[str, dict[str, float]] = METRICS[metric].breakdown(
        METRICS[metric].compare(*measured)
    )["calibration"]
    return rows


def _chance(count: float) -> float:
    """Return three standard deviations of the worst share of so many answers, in per cent."""
    return 150 / math.sqrt(count)


def main() -> None:
    """Print every effect beside what was found of it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--samples", type=int, default=20_000, help="of each world")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    rng = np.random.default_rng(given.seed)
    rows = [row for world in (faces, joints, classes, scores) for row in world(rng, given.samples)]
    print(f"{'':52}{'planted':>10}{'found':>10}{'within':>9}")
    for row in rows:
        mark = "" if row.right else "  NOT FOUND"
        print(f"{row.what:52}{row.planted:10.3f}{row.found:10.3f}{row.within:9.2g}{mark}")
    sys.exit(not all(row.right for row in rows))


if __name__ == "__main__":
    main()
