"""Figures that several metrics have."""

from hrbench.metrics.metric import Definition

MEDIAN_PX = Definition(
    "median_error_px",
    "px",
    "lower",
    2,
    "median keypoint error: of people found (OKS), else of all that is measured",
)
MEDIAN_SHARE = Definition(
    "median_error_share",
    "%",
    "lower",
    2,
    "the same, over the head's size (PCKh), else the root of the person's or box's area",
)
NME = Definition(
    "NME",
    "%",
    "lower",
    2,
    "mean keypoint error over the protocol's normaliser, else the root of the box's area",
)
NME_BY = Definition(r"NME \((.+)\)", "%", "lower", 2, "mean keypoint error, normalised by {0}")
AVERAGE_PRECISION = (
    Definition("AP", "%", "higher", 1, "average precision, mean over OKS 0.50, 0.55 ... 0.95"),
    Definition(r"AP(50|75)", "%", "higher", 1, "average precision at OKS 0.{0}"),
    Definition("AR", "%", "higher", 1, "average recall, mean over OKS 0.50, 0.55 ... 0.95"),
    Definition(r"AR(50|75)", "%", "higher", 1, "recall at OKS 0.{0}"),
)
OF_GROUPS = (  # that rows of groups have, and no record as a whole
    Definition("OKS", "", "higher", 3, "mean of the keypoint's own term of the OKS, people found"),
    Definition("swapped", "%", "lower", 1, "keypoints that lie at their partner's place instead"),
)
