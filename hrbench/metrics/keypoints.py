"""Where a pose is right and where not: errors by keypoint.

Measured on the pairs of person and pose that COCO's matching makes at OKS 0.5 over all sizes;
people who were not found have no error here, so read these beside the recall.

Shapes: M pairs, K keypoints.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats
from hrbench.metrics.matching import Matches
from hrbench.metrics.oks import similarity
from hrbench.metrics.people import Results, Truth

ELSEWHERE = 0.5  # similarity below which a keypoint does not lie where it is compared with


@dataclass(frozen=True, slots=True, eq=False)
class KeypointErrors:
    """The labelled keypoints of found people; NaN where not labelled."""

    people: NDArray[np.int32]  # (M,) rows of the truth
    pixels: Floats  # (M, K) distance from the truth
    share: Floats  # (M, K) the same in per cent of the square root of the person's area
    similarity: Floats  # (M, K) the keypoint's term of the OKS, 0 to 1
    swapped: (
        Floats  # (M, K) 1 where the partner's place was predicted, else 0; NaN also without one
    )


def keypoint_errors(
    truth: Truth,
    results: Results,
    matches: Matches,
    sigmas: Floats,
    flip_pairs: Sequence[tuple[int, int]],
) -> KeypointErrors:
    """Measure every labelled keypoint of the people found at OKS 0.5.

    A keypoint is swapped if it is not at its own place but at that of its left or right
    partner, both labelled: its term of the OKS is under 0.5 with its own, 0.5 or more with the
    partner's position.

    Source: the inversions of Ronchi and Perona 2017, section 3.
    """
    found = (matches.found[0, 0] >= 0) & ~matches.ignored[0, 0]
    people, predicted = matches.found[0, 0][found], results.keypoints[matches.rows[found]]
    labelled = truth.visibility[people] > 0
    actual = np.where(labelled[..., None], truth.keypoints[people], np.nan)
    squared = np.square(predicted - actual).sum(axis=2)
    areas = truth.areas[people]
    terms = similarity(squared, sigmas, areas)
    partner = partners(len(sigmas), flip_pairs)
    across = np.square(predicted - actual[:, partner]).sum(axis=2)
    across_terms = similarity(across, sigmas[partner], areas)
    swapped = np.where((terms < ELSEWHERE) & (across_terms >= ELSEWHERE), 1.0, 0.0)
    swapped[np.isnan(terms + across_terms) | (partner == np.arange(len(partner)))] = np.nan
    pixels = np.sqrt(squared)
    size = np.where(areas > 0, np.sqrt(areas), np.nan)[:, None]
    return KeypointErrors(people, pixels, 100 * pixels / size, terms, swapped)


def partners(count: int, flip_pairs: Sequence[tuple[int, int]]) -> NDArray[np.intp]:
    """Return (K,) the left or right partner of each keypoint; itself where it has none."""
    partner = np.arange(count)
    for left, right in flip_pairs:
        partner[[left, right]] = right, left
    return partner


def medians(errors: KeypointErrors) -> dict[str, float]:
    """Return the median error of all labelled keypoints of found people, both ways."""
    return {
        "median_error_px": median_of_known(errors.pixels),
        "median_error_share": median_of_known(errors.share),
    }


def by_keypoint(errors: KeypointErrors, names: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return a row of figures for each keypoint; NaN for what nothing was measured of."""
    pixels, share = (medians_of_columns(each) for each in (errors.pixels, errors.share))
    return {
        name: {
            "labelled": float(np.isfinite(errors.pixels[:, index]).sum()),
            "OKS": mean_of_known(errors.similarity[:, index]),
            "median_error_px": float(pixels[index]),
            "median_error_share": float(share[index]),
            "swapped": 100 * mean_of_known(errors.swapped[:, index]),
        }
        for index, name in enumerate(names)
    }


def mean_of_known(values: Floats) -> float:
    """Return the mean of what is not NaN; NaN if nothing is left."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else math.nan


def known_of_rising(values: Floats) -> NDArray[np.int64]:
    """Return (K,) how many are not NaN in each row of (K, N) values that rise."""
    return np.array([row.searchsorted(np.nan) for row in values], dtype=np.int64)


def medians_of_rising(values: Floats, counts: NDArray[np.int64]) -> Floats:
    """Return (K,) the median of the (K,) first in each row of (K, N) values that rise."""
    if not values.shape[1]:
        return np.full(len(values), np.nan)
    low, high = np.maximum(counts - 1, 0) // 2, counts // 2
    every = np.arange(len(values))
    return np.where(counts > 0, (values[every, low] + values[every, high]) / 2, np.nan)


def medians_of_columns(values: Floats) -> Floats:
    """Return (K,) the median of what is not NaN in each column of (N, K)."""
    return np.array([median_of_known(column) for column in values.T], dtype=np.float64)


def median_of_known(values: Floats) -> float:
    """Return the median of what is not NaN; NaN if nothing is left."""
    known = int(np.count_nonzero(~np.isnan(values)))
    return median_of_least(values.flatten(), known)


def median_of_least(values: Floats, count: int) -> float:
    """Return the median of the `count` least of (N,) values, NaN being the largest.

    It orders the values anew in their place; `np.median` takes ten times as long.
    """
    if not count:
        return math.nan
    half = count // 2
    values.partition(half)
    low = values[half] if count % 2 else values[:half].max()
    return float(low + values[half]) / 2
