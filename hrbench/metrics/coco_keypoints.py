"""Score predicted poses as the COCO keypoint challenge does, from arrays to ten figures.

poses -> instance scores -> OKS-NMS -> results -> matching -> precision, recall -> figures
"""

import math
from collections.abc import Sequence

from hrbench.metrics.average_precision import RECALLS, SELECTIONS, by_recall, curves, figures
from hrbench.metrics.keypoints import by_keypoint, medians
from hrbench.metrics.matched import Matched
from hrbench.metrics.matching import AREA_RANGES, Matches
from hrbench.metrics.scores import Scores

NOBODY = {  # why a figure has no value, by the last letter of its name
    "M": "nobody with an area of 32 x 32 to 96 x 96 pixels is labelled",
    "L": "nobody with an area of 96 x 96 pixels or more is labelled",
}


FIGURES = (
    *(f"{kind}{suffix}" for kind in ("AP", "AR") for suffix in SELECTIONS),
    "median_error_px",  # of the keypoints of found people
    "median_error_share",  # of the root of the person's area, in per cent
)


def score_poses(found: Matched, keypoint_names: Sequence[str]) -> Scores:
    """Return COCO's ten figures, the median error, and the figures by size and keypoint.

    They are named as in FIGURES. `groups["curve"]` has precision at each recall, of the APs by
    their names.
    """
    drawn = curves(found.matches, found.results)
    values = figures(drawn)
    values |= medians(found.errors)
    lines = {"recall": RECALLS, **by_recall(drawn)}
    groups = {
        "size": by_size(values, found.matches),
        "keypoint": by_keypoint(found.errors, keypoint_names),
        "curve": {name: line.tolist() for name, line in lines.items()},
    }
    reasons = {name: _reason(name) for name, value in values.items() if math.isnan(value)}
    return Scores(values, reasons, groups)


def by_size(values: dict[str, float], matches: Matches) -> dict[str, dict[str, float]]:
    """Return people to be found, AP and AR of medium and large people."""
    people = dict(zip(AREA_RANGES, (~matches.optional).sum(axis=1).tolist(), strict=True))
    return {
        size: {"people": people[size], "AP": values[f"AP{letter}"], "AR": values[f"AR{letter}"]}
        for size, letter in (("medium", "M"), ("large", "L"))
    }


def _reason(name: str) -> str:
    if name.startswith("median"):
        return "no pose fits a labelled person with an OKS of 0.5 or more"
    return NOBODY.get(name[-1], "nobody in these images is labelled")
