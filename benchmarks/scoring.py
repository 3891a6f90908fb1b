"""Time the scoring of COCO val2017 from predictions, beside the official route.

    python benchmarks/scoring.py [--images 5000] [--seed 0]

People and poses are made up in memory, as many as val2017 and its detections file hold. The
official route is its calls in its order: a loop over poses for the instance scores, a loop over
pairs for the OKS of the suppression, a results file written as JSON, and pycocotools reading it
back and evaluating. Both must keep the same poses and give the same ten figures, which are all
that the official route has: what a run does after prediction, with the intervals of every figure
and where poses fail, is timed beside it too.
"""

import argparse
import contextlib
import io
import json
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import peer
from numpy.typing import NDArray
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from sidebyside import agree, clock, figure

from hrbench.metrics import bootstrap
from hrbench.metrics.inputs import KeypointSetting, PosesInBoxes
from hrbench.metrics.metric import AnyMetric
from hrbench.metrics.named.oks import OKS
from hrbench.metrics.people import Poses, Truth
from hrbench.metrics.selection import Selection

T = TypeVar("T")
Floats = NDArray[np.float64]

SIGMAS = np.array([26, 25, 25, 35, 35, 79, 79, 72, 72, 62, 62, 107, 107, 87, 87, 89, 89]) / 1000
KEYPOINTS = len(SIGMAS)
NAMES = [str(index) for index in range(KEYPOINTS)]
FLIP_PAIRS = [(left, left + 1) for left in range(1, KEYPOINTS, 2)]
PEOPLE_PER_IMAGE = 11_004 / 5_000  # val2017
BOXES_PER_IMAGE = 104_125 / 5_000  # its detections file
NO_KEYPOINTS, CROWD = 0.4, 0.015  # shares of the people
KEYPOINT_THRESHOLD, NMS_THRESHOLD = 0.2, 0.9
TOLERANCE = 1e-12  # of a figure: the order of summation
TEN = ("AP", "AP50", "AP75", "APM", "APL", "AR", "AR50", "AR75", "ARM", "ARL")
SETTING = KeypointSetting(
    dataset="coco",
    split="val2017",
    keypoints=tuple(NAMES),
    flip_pairs=tuple(FLIP_PAIRS),
    sigmas=SIGMAS,
    groups={},
    complete=True,
    boxes="det",
    keypoint_threshold=KEYPOINT_THRESHOLD,
    nms="oks",
    nms_threshold=NMS_THRESHOLD,
)


def make_truth(
    images: int, rng: np.random.Generator, people_per_image: float = PEOPLE_PER_IMAGE
) -> Truth:
    """Return people of random shape in 640 x 480 images; about half of the images are empty."""
    people = round(images * people_per_image)
    size = np.exp(rng.uniform(np.log(20), np.log(250), people))[:, None] * [1.0, 1.6]
    corner = rng.uniform(0, [640, 480], (people, 2))
    visibility = rng.choice([0, 1, 2], p=[0.3, 0.1, 0.6], size=(people, KEYPOINTS))
    crowd = rng.random(people) < CROWD
    visibility[crowd | (rng.random(people) < NO_KEYPOINTS)] = 0
    keypoints = np.round(corner[:, None] + rng.random((people, KEYPOINTS, 2)) * size[:, None])
    return Truth(
        ids=rng.permutation(people) + 1,
        image_ids=rng.integers(images // 2, size=people) * 2 + 1,
        keypoints=np.where(visibility[..., None] > 0, keypoints, 0),
        visibility=visibility,
        num_keypoints=(visibility > 0).sum(axis=1),
        areas=size.prod(axis=1) * rng.uniform(0.4, 0.9, people),
        boxes=np.column_stack((corner, size)),
        crowd=crowd,
    )


def make_poses(images: int, truth: Truth, rng: np.random.Generator) -> Poses:
    """Return four poses near each person and false ones everywhere, in random order."""
    near = np.repeat(np.arange(len(truth.ids)), 4)
    size = truth.boxes[near, 2:]
    noise = (
        rng.normal(size=(len(near), KEYPOINTS, 2)) * rng.gamma(1, 0.03, len(near))[:, None, None]
    )
    false = round(images * BOXES_PER_IMAGE) - len(near)
    false_size = rng.uniform(20, 200, (false, 2))
    corner = rng.uniform(0, [640, 480], (false, 1, 2))
    keypoints = np.concatenate(
        (
            truth.keypoints[near] + noise * size[:, None],
            corner + rng.random((false, KEYPOINTS, 2)) * false_size[:, None],
        )
    )
    image_ids = np.concatenate((truth.image_ids[near], rng.integers(images, size=false) + 1))
    box_scores = np.concatenate((rng.beta(5, 2, len(near)), rng.beta(1, 9, false)))
    order = rng.permutation(len(image_ids))
    return Poses(
        image_ids=image_ids[order],
        keypoints=keypoints[order].astype(np.float32),
        keypoint_scores=rng.beta(4, 2, (len(order), KEYPOINTS)).astype(np.float32),
        box_scores=box_scores[order],
        box_areas=1.25**2 * np.concatenate((size, false_size)).prod(axis=1)[order],
    )


def official_selection(poses: Poses) -> list[dict[str, Any]]:
    """Return the results to write: scored and suppressed pose by pose, pair by pair."""
    by_image = defaultdict(list)
    for row, image_id in enumerate(poses.image_ids):
        total, number = np.float32(0), 0
        for score in poses.keypoint_scores[row]:
            if score > KEYPOINT_THRESHOLD:
                total, number = total + score, number + 1
        mean = total / number if number else 0
        by_image[int(image_id)].append((row, mean * poses.box_scores[row]))
    written = []
    for image_id, members in by_image.items():
        for row, score in official_nms(poses, members):
            triples = np.column_stack((poses.keypoints[row], poses.keypoint_scores[row]))
            written.append(
                {
                    "image_id": image_id,
                    "category_id": 1,
                    "keypoints": [float(value) for value in triples.ravel()],
                    "score": float(score),
                }
            )
    return written


def official_nms(poses: Poses, members: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """Keep the best pose of an image and drop those like it, again and again."""
    flat = np.array([poses.keypoints[row].ravel() for row, _ in members])
    areas = np.array([poses.box_areas[row] for row, _ in members])
    order = np.array([score for _, score in members]).argsort(kind="stable")[::-1]
    kept = []
    while order.size:
        best, order = order[0], order[1:]
        kept.append(members[best])
        overlap = official_oks(flat[best], flat[order], areas[best], areas[order])
        order = order[overlap <= NMS_THRESHOLD]
    return kept


def official_oks(
    pose: NDArray[np.float32], others: NDArray[np.float32], area: float, areas: Floats
) -> Floats:
    """Return the OKS of one pose with each of the others, one after the other."""
    variances = (SIGMAS * 2) ** 2
    overlap = np.zeros(len(others))
    for index, other in enumerate(others):
        dx, dy = other[0::2] - pose[0::2], other[1::2] - pose[1::2]
        error = (dx**2 + dy**2) / variances / ((area + areas[index]) / 2 + np.spacing(1)) / 2
        overlap[index] = np.sum(np.exp(-error)) / len(error)
    return overlap


def as_coco(truth: Truth, images: int) -> COCO:
    """Return the annotations as pycocotools holds them after it has read its file."""
    triples = np.concatenate((truth.keypoints, truth.visibility[..., None]), axis=2)
    coco = COCO()
    dataset: Any = {  # pycocotools' types know object detection only
        "info": {},
        "images": [{"id": index + 1} for index in range(images)],
        "categories": [{"id": 1, "name": "person"}],
        "annotations": [
            {
                "id": int(truth.ids[row]),
                "image_id": int(truth.image_ids[row]),
                "category_id": 1,
                "keypoints": triples[row].ravel().tolist(),
                "num_keypoints": int(truth.num_keypoints[row]),
                "area": float(truth.areas[row]),
                "bbox": truth.boxes[row].tolist(),
                "iscrowd": int(truth.crowd[row]),
            }
            for row in range(len(truth.ids))
        ],
    }
    coco.dataset = dataset
    coco.createIndex()
    return coco


def official_figures(
    coco: COCO, written: list[dict[str, Any]], seconds: dict[str, float]
) -> Floats:
    """Return pycocotools' ten figures of a results file, 0 to 1."""
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        path = Path(folder) / "results.json"
        timed(seconds, "write JSON", lambda: path.write_text(json.dumps(written), "utf-8"))
        loaded = timed(seconds, "loadRes", lambda: coco.loadRes(str(path)))
        evaluation = COCOeval(coco, loaded, "keypoints")
        timed(seconds, "evaluate", evaluation.evaluate)
        timed(seconds, "accumulate", evaluation.accumulate)
        evaluation.summarize()
    return np.asarray(evaluation.stats)


def by_the_official_route(
    poses: Poses, coco: COCO, ours: Selection
) -> tuple[str, dict[str, float], Floats]:
    """Return whose code it is, the seconds of its steps, and the ten figures, 0 to 1.

    Raises:
        SystemExit: the equivalent keeps other poses than ours.
    """
    seconds: dict[str, float] = {}
    evaluate = peer.load().coco_figures
    if evaluate is not None:
        stats = timed(seconds, "evaluate", lambda: np.asarray(evaluate(poses, coco), np.float64))
        return peer.CODE, seconds, stats
    written = timed(seconds, "scores and OKS-NMS", lambda: official_selection(poses))
    if [row["score"] for row in written] != ours.scores[ours.kept].tolist():
        raise SystemExit("the two routes keep other poses")
    print(f"check: kept poses and scores ({len(written)},): equal")
    stats = official_figures(coco, written, seconds)
    return "official equivalent and pycocotools", seconds, stats


def timed(seconds: dict[str, float], stage: str, call: Callable[[], T]) -> T:
    """Call, and note how long it took."""
    start = time.perf_counter()
    result = call()
    seconds[stage] = time.perf_counter() - start
    return result


def in_boxes(poses: Poses, images: int) -> PosesInBoxes:
    """Return poses as a run stores them, of so many images."""
    count = len(poses.image_ids)
    return PosesInBoxes(
        sample_ids=np.arange(count),
        image_ids=poses.image_ids,
        boxes=np.zeros((count, 4)),  # which no figure is made of
        box_scores=poses.box_scores,
        box_areas=poses.box_areas,
        keypoints=poses.keypoints,
        scores=poses.keypoint_scores,
        scored_images=np.arange(images) + 1,
    )


def the_whole(metric: AnyMetric, *given: Any) -> dict[str, float]:
    """Do all that a run does after prediction; return the seconds of each part."""
    seconds: dict[str, float] = {}
    compared = metric.compare(*given)
    timed(seconds, "figures", lambda: metric.score(compared))
    timed(seconds, "where poses fail", lambda: metric.breakdown(compared))
    outcomes = timed(seconds, "of each image", lambda: metric.observe(compared))
    drawn = timed(seconds, "images drawn anew", lambda: bootstrap.replicated(outcomes))
    timed(seconds, "intervals", lambda: bootstrap.ends(outcomes, drawn))
    return seconds


def main() -> None:
    """Score the same poses by both routes; print both times and whether they agree."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--images", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    rng = np.random.default_rng(arguments.seed)
    truth = make_truth(arguments.images, rng)
    poses = make_poses(arguments.images, truth, rng)
    given = (truth, in_boxes(poses, arguments.images), SETTING)
    print(f"{arguments.images} images, {len(truth.ids)} people, {len(poses.image_ids)} poses")

    with contextlib.redirect_stdout(io.StringIO()):
        coco = as_coco(truth, arguments.images)  # not timed: both routes read the annotations
    points = [clock(lambda: OKS.score(OKS.compare(*given)))]
    who, official, stats = by_the_official_route(poses, coco, OKS.compare(*given).found.selection)
    points.append(clock(lambda: OKS.score(OKS.compare(*given))))
    report(who, official)
    parts = the_whole(OKS, *given)
    points.append(clock(lambda: OKS.score(OKS.compare(*given))))
    report("hrbench, all that a run does after prediction", parts)
    figures = OKS.score(OKS.compare(*given)).figures
    agree("the ten figures", [figures[name] / 100 for name in TEN], stats, TOLERANCE)
    seconds = sum(official.values())
    size = f"{len(poses.image_ids):,} poses of {arguments.images:,} images"
    figure(f"COCO's figures of {size}", "s", statistics.median(points), seconds, who)
    with_intervals = f"the same, with intervals and breakdowns, of {size}"
    figure(with_intervals, "s", sum(parts.values()), seconds, who)


def report(title: str, seconds: dict[str, float]) -> None:
    """Print the seconds of each stage and their sum."""
    print(f"{title}: {sum(seconds.values()):.2f} s")
    for stage, time_taken in seconds.items():
        print(f"  {stage:<21} {time_taken:7.2f} s")


if __name__ == "__main__":
    main()
