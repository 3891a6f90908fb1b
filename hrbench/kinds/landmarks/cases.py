"""Each annotated person or face beside what was found of it, by its own share of the metric.

Letters: P annotated persons or faces, K keypoints.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrbench.data.evaluation import LandmarkEvaluation
from hrbench.kinds.landmarks.scoring import sigmas
from hrbench.metrics.crowdpose import CrowdTruth
from hrbench.metrics.nme import BOX_SIZE, shares
from hrbench.metrics.oks import oks_with_truth
from hrbench.metrics.pckh import FIRST_PIXEL, pixel_errors
from hrbench.metrics.people import Results, Truth
from hrbench.metrics.pixel_errors import object_sizes
from hrbench.metrics.sample_errors import Cases
from hrbench.report.predictions import Predictions
from hrbench.spec import DatasetSpec, LandmarkTask

Floats = NDArray[np.float64]
NEAR = 0.1  # of OKS or of the boxes' IoU: with less of both, a pose is somebody else's


Look = Callable[[LandmarkTask, DatasetSpec, Predictions, Any], Cases]


def cases(
    spec: LandmarkTask, dataset: DatasetSpec, found: Predictions, looked_at: LandmarkEvaluation
) -> Cases:
    """Return every annotated person or face beside what was found of it."""
    look = LOOKS[spec.protocol.metric or "oks"]
    return look(spec, dataset, found, looked_at.truth)


def _oks(_: LandmarkTask, dataset: DatasetSpec, found: Predictions, truth: Any) -> Cases:
    """Return each person with the most similar pose that may be theirs; the error is 1 - OKS."""
    people: Truth = truth.people if isinstance(truth, CrowdTruth) else truth
    counted = np.flatnonzero((people.num_keypoints > 0) & ~people.crowd)
    ids = np.asarray(found.image_ids)
    pairs = [(p, np.flatnonzero(ids == people.image_ids[p])) for p in counted.tolist()]
    persons = np.concatenate([np.full(len(rows), p) for p, rows in pairs] or [counted]).astype(int)
    rows = np.concatenate([rows for _, rows in pairs] or [counted]).astype(int)
    results = Results(ids, found.keypoints.astype(np.float64), np.ones(len(ids)))
    similar = oks_with_truth(results, people, sigmas(dataset), rows, persons)
    near = (similar >= NEAR) | (iou(people.boxes[persons], found.boxes[rows]) >= NEAR)
    best: dict[int, tuple[float, int]] = {}
    theirs = (part[near].tolist() for part in (persons, rows, similar))
    for person, row, value in zip(*theirs, strict=True):
        best[person] = max(best.get(person, (-1.0, -1)), (value, row))
    chosen = [best.get(person, (0.0, -1)) for person in counted.tolist()]
    errors = np.array([1 - value for value, _ in chosen])
    return _matched(people, counted, np.array([row for _, row in chosen], int), found, errors)


def _matched(
    people: Truth,
    persons: NDArray[np.intp],
    rows: NDArray[np.intp],
    found: Predictions,
    errors: Floats,
) -> Cases:
    """Return persons with the poses in `rows`, of which -1 is none."""
    nobody = rows < 0
    points = found.keypoints[rows].astype(np.float64)
    points[nobody] = np.nan
    labelled = people.visibility[persons] > 0
    truth = np.where(labelled[..., None], people.keypoints[persons], np.nan)
    scores = np.where(nobody[:, None], 0, found.scores[rows]).astype(np.float32)
    words = tuple(
        "not found" if none else f"OKS {1 - error:.2f}"
        for none, error in zip(nobody.tolist(), errors.tolist(), strict=True)
    )
    return Cases(
        people.ids[persons], people.image_ids[persons], truth, points, scores, errors, words
    )


def iou(one: NDArray[np.floating], other: NDArray[np.floating]) -> Floats:
    """Return (N,) how much of both boxes is common to each two of (N, 4) x, y, width, height."""
    low = np.maximum(one[:, :2], other[:, :2])
    high = np.minimum(one[:, :2] + one[:, 2:], other[:, :2] + other[:, 2:])
    common = (high - low).clip(0).prod(axis=1)
    whole = one[:, 2:].prod(axis=1) + other[:, 2:].prod(axis=1) - common
    return np.asarray(common / np.maximum(whole, 1e-9))


def _pckh(_: LandmarkTask, __: DatasetSpec, found: Predictions, truth: Any) -> Cases:
    errors = pixel_errors(truth, found.keypoints) / truth.head_sizes[:, None]
    known = (~truth.missing).sum(axis=1)
    means = np.nansum(errors, axis=1) / np.maximum(known, 1)
    places = np.where(truth.missing[..., None], np.nan, truth.keypoints - FIRST_PIXEL)
    return _direct(found, places, means, "{:.2f} head sizes")


def _nme(spec: LandmarkTask, _: DatasetSpec, found: Predictions, truth: Any) -> Cases:
    distances = np.linalg.norm(found.keypoints.astype(np.float64) - truth.keypoints, axis=2)
    sizes = truth.normalisers[str(spec.protocol.normaliser)]
    errors = 100 * shares(distances, sizes).mean(axis=1)
    return _direct(found, truth.keypoints, errors, "NME {:.1f} %")


def _pixels(spec: LandmarkTask, dataset: DatasetSpec, found: Predictions, truth: Any) -> Cases:
    place = {name: index for index, name in enumerate(truth.ids.tolist())}
    people = np.array([place[sample] for sample in found.sample_ids.tolist()], dtype=np.intp)
    labelled = truth.visibility[people] > 0
    actual = np.where(labelled[..., None], truth.keypoints[people], np.nan)
    distances = np.linalg.norm(found.keypoints - actual, axis=2)
    means = np.nansum(distances, axis=1) / np.maximum(labelled.sum(axis=1), 1)
    sizes = object_sizes(truth, dataset.normaliser_groups())
    size = sizes[spec.protocol.normaliser or BOX_SIZE][people]
    return _direct(found, actual, 100 * means / size, "{:.1f} % of its size")


def _direct(found: Predictions, truth: Floats, errors: Floats, unit: str) -> Cases:
    """Return truth and predictions whose rows go together; `unit` has a place for the error."""
    points = found.keypoints.astype(np.float64)
    words = tuple("without a size" if math.isnan(e) else unit.format(e) for e in errors.tolist())
    ids, image_ids = np.asarray(found.sample_ids), np.asarray(found.image_ids)
    return Cases(ids, image_ids, truth, points, found.scores, errors, words)


LOOKS: dict[str, Look] = {  # by the protocol's metric
    "oks": _oks,
    "crowdpose": _oks,
    "pckh": _pckh,
    "nme": _nme,
    "pixels": _pixels,
}
