"""Score predicted poses as CrowdPose does: COCO's matching, and AP by how crowded an image is.

poses -> instance scores -> OKS-NMS -> results -> matching -> curves of all images and of each
level of crowding -> figures

Source: the CrowdPose evaluation, github.com/Jeff-sjtu/CrowdPose, `crowdpose-api`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats
from hrbench.metrics.average_precision import ALL, RECALLS, Curves, by_recall, curves, figures
from hrbench.metrics.keypoints import by_keypoint, medians
from hrbench.metrics.matched import Matched
from hrbench.metrics.matching import Matches
from hrbench.metrics.people import Results, Truth
from hrbench.metrics.scores import Scores

AREA_SHARE = 0.53  # of the box that counts as the person's area, which the files do not have
LEVELS = {  # crowd index, the upper end excluded; the paper's formula is not bounded by 1
    "easy": (-math.inf, 0.2),
    "medium": (0.2, 0.8),
    "hard": (0.8, math.inf),
}
OF_ALL = ("AP", "AP50", "AP75", "AR", "AR50", "AR75")
DECIMALS = 4  # to which the official code rounds the AP of a level, as a fraction


@dataclass(frozen=True, slots=True, eq=False)
class CrowdTruth:
    """The annotated people of M images, and how crowded each image is."""

    people: Truth  # areas are AREA_SHARE of the boxes
    image_ids: NDArray[np.int64]  # (M,) those without annotated people too
    crowd_index: Floats  # (M,) as the file has it, 0 and more

    def __post_init__(self) -> None:
        if self.image_ids.shape != self.crowd_index.shape:
            raise ValueError(
                f"{len(self.image_ids)} images with {len(self.crowd_index)} crowd indices"
            )
        if not np.isfinite(self.crowd_index).all():
            raise ValueError("a crowd index is not a number")

    def images_of(self, level: str) -> NDArray[np.int64]:
        """Return the ids of the images of a level of crowding."""
        return self.image_ids[of_level(self.crowd_index, level)]


def of_level(crowd_index: Floats, level: str) -> NDArray[np.bool_]:
    """Return which images are of a level of crowding."""
    low, high = LEVELS[level]
    return (low <= crowd_index) & (crowd_index < high)


def score_crowd(truth: CrowdTruth, found: Matched, keypoint_names: Sequence[str]) -> Scores:
    """Return CrowdPose's nine figures and the median error, by level too.

    A level's AP is over all images of `truth`, predicted on or not: give it the truth of the
    images looked at. (The official code takes the levels from the whole file, even where only
    some of its images are evaluated.)
    """
    drawn = crowd_curves(truth, found.results, found.matches)
    values = crowd_figures(drawn)
    values |= medians(found.errors)
    images = {level: len(truth.images_of(level)) for level in LEVELS}
    groups = {
        "crowding": {n: {"images": images[n], "AP": values[f"AP_{n}"]} for n in LEVELS},
        "keypoint": by_keypoint(found.errors, keypoint_names),
        "curve": {name: line.tolist() for name, line in _lines(drawn).items()},
    }
    without = [name for name, value in values.items() if math.isnan(value)]
    return Scores(values, {name: _reason(name, images) for name in without}, groups)


def crowd_curves(truth: CrowdTruth, results: Results, matches: Matches) -> dict[str, Curves]:
    """Return the curves of `all` images, and of the images of each level by its name."""
    parts = {"all": matches}
    for level in LEVELS:
        ids = truth.images_of(level)
        seen = np.isin(results.image_ids[matches.rows], ids)
        parts[level] = Matches(
            rows=matches.rows[seen],
            found=matches.found[..., seen],
            ignored=matches.ignored[..., seen],
            optional=matches.optional | ~np.isin(truth.people.image_ids, ids),
        )
    return {name: curves(part, results) for name, part in parts.items()}


def crowd_figures(drawn: dict[str, Curves]) -> dict[str, float]:
    """Return AP ... AR75 of `all` and AP_easy ... AP_hard in per cent; NaN without people."""
    of_all = figures(drawn["all"])
    values = {name: of_all[name] for name in OF_ALL}
    for level in LEVELS:
        official = level_average(drawn[level])
        values[f"AP_{level}"] = math.nan if official < 0 else round(100 * official, DECIMALS - 2)
    return values


def level_average(drawn: Curves) -> float:
    """Return a level's AP from 0 to 1, rounded as officially; -1 if nobody is to be found."""
    return float(np.round(drawn.precision[..., ALL].mean(), DECIMALS))


def _lines(drawn: dict[str, Curves]) -> dict[str, Floats]:
    """Return precision at each recall, of the APs by their names."""
    of_all = by_recall(drawn["all"])
    of_levels = {f"AP_{level}": by_recall(drawn[level])["AP"] for level in LEVELS}
    kept = {name: of_all[name] for name in OF_ALL if name in of_all}
    return {"recall": RECALLS, **kept, **of_levels}


def _reason(name: str, images: dict[str, int]) -> str:
    if name.startswith("median"):
        return "no pose fits a labelled person with an OKS of 0.5 or more"
    level = name.removeprefix("AP_")
    if level not in images:
        return "nobody in these images is labelled"
    if images[level]:
        return f"nobody in the {level} images is labelled"
    return f"no image is {level} by its crowd index"
