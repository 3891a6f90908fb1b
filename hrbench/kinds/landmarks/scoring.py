"""Each metric of keypoints put to work on stored predictions and the truth."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrbench.errors import RunError
from hrbench.geometry import UNIT
from hrbench.metrics.coco_keypoints import score_poses
from hrbench.metrics.crowdpose import score_crowd
from hrbench.metrics.nme import BOX_SIZE, score_faces
from hrbench.metrics.pckh import score_pckh
from hrbench.metrics.people import Poses, Truth
from hrbench.metrics.pixel_errors import measurable, object_sizes, score_pixels
from hrbench.metrics.reference import Annotation, pycocotools_figures
from hrbench.metrics.scores import Scores
from hrbench.metrics.selection import Selection, as_results, select
from hrbench.report.predictions import Predictions
from hrbench.spec import DatasetSpec, LandmarkTask

ROUNDING = 1e-9  # per cent
ANNOTATED = "gt"  # boxes
Score = Callable[[LandmarkTask, DatasetSpec, Predictions, Any], Scores]


def score(spec: LandmarkTask, dataset: DatasetSpec, found: Predictions, truth: Any) -> Scores:
    """Return every figure of the protocol's metric."""
    return METRICS[spec.protocol.metric or "oks"](spec, dataset, found, truth)


def _oks(spec: LandmarkTask, dataset: DatasetSpec, found: Predictions, truth: Any) -> Scores:
    scores: Scores = score_poses(truth, poses(found), **_pose_arguments(spec, dataset))
    if not in_pixels(spec, dataset):
        return scores
    # Of one's own there are no other figures to compare with: those in pixels stand beside AP.
    pixels = _pixels(spec, dataset, found, truth)
    keys = [name for name in pixels.figures if name not in scores.figures]
    return Scores(
        scores.figures | {name: pixels.figures[name] for name in keys},
        scores.reasons | {n: why for n, why in pixels.reasons.items() if n in keys},
        {**scores.groups, "objects": pixels.groups["objects"]},
    )


def in_pixels(spec: LandmarkTask, dataset: DatasetSpec) -> bool:
    """Whether errors are measured in pixels and in sizes of objects, alone or beside AP."""
    metric, boxes = spec.protocol.metric, spec.protocol.boxes
    return metric == "pixels" or (metric == "oks" and not dataset.complete and boxes == ANNOTATED)


def _crowdpose(spec: LandmarkTask, dataset: DatasetSpec, found: Predictions, truth: Any) -> Scores:
    return score_crowd(truth, poses(found), **_pose_arguments(spec, dataset))[0]


def _pckh(_: LandmarkTask, __: DatasetSpec, found: Predictions, truth: Any) -> Scores:
    return score_pckh(truth, found.keypoints)


def _nme(spec: LandmarkTask, dataset: DatasetSpec, found: Predictions, truth: Any) -> Scores:
    normaliser = str(spec.protocol.normaliser)
    return score_faces(
        truth, found.keypoints, normaliser=normaliser, keypoint_names=dataset.keypoints
    )


def _pixels(spec: LandmarkTask, dataset: DatasetSpec, found: Predictions, truth: Any) -> Scores:
    place = {name: index for index, name in enumerate(truth.ids.tolist())}
    people = np.array([place[sample] for sample in found.sample_ids.tolist()], dtype=np.intp)
    pairs = dataset.indices(dataset.flip_pairs)
    return score_pixels(
        truth,
        poses(found),
        people,
        dataset.keypoints,
        pairs,
        spec.protocol.normaliser or BOX_SIZE,
        dataset.normaliser_groups(),
    )


def without_size(truth: Truth, dataset: DatasetSpec, normaliser: str) -> int:
    """Return how many annotated objects have no size by a normaliser of the dataset's."""
    sizes = object_sizes(truth, dataset.normaliser_groups())[normaliser]
    return int((measurable(truth) & np.isnan(sizes)).sum())


METRICS: dict[str, Score] = {
    "oks": _oks,
    "crowdpose": _crowdpose,
    "pckh": _pckh,
    "nme": _nme,
    "pixels": _pixels,
}


def _pose_arguments(spec: LandmarkTask, dataset: DatasetSpec) -> dict[str, Any]:
    return {
        "keypoint_names": dataset.keypoints,
        "flip_pairs": dataset.indices(dataset.flip_pairs),
        **selection_arguments(spec, dataset),
    }


def selection_arguments(spec: LandmarkTask, dataset: DatasetSpec) -> dict[str, Any]:
    """Return how the protocol chooses among the poses of an image."""
    return {
        "sigmas": sigmas(dataset),
        "keypoint_threshold": spec.protocol.keypoint_threshold,
        "nms": spec.protocol.nms,
        "nms_threshold": spec.protocol.nms_threshold,
    }


def selected(spec: LandmarkTask, dataset: DatasetSpec, found: Predictions) -> Selection:
    """Return the poses that the protocol keeps."""
    return select(poses(found), **selection_arguments(spec, dataset))


def confirm(
    spec: LandmarkTask,
    dataset: DatasetSpec,
    found: Predictions,
    truth: Any,
    people: Callable[[], Sequence[Annotation]],
) -> float:
    """Return the largest difference from pycocotools' ten figures, in per cent.

    Ours are of `truth`, as it was read here; pycocotools reads what `people` returns itself, the
    annotations of the measured images as their file has them.

    Raises:
        RunError: there is nothing to compare, or the figures differ.
    """
    if spec.protocol.metric != "oks" or not isinstance(truth, Truth):
        raise RunError("--official compares COCO's figures, and this run has none")
    if not len(found.sample_ids):
        raise RunError("--official compares figures, and this run has no result")
    ours = score_poses(truth, poses(found), **_pose_arguments(spec, dataset))
    results = as_results(poses(found), selected(spec, dataset, found))
    theirs = pycocotools_figures(people(), results, sigmas(dataset))
    gaps = {name: abs(ours.figures[name] - value) for name, value in theirs.items()}
    known = {name: gap for name, gap in gaps.items() if not np.isnan(gap)}
    unlike = [name for name, gap in known.items() if gap > ROUNDING]
    unlike += [n for n, v in theirs.items() if np.isnan(v) != np.isnan(ours.figures[n])]
    if unlike:
        name = unlike[0]
        raise RunError(
            f"{name} is {ours.figures[name]!r} here and {theirs[name]!r} by pycocotools; "
            "please report this with the run's folder"
        )
    return max(known.values(), default=0.0)


def poses(found: Predictions) -> Poses:
    """Return predictions as the metrics take them."""
    return Poses(
        image_ids=found.image_ids,
        keypoints=found.keypoints,
        keypoint_scores=found.scores,
        box_scores=found.box_scores,
        box_areas=np.prod(found.scales * UNIT, axis=1).astype(np.float64),
    )


def sigmas(dataset: DatasetSpec) -> NDArray[np.float64]:
    """Return the sigmas of a dataset's keypoints.

    Raises:
        RunError: it has none, and AP is defined by nothing else.
    """
    if dataset.sigmas is None:
        raise RunError(
            f"{dataset.name} has no sigmas, without which there is no OKS and no AP: leave out "
            "protocol.metric, or set it to 'pixels'; `hrbench sigmas` estimates them"
        )
    return np.array(dataset.sigmas)
