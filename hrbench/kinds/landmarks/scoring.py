"""Stored keypoints and a task of them as its metric takes both."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from hrbench.errors import RunError
from hrbench.geometry import UNIT
from hrbench.metrics.coco_keypoints import score_poses
from hrbench.metrics.inputs import KeypointSetting, PosesInBoxes
from hrbench.metrics.named import oks
from hrbench.metrics.people import Truth
from hrbench.metrics.reference import Annotation, pycocotools_figures
from hrbench.report.predictions import Predictions
from hrbench.spec import DatasetSpec, LandmarkTask

ROUNDING = 1e-9  # per cent


def measurable(stored: Predictions) -> PosesInBoxes:
    """Return predictions as metrics take them."""
    return PosesInBoxes(
        sample_ids=stored.sample_ids,
        image_ids=stored.image_ids,
        boxes=stored.boxes,
        box_scores=stored.box_scores,
        box_areas=np.prod(stored.scales * UNIT, axis=1).astype(np.float64),
        keypoints=stored.keypoints,
        scores=stored.scores,
        scored_images=stored.scored_images,
    )


def setting(spec: LandmarkTask, dataset: DatasetSpec) -> KeypointSetting:
    """Return what a dataset and a protocol say to metrics."""
    protocol = spec.protocol
    return KeypointSetting(
        dataset=dataset.name,
        split=protocol.split,
        keypoints=dataset.keypoints,
        flip_pairs=dataset.indices(dataset.flip_pairs),
        sigmas=None if dataset.sigmas is None else np.array(dataset.sigmas),
        groups=dataset.normaliser_groups(),
        complete=dataset.complete,
        boxes=protocol.boxes,
        keypoint_threshold=protocol.keypoint_threshold,
        nms=protocol.nms,
        nms_threshold=protocol.nms_threshold,
        normaliser=protocol.normaliser,
        regions=dataset.region_groups(),
        turn=dataset.turn_points(),
    )


def confirm(
    spec: LandmarkTask,
    dataset: DatasetSpec,
    stored: Predictions,
    truth: Any,
    people: Callable[[], Sequence[Annotation]],
) -> float:
    """Return the largest difference from pycocotools' ten figures, in per cent.

    Ours are of `truth`, as it was read here; pycocotools reads what `people` returns itself, the
    annotations of the measured images as their file has them.

    Raises:
        RunError: there is nothing to compare, or the figures differ.
    """
    if spec.protocol.metric != oks.OKS.name or not isinstance(truth, Truth):
        raise RunError("--official compares COCO's figures, and this run has none")
    if not len(stored.sample_ids):
        raise RunError("--official compares figures, and this run has no result")
    found = oks.matched_poses(truth, measurable(stored), setting(spec, dataset))
    ours = score_poses(found, dataset.keypoints)
    theirs = pycocotools_figures(people(), found.results, found.sigmas)
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
