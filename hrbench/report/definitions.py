"""Every metric's name, with its unit, its direction and what it means in one line."""

import re
from dataclasses import dataclass, replace
from typing import Literal


@dataclass(frozen=True, slots=True)
class Definition:
    """One metric, or one family of them where a name carries a threshold."""

    pattern: str  # of the whole name; its groups are filled into `meaning`
    unit: Literal["%", "mm", "px"]
    better: Literal["higher", "lower"]
    digits: int  # decimals that the literature prints
    meaning: str

    @property
    def higher_is_better(self) -> bool:
        """The direction, as records and published rows spell it."""
        return self.better == "higher"


_LEVEL = r"(0\.\d+)"

DEFINITIONS = (
    Definition("AP", "%", "higher", 1, "average precision, mean over OKS 0.50, 0.55 ... 0.95"),
    Definition(r"AP(50|75)", "%", "higher", 1, "average precision at OKS 0.{0}"),
    Definition("APM", "%", "higher", 1, "AP over people of 32 x 32 to 96 x 96 pixels"),
    Definition("APL", "%", "higher", 1, "AP over people larger than 96 x 96 pixels"),
    Definition(
        r"AP_(easy|medium|hard)",
        "%",
        "higher",
        1,
        "AP over the {0} images, by how crowded they are",
    ),
    Definition("AR", "%", "higher", 1, "average recall, mean over OKS 0.50, 0.55 ... 0.95"),
    Definition(r"AR(50|75)", "%", "higher", 1, "recall at OKS 0.{0}"),
    Definition("ARM", "%", "higher", 1, "AR over people of 32 x 32 to 96 x 96 pixels"),
    Definition("ARL", "%", "higher", 1, "AR over people larger than 96 x 96 pixels"),
    Definition(
        "median_error_px",
        "px",
        "lower",
        2,
        "median keypoint error: of people found (OKS), else of all that is measured",
    ),
    Definition(
        "median_error_share",
        "%",
        "lower",
        2,
        "the same, over the head's size (PCKh), else the root of the person's or box's area",
    ),
    Definition(rf"PCKh@{_LEVEL}", "%", "higher", 1, "keypoints nearer than {0} head sizes"),
    Definition(
        r"PCKh@0\.1 \(official code\)", "%", "higher", 1, "as the official code: at 0.11 head sizes"
    ),
    Definition(
        rf"PCK@{_LEVEL}",
        "%",
        "higher",
        1,
        "keypoints nearer than {0} sizes: the protocol's normaliser, else the box's area's root",
    ),
    Definition(
        "NME",
        "%",
        "lower",
        2,
        "mean keypoint error over the protocol's normaliser, else the root of the box's area",
    ),
    Definition(r"NME \((.+)\)", "%", "lower", 2, "mean keypoint error, normalised by {0}"),
    Definition(rf"FR@{_LEVEL}", "%", "lower", 2, "faces whose NME is above {0}"),
    Definition(rf"AUC@{_LEVEL}", "%", "higher", 2, "area under the NME curve up to {0}"),
    Definition("MPJPE", "mm", "lower", 1, "mean joint error, roots aligned"),
    Definition("P-MPJPE", "mm", "lower", 1, "mean joint error after similarity alignment"),
    Definition("N-MPJPE", "mm", "lower", 1, "mean joint error after alignment in scale"),
    Definition("MPJVE", "mm", "lower", 2, "mean error of the joints' velocities, per frame"),
    Definition(
        r"MPJPE \((action|frame) average\)", "mm", "lower", 1, "MPJPE as the mean over {0}s"
    ),
    Definition(
        r"MPJPE \((14|16|17) joints\)", "mm", "lower", 1, "MPJPE as the mean over {0} joints"
    ),
    Definition(r"top-(1|5)", "%", "higher", 1, "images whose class is among the first {0}"),
)


def define(name: str) -> Definition | None:
    """Return what the metric `name` is, or None for one that hrbench does not know.

    `PCKh@0.5:shoulder` is `PCKh@0.5` of one keypoint.
    """
    whole, _, keypoint = name.partition(":")
    for known in DEFINITIONS:
        match = re.fullmatch(known.pattern, whole)
        if match:
            meaning = known.meaning.format(*match.groups())
            part = f", {keypoint} only" if keypoint else ""
            return replace(known, meaning=meaning + part)
    return None


def rounded(name: str, value: float) -> str:
    """Return `value` with the decimals that the literature prints for metric `name`."""
    known = define(name)
    return f"{value:.{known.digits if known else 2}f}"
