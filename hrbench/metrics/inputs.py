"""What metrics take beside the truth: predictions, and what dataset and protocol say.

Metrics that take the same predictions are of one sort of task, and can stand for each other.

Letters: N samples, K keypoints, J joints, C classes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats
from hrbench.metrics.nme import Groups
from hrbench.metrics.people import Poses
from hrbench.metrics.selection import SuppressionName

ANNOTATED = "gt"  # boxes
# Keys of a protocol that chooses among the poses that are found in an image.
OF_CHOICE = ("box_threshold", "keypoint_threshold", "nms", "nms_threshold")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PosesInBoxes:
    """The keypoints that were found in N boxes; positions in image pixels."""

    sample_ids: NDArray[np.int64]  # (N,) annotation id, or row of the detections file
    image_ids: NDArray[np.int64]  # (N,)
    boxes: Floats  # (N, 4) x, y, width, height
    box_scores: Floats  # (N,)
    box_areas: Floats  # (N,) of the padded boxes that were cropped, in square pixels
    keypoints: NDArray[np.float32]  # (N, K, 2)
    scores: NDArray[np.float32]  # (N, K)
    scored_images: NDArray[np.int64]  # (M,) all that are measured, also those without people

    def poses(self) -> Poses:
        """Return them as the metrics of crowded images take them."""
        return Poses(
            image_ids=self.image_ids,
            keypoints=self.keypoints,
            keypoint_scores=self.scores,
            box_scores=self.box_scores,
            box_areas=self.box_areas,
        )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class KeypointSetting:
    """What a dataset of K keypoints and a protocol say."""

    dataset: str  # its name
    split: str
    keypoints: tuple[str, ...]  # their names
    flip_pairs: tuple[tuple[int, int], ...]
    sigmas: Floats | None  # (K,)
    groups: Groups  # the normalisers of the dataset
    complete: bool  # whether every field of COCO's annotations is there; else areas are derived
    boxes: str  # gt, det, or a file
    keypoint_threshold: float | None = None
    nms: SuppressionName | None = None
    nms_threshold: float | None = None
    normaliser: str | None = None
    regions: Mapping[str, Sequence[int]] = field(default_factory=dict)  # of faces: their points
    turn: tuple[int, int, int] | None = None  # of faces: outer corners right, left; nose's tip

    @property
    def own_objects(self) -> bool:
        """Whether poses are of annotated objects whose areas nobody has drawn."""
        return not self.complete and self.boxes == ANNOTATED

    def choice(self) -> dict[str, Any]:
        """Return how the protocol chooses among the poses of an image, for `selection.select`."""
        return {
            "sigmas": self.sigmas,
            "keypoint_threshold": self.keypoint_threshold,
            "nms": self.nms,
            "nms_threshold": self.nms_threshold,
        }


@dataclass(frozen=True, slots=True, eq=False)
class LiftedJoints:
    """The joints of N frames, one sequence after the other."""

    joints: NDArray[np.floating]  # (N, J, 3) mm from the hip


@dataclass(frozen=True, slots=True, kw_only=True)
class JointSetting:
    """What a dataset of J joints and a protocol say."""

    joints: tuple[str, ...]  # their names
    average: Literal["actions", "frames"]
    counted: Literal[17, 16, 14]  # joints in the mean
    root: Literal["target", "both"]  # whose hip is moved to the origin


@dataclass(frozen=True, slots=True, eq=False)
class RankedClasses:
    """The likeliest classes of N pictures."""

    labels: NDArray[np.int64]  # (N, min(5, C)) numbers of classes, the likeliest first
    scores: NDArray[np.float32]  # (N, min(5, C)) their probabilities


@dataclass(frozen=True, slots=True)
class ClassSetting:
    """What a dataset of C classes says."""

    classes: tuple[str, ...]  # their names
