"""What each image adds to the figures of `coco_keypoints` and of `crowdpose`.

Letters: U images, R replicates, D ranked results, A area ranges, T thresholds, M people found,
K keypoints, O objects, S normalisers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats
from hrbench.metrics.average_precision import ALL
from hrbench.metrics.crowdpose import DECIMALS, LEVELS, OF_ALL, CrowdTruth, of_level
from hrbench.metrics.matched import Matched
from hrbench.metrics.matching import Mask
from hrbench.metrics.outcomes import Counts, Outcomes
from hrbench.metrics.pixel_outcomes import in_sizes
from hrbench.metrics.ranked import Ranked, ranked
from hrbench.metrics.weighted import Owners, means, medians, owners_of


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PoseOutcomes(Outcomes):
    """Of each image whom its results found, and how far the keypoints of those are off."""

    owners: Owners  # (D,) the image of each result, in the order of falling scores
    hits: Mask  # (A, T, D) of somebody to be found
    counted: Mask  # (A, T, D) hits and false alarms; others are neither right nor wrong
    people: Counts  # (A, U) to be found
    found: Owners  # (M,) the image of each person found at OKS 0.5
    pixels: Floats  # (M, K) distance from the truth; NaN where not labelled, as in all three
    share: Floats  # (M, K) the same in per cent of the square root of the person's area
    similarity: Floats  # (M, K) the keypoint's term of the OKS
    swapped: Floats  # (M, K) 1 where the partner's place was predicted, else 0; NaN without one
    keypoints: NDArray[np.str_]  # (K,) names
    objects: Owners  # (O,) the image of each of one's own objects; none where others are measured
    object_pixels: Floats  # (O, K) distance from the truth; NaN where not labelled
    sizes: Floats  # (S, O) by each normaliser, the protocol's first; NaN where there is none
    normalisers: NDArray[np.str_]  # (S,) names

    @property
    def ranked(self) -> Ranked:
        """What is averaged."""
        return Ranked(self.owners, self.hits, self.counted, self.people)

    def figures(self, counts: Counts) -> dict[str, Floats]:
        """Return COCO's ten figures and the median error, by size and keypoint too."""
        ten = {name: 100 * values for name, values in self.ranked.averages(counts).items()}
        sizes = {
            f"size/{size}/{kind}": ten[f"{kind}{letter}"]
            for size, letter in (("medium", "M"), ("large", "L"))
            for kind in ("AP", "AR")
        }
        own = in_sizes(self.object_pixels, self.sizes, self.normalisers, self.objects, counts)
        return {**ten, **self.errors(counts), **own, **sizes, **self.by_keypoint(counts)}

    def each(self, name: str) -> Floats:
        """Return the figure of every image by itself; AP is the quickest."""
        return 100 * self.ranked.each() if name == "AP" else Outcomes.each(self, name)

    def errors(self, counts: Counts) -> dict[str, Floats]:
        """Return the median errors of all labelled keypoints of found people."""
        return {
            "median_error_px": medians(self.pixels, self.found, counts),
            "median_error_share": medians(self.share, self.found, counts),
        }

    def by_keypoint(self, counts: Counts) -> dict[str, Floats]:
        """Return the figures of `keypoints.by_keypoint`."""
        figures, weights = dict[str, Floats](), counts.astype(np.float64)
        for index, name in enumerate(self.keypoints.tolist()):
            similar, swapped = self.similarity[:, index], self.swapped[:, index]
            pixels, share = self.pixels[:, index], self.share[:, index]
            row = {
                "OKS": means(similar, self.found, weights),
                "median_error_px": medians(pixels, self.found, counts),
                "median_error_share": medians(share, self.found, counts),
                "swapped": 100 * means(swapped, self.found, weights),
            }
            figures |= {f"keypoint/{name}/{figure}": values for figure, values in row.items()}
        return figures


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class CrowdOutcomes(PoseOutcomes):
    """The same of persons of all sizes, and how crowded each image is."""

    crowd_index: Floats  # (U,)

    def figures(self, counts: Counts) -> dict[str, Floats]:
        """Return CrowdPose's nine figures and the median error, by level and keypoint too."""
        nine = crowd_averages(self.ranked, self.crowd_index, counts)
        levels = {f"crowding/{level}/AP": nine[f"AP_{level}"] for level in LEVELS}
        return {**nine, **self.errors(counts), **levels, **self.by_keypoint(counts)}


def pose_outcomes(
    found: Matched, images: NDArray[np.int64], keypoint_names: Sequence[str]
) -> PoseOutcomes:
    """Return what each of (U,) images, in rising order, adds to the figures of `score_poses`."""
    truth, errors = found.truth, found.errors
    table = ranked(truth, found.results, found.matches, images)
    none = np.empty((0, len(keypoint_names)))
    return PoseOutcomes(
        units=images,
        owners=table.owners,
        hits=table.hits,
        counted=table.counted,
        people=table.people,
        found=owners_of(truth.image_ids[errors.people], images),
        pixels=errors.pixels,
        share=errors.share,
        similarity=errors.similarity,
        swapped=errors.swapped,
        keypoints=np.array(keypoint_names, np.str_),
        objects=np.empty(0, np.int32),
        object_pixels=none,
        sizes=none[:, :0],
        normalisers=np.empty(0, np.str_),
    )


def crowd_outcomes(
    truth: CrowdTruth, found: Matched, keypoint_names: Sequence[str]
) -> CrowdOutcomes:
    """Return what each image adds to the figures of `score_crowd`, which takes the same."""
    order = truth.image_ids.argsort()
    outcomes = pose_outcomes(found, truth.image_ids[order], keypoint_names)
    of_any_size = {field.name: getattr(outcomes, field.name) for field in fields(outcomes)}
    for name in ("hits", "counted", "people"):
        of_any_size[name] = of_any_size[name][: ALL + 1]
    return CrowdOutcomes(**of_any_size, crowd_index=truth.crowd_index[order])


def crowd_averages(table: Ranked, crowd_index: Floats, counts: Counts) -> dict[str, Floats]:
    """Return (R,) of each of CrowdPose's nine figures, in per cent; the index is (U,).

    The AP of a level is rounded as officially.
    """
    every = table.averages(counts)
    figures = {name: 100 * every[name] for name in OF_ALL}
    for level in LEVELS:
        part = table.of(of_level(crowd_index, level)).averages(counts)["AP"]
        figures[f"AP_{level}"] = np.round(100 * np.round(part, DECIMALS), DECIMALS - 2)
    return figures
