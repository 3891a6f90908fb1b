"""COCO's average precision over OKS thresholds."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats
from hrbench.metrics import error_groups, pose_answers
from hrbench.metrics.coco_keypoints import PoseScores, score_poses
from hrbench.metrics.error_groups import Diagnosis
from hrbench.metrics.figures import AVERAGE_PRECISION, MEDIAN_PX, MEDIAN_SHARE
from hrbench.metrics.inputs import OF_CHOICE, KeypointSetting, PosesInBoxes
from hrbench.metrics.metric import CurveAxes, Definition, Metric
from hrbench.metrics.named import pixels
from hrbench.metrics.named.pixels import PIXELS
from hrbench.metrics.oks import oks_with_truth
from hrbench.metrics.overlap import iou
from hrbench.metrics.people import Results, Truth
from hrbench.metrics.pose_outcomes import PoseOutcomes, pose_outcomes
from hrbench.metrics.sample_errors import PoseErrors
from hrbench.metrics.scores import Scores
from hrbench.metrics.selection import Selection, as_results, coco_results, select

NEAR = 0.1  # of OKS or of the boxes' IoU: with less of both, a pose is somebody else's


def score(truth: Truth, predictions: PosesInBoxes, setting: KeypointSetting) -> Scores:
    """Return COCO's figures; of one's own objects those in pixels beside them.

    Of these there are no other figures to compare with.
    """
    scores: Scores = pose_scores(truth, predictions, setting)
    if not setting.own_objects:
        return scores
    own = PIXELS.score(truth, predictions, setting)
    names = [name for name in own.figures if name not in scores.figures]
    return Scores(
        scores.figures | {name: own.figures[name] for name in names},
        scores.reasons | {n: why for n, why in own.reasons.items() if n in names},
        {**scores.groups, "objects": own.groups["objects"]},
    )


def pose_scores(truth: Truth, predictions: PosesInBoxes, setting: KeypointSetting) -> PoseScores:
    """Return COCO's ten figures and the median error, and how they came about."""
    return score_poses(truth, predictions.poses(), **arguments(setting))


def observe(truth: Truth, predictions: PosesInBoxes, setting: KeypointSetting) -> PoseOutcomes:
    """Return what each image adds to the figures."""
    images = np.unique(predictions.scored_images)
    outcomes = pose_outcomes(truth, predictions.poses(), images, **arguments(setting))
    if not setting.own_objects:
        return outcomes
    own = pixels.observe(truth, predictions, setting)
    return replace(
        outcomes,
        objects=own.objects,
        object_pixels=own.pixels,
        sizes=own.sizes,
        normalisers=own.normalisers,
    )


def breakdown(truth: Truth, predictions: PosesInBoxes, setting: KeypointSetting) -> dict[str, Any]:
    """Return where the poses that the protocol keeps fail: errors by kind, size, crowding ...

    And how their scores are calibrated.
    """
    poses, selection = predictions.poses(), selected(predictions, setting)
    found = diagnosed(truth, as_results(poses, selection), setting)
    return {
        **error_groups.groups(found, setting.keypoints),
        **pose_answers.breakdown(truth, poses, selection, setting),
    }


def diagnosed(truth: Truth, results: Results, setting: KeypointSetting) -> Diagnosis:
    """Return what is wrong with the poses that the protocol keeps."""
    return error_groups.diagnose(truth, results, np.asarray(setting.sigmas), setting.flip_pairs)


def arguments(setting: KeypointSetting) -> dict[str, Any]:
    """Return what poses are scored by beside their truth."""
    names = {"keypoint_names": setting.keypoints, "flip_pairs": setting.flip_pairs}
    return {**names, **setting.choice()}


def fault(setting: KeypointSetting) -> str:
    """Say so where there are no sigmas, or a normaliser that nothing is divided by."""
    if setting.sigmas is None:
        return (
            f"{setting.dataset} has no sigmas, without which there is no OKS and no AP: leave out "
            "protocol.metric, or set it to 'pixels'; `hrbench sigmas` estimates them"
        )
    if setting.own_objects or setting.normaliser is None:
        return PIXELS.fault(setting)
    return (
        f"protocol.normaliser changes nothing: 'oks' with boxes '{setting.boxes}' measures nothing "
        "in sizes of objects; leave it out"
    )


def notes(truth: Truth, setting: KeypointSetting) -> tuple[str, ...]:
    """Say what the figures in pixels leave out, where they stand beside AP."""
    return PIXELS.notes(truth, setting) if setting.own_objects else ()


def errors(truth: Truth, predictions: PosesInBoxes, setting: KeypointSetting) -> PoseErrors:
    """Return each person with the most similar pose that may be theirs; the error is 1 - OKS."""
    counted = np.flatnonzero((truth.num_keypoints > 0) & ~truth.crowd)
    ids = np.asarray(predictions.image_ids)
    pairs = [(p, np.flatnonzero(ids == truth.image_ids[p])) for p in counted.tolist()]
    persons = np.concatenate([np.full(len(rows), p) for p, rows in pairs] or [counted]).astype(int)
    rows = np.concatenate([rows for _, rows in pairs] or [counted]).astype(int)
    results = Results(ids, predictions.keypoints.astype(np.float64), np.ones(len(ids)))
    similar = oks_with_truth(results, truth, np.asarray(setting.sigmas), rows, persons)
    near = (similar >= NEAR) | (iou(truth.boxes[persons], predictions.boxes[rows]) >= NEAR)
    best: dict[int, tuple[float, int]] = {}
    theirs = (part[near].tolist() for part in (persons, rows, similar))
    for person, row, value in zip(*theirs, strict=True):
        best[person] = max(best.get(person, (-1.0, -1)), (value, row))
    chosen = [best.get(person, (0.0, -1)) for person in counted.tolist()]
    similarity = np.array([value for value, _ in chosen])
    return _matched(
        truth, counted, predictions, np.array([row for _, row in chosen], int), similarity
    )


def _matched(
    truth: Truth,
    persons: NDArray[np.intp],
    predictions: PosesInBoxes,
    rows: NDArray[np.intp],
    similarity: Floats,
) -> PoseErrors:
    """Return persons with the poses in `rows`, of which -1 is none."""
    nobody = rows < 0
    points = predictions.keypoints[rows].astype(np.float64)
    points[nobody] = np.nan
    labelled = truth.visibility[persons] > 0
    words = tuple(
        "not found" if none else f"OKS {value:.2f}"
        for none, value in zip(nobody.tolist(), similarity.tolist(), strict=True)
    )
    return PoseErrors(
        errors=1 - similarity,
        ids=truth.ids[persons],
        image_ids=truth.image_ids[persons],
        truth=np.where(labelled[..., None], truth.keypoints[persons], np.nan),
        predicted=points,
        scores=np.where(nobody[:, None], 0, predictions.scores[rows]).astype(np.float32),
        words=words,
    )


def selected(predictions: PosesInBoxes, setting: KeypointSetting) -> Selection:
    """Return the poses that the protocol keeps."""
    return select(predictions.poses(), **setting.choice())


def upload(folder: Path, predictions: PosesInBoxes, setting: KeypointSetting) -> str:
    """Write the results that COCO's server takes, under the name that it asks for."""
    results = coco_results(predictions.poses(), selected(predictions, setting))
    path = folder / f"person_keypoints_{setting.split}_hrbench_results.json"
    path.write_text(json.dumps(results), "utf-8")
    return f"{len(results)} results to hand in: {path}"


OKS = Metric(
    name="oks",
    headline="AP",
    figures=(
        *AVERAGE_PRECISION,
        Definition("APM", "%", "higher", 1, "AP over people of 32 x 32 to 96 x 96 pixels"),
        Definition("APL", "%", "higher", 1, "AP over people larger than 96 x 96 pixels"),
        Definition("ARM", "%", "higher", 1, "AR over people of 32 x 32 to 96 x 96 pixels"),
        Definition("ARL", "%", "higher", 1, "AR over people larger than 96 x 96 pixels"),
        *(MEDIAN_PX, MEDIAN_SHARE),
        *(known for known in PIXELS.figures if known not in {MEDIAN_PX, MEDIAN_SHARE}),
    ),
    truth=Truth,
    predictions=PosesInBoxes,
    score=score,
    errors=errors,
    axes=CurveAxes("recall (%)", "precision (%)"),
    outcomes=PoseOutcomes,
    observe=observe,
    breakdown=breakdown,
    needs=OF_CHOICE,
    reads=("normaliser",),
    fault=fault,
    notes=notes,
    upload=upload,
)
