"""COCO's average precision over OKS thresholds."""

import json
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats
from hrbench.metrics import error_groups, pose_answers
from hrbench.metrics.coco_keypoints import score_poses
from hrbench.metrics.error_groups import Diagnosis
from hrbench.metrics.figures import AVERAGE_PRECISION, MEDIAN_PX, MEDIAN_SHARE
from hrbench.metrics.inputs import OF_CHOICE, KeypointSetting, PosesInBoxes
from hrbench.metrics.matched import Matched, matched
from hrbench.metrics.matching import pairs_of_one_image
from hrbench.metrics.metric import Compared, CurveAxes, Definition, Metric
from hrbench.metrics.named import pixels
from hrbench.metrics.named.pixels import PIXELS, ComparedObjects
from hrbench.metrics.oks import oks_with_truth
from hrbench.metrics.overlap import iou
from hrbench.metrics.people import Results, Truth
from hrbench.metrics.pose_outcomes import PoseOutcomes, pose_outcomes
from hrbench.metrics.sample_errors import PoseErrors
from hrbench.metrics.scores import Scores
from hrbench.metrics.selection import Selection, coco_results, select

NEAR = 0.1  # of OKS or of the boxes' IoU: with less of both, a pose is somebody else's


@dataclass(frozen=True, eq=False)
class ComparedPoses(Compared[Truth, PosesInBoxes, KeypointSetting]):
    """Poses beside people: matched once, and measured as objects in their own boxes."""

    @cached_property
    def found(self) -> Matched:
        """The poses that the protocol keeps, and whom they find."""
        return matched_poses(self.truth, self.predictions, self.setting)

    @property
    def objects(self) -> ComparedObjects:
        """The same as one's own objects, each beside its own pose."""
        return ComparedObjects(self.truth, self.predictions, self.setting)


def score(compared: ComparedPoses) -> Scores:
    """Return COCO's figures; of one's own objects those in pixels beside them.

    Of these there are no other figures to compare with.
    """
    scores = score_poses(compared.found, compared.setting.keypoints)
    if not compared.setting.own_objects:
        return scores
    own = PIXELS.score(compared.objects)
    names = [name for name in own.figures if name not in scores.figures]
    return Scores(
        scores.figures | {name: own.figures[name] for name in names},
        scores.reasons | {n: why for n, why in own.reasons.items() if n in names},
        {**scores.groups, "objects": own.groups["objects"]},
    )


def observe(compared: ComparedPoses) -> PoseOutcomes:
    """Return what each image adds to the figures."""
    images = np.unique(compared.predictions.scored_images)
    outcomes = pose_outcomes(compared.found, images, compared.setting.keypoints)
    if not compared.setting.own_objects:
        return outcomes
    own = pixels.observe(compared.objects)
    return replace(
        outcomes,
        objects=own.objects,
        object_pixels=own.pixels,
        sizes=own.sizes,
        normalisers=own.normalisers,
    )


def breakdown(compared: ComparedPoses) -> dict[str, Any]:
    """Return where the poses that the protocol keeps fail: errors by kind, size, crowding ...

    And how their scores are calibrated.
    """
    return {
        **error_groups.groups(diagnosed(compared.found), compared.setting.keypoints),
        **pose_answers.breakdown(compared.found, compared.setting),
    }


def diagnosed(found: Matched) -> Diagnosis:
    """Return what is wrong with the poses that the protocol keeps."""
    return error_groups.diagnose(found.truth, found.results, found.sigmas, found.flip_pairs)


def matched_poses(truth: Truth, predictions: PosesInBoxes, setting: KeypointSetting) -> Matched:
    """Return the poses that the protocol keeps, and whom they find."""
    return matched(truth, predictions.poses(), flip_pairs=setting.flip_pairs, **setting.choice())


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


def errors(compared: ComparedPoses) -> PoseErrors:
    """Return each person with the most similar pose that may be theirs; the error is 1 - OKS."""
    return errors_of(compared.truth, compared.predictions, compared.setting)


def errors_of(truth: Truth, predictions: PosesInBoxes, setting: KeypointSetting) -> PoseErrors:
    """Return the same of people."""
    counted = np.flatnonzero((truth.num_keypoints > 0) & ~truth.crowd)
    sigmas, images = np.asarray(setting.sigmas), np.asarray(predictions.image_ids)
    results = Results(images, predictions.keypoints.astype(np.float64), np.ones(len(images)))
    may_be = []
    for places, rows in pairs_of_one_image(truth.image_ids[counted], images):
        persons = counted[places]
        similar = oks_with_truth(results, truth, sigmas, rows, persons)
        near = (similar >= NEAR) | (iou(truth.boxes[persons], predictions.boxes[rows]) >= NEAR)
        may_be.append((places[near], rows[near], similar[near]))
    places, rows, similar = (np.concatenate(column) for column in zip(*may_be, strict=True))
    order = np.lexsort((rows, similar, places))  # the most similar of each person is its last
    similarity, chosen = np.zeros(len(counted)), np.full(len(counted), -1)
    similarity[places[order]], chosen[places[order]] = similar[order], rows[order]
    return _matched(truth, counted, predictions, chosen, similarity)


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
    compare=ComparedPoses,
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
