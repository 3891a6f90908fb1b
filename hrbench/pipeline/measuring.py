"""A protocol put to work: predictions of a split, and the figures they come to."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hrbench.data.loader import ImageCrops
from hrbench.engine.predict import Heatmaps, predict
from hrbench.engine.runtime import Runtime
from hrbench.errors import RunError
from hrbench.geometry import UNIT, flip_order
from hrbench.heads.heatmap import flip_back
from hrbench.metrics.coco_keypoints import FIGURES, Scores, score_poses
from hrbench.metrics.people import Poses, Truth
from hrbench.metrics.reference import pycocotools_figures
from hrbench.metrics.selection import as_results, coco_results, select
from hrbench.network import LandmarkNetwork, codec
from hrbench.pipeline.sources import Evaluation
from hrbench.report.predictions import Predictions
from hrbench.report.record import MetricValue, measured
from hrbench.spec import DatasetSpec, TaskSpec

HEADLINE = "AP"
ROUNDING = 1e-9  # per cent
BATCH = 32  # crops through the network at once; it moves results by rounding only


def predictions(
    spec: TaskSpec,
    dataset: DatasetSpec,
    network: LandmarkNetwork,
    looked_at: Evaluation,
    runtime: Runtime,
    *,
    workers: int,
    title: str = "predicting",
) -> Predictions:
    """Return the network's keypoints for every box of an evaluation."""
    people = looked_at.people
    height, width = spec.model.input
    network.eval()
    found = predict(
        heatmaps(spec, dataset, network, runtime.device),
        codec(spec.model).decode,
        ImageCrops(people, (width, height)),
        runtime,
        batch_size=BATCH,
        precision=spec.protocol.precision,
        workers=workers,
        title=title,
    )
    return Predictions(
        sample_ids=people.ids,
        image_ids=people.image_ids[people.image],
        boxes=people.boxes,
        box_scores=people.scores,
        centers=people.centers,
        scales=people.scales,
        keypoints=found.keypoints,
        scores=found.scores,
        scored_images=looked_at.image_ids,
    )


def heatmaps(
    spec: TaskSpec, dataset: DatasetSpec, network: LandmarkNetwork, device: torch.device
) -> Heatmaps:
    """Return the protocol's way from normalised images to maps, flip test included."""
    decoder = codec(spec.model)
    pairs = dataset.indices(dataset.flip_pairs)
    order = torch.from_numpy(flip_order(len(dataset.keypoints), pairs)).to(device)

    def plain(images: Tensor) -> Tensor:
        scores: Tensor = network(images).float()
        return decoder.from_logits(scores) if spec.model.activation == "softmax" else scores

    def with_flip(images: Tensor) -> Tensor:
        mirrored = plain(images.flip(-1))
        return (plain(images) + flip_back(mirrored, order, spec.protocol.flip_shift)) * 0.5

    return with_flip if spec.protocol.flip_test else plain


@dataclass(frozen=True, slots=True)
class Measured:
    """Figures of a set of predictions, as a record has them."""

    metrics: dict[str, MetricValue]
    groups: dict[str, Any]


def measure(
    spec: TaskSpec, dataset: DatasetSpec, found: Predictions, truth: Truth | None
) -> Measured:
    """Return every figure of the protocol; null with the reason where the truth is hidden."""
    if truth is None:
        reason = f"the truth of {spec.protocol.split} is hidden; hand in the upload file"
        return Measured(
            {HEADLINE: MetricValue(value=None, unit="%", higher_is_better=True, reason=reason)}, {}
        )
    scores = figures(spec, dataset, found, truth)
    metrics = {
        name: measured(
            value,
            FIGURES[name].unit,
            higher_is_better=FIGURES[name].higher_is_better,
            reason=scores.reasons.get(name, ""),
        )
        for name, value in scores.figures.items()
    }
    return Measured(metrics, dict(scores.groups))


def figures(spec: TaskSpec, dataset: DatasetSpec, found: Predictions, truth: Truth) -> Scores:
    """Return the scores of predictions by the protocol."""
    return score_poses(
        truth,
        poses(found),
        sigmas=sigmas(dataset),
        keypoint_names=dataset.keypoints,
        flip_pairs=dataset.indices(dataset.flip_pairs),
        keypoint_threshold=spec.protocol.keypoint_threshold,
        nms=spec.protocol.nms,
        nms_threshold=spec.protocol.nms_threshold,
    )


def confirm(spec: TaskSpec, dataset: DatasetSpec, found: Predictions, truth: Truth | None) -> float:
    """Return the largest difference from pycocotools' ten figures, in per cent.

    Raises:
        RunError: there is nothing to compare, or the figures differ.
    """
    if truth is None or not len(found.sample_ids):
        raise RunError("--official compares figures, and this run has none")
    ours = figures(spec, dataset, found, truth)
    results = as_results(poses(found), ours.selection)
    theirs = pycocotools_figures(truth, results, sigmas(dataset))
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


def upload(spec: TaskSpec, dataset: DatasetSpec, found: Predictions) -> list[dict[str, object]]:
    """Return the results in COCO's format, as the test server takes them."""
    selection = select(
        poses(found),
        sigmas=sigmas(dataset),
        keypoint_threshold=spec.protocol.keypoint_threshold,
        nms=spec.protocol.nms,
        nms_threshold=spec.protocol.nms_threshold,
    )
    return coco_results(poses(found), selection)


def upload_name(split: str) -> Path:
    """Return the file name that COCO's server asks for."""
    return Path(f"person_keypoints_{split}_hrbench_results.json")


def poses(found: Predictions) -> Poses:
    """Return predictions as the metrics take them."""
    return Poses(
        image_ids=found.image_ids,
        keypoints=found.keypoints,
        keypoint_scores=found.scores,
        box_scores=found.box_scores,
        box_areas=np.prod(found.scales * UNIT, axis=1).astype(np.float64),
    )


def sigmas(dataset: DatasetSpec) -> "np.ndarray[Any, np.dtype[np.float64]]":
    """Return the sigmas of a dataset's keypoints.

    Raises:
        RunError: it has none, and AP is defined by nothing else.
    """
    if dataset.sigmas is None:
        raise RunError(
            f"datasets/{dataset.name}.toml has no sigmas, without which there is no OKS and no AP"
        )
    return np.array(dataset.sigmas)
