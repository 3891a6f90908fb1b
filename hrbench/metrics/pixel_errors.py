"""How far keypoints are off, for annotations without sigmas: PCK, NME, errors in pixels.

Every figure is over the labelled keypoints of annotated objects with one pose each, which was
found in the object's own box. An object's size is the square root of its box's area, or the
distance between two groups of its annotated keypoints: a normaliser, as for faces.

Shapes: P annotated objects, N poses, M of them with anything to measure, K keypoints.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats
from hrbench.metrics.keypoints import (
    mean_of_known,
    median_of_known,
    medians_of_columns,
    partners,
)
from hrbench.metrics.nme import BOX_SIZE, Groups, normalisers
from hrbench.metrics.people import Poses, Truth
from hrbench.metrics.scores import Scores

NEAR = 0.1  # of the object's size: a keypoint that is nearer to its place is there
LEVELS = (NEAR, 0.05, 0.2)


@dataclass(frozen=True, slots=True, eq=False)
class PixelErrors:
    """The labelled keypoints of objects with a pose."""

    objects: NDArray[np.intp]  # (M,) rows of the truth
    pixels: Floats  # (M, K) distance from the truth; NaN where not labelled
    sizes: Mapping[str, Floats]  # (M, 1) by each normaliser, the protocol's first
    swapped: Floats  # (M, K) 1 where the partner's place was predicted, else 0; NaN without one


def measurable(truth: Truth) -> NDArray[np.bool_]:
    """Return (P,): whether an object counts: it has a labelled keypoint, and is no group."""
    return np.asarray((truth.visibility > 0).any(axis=1) & ~truth.crowd)


def object_sizes(truth: Truth, groups: Groups) -> dict[str, Floats]:
    """Return for each normaliser the (P,) sizes of the objects, the boxes' first.

    One without an area, or without a labelled keypoint of the groups, has none: NaN.
    """
    area = truth.boxes[:, 2:].prod(axis=1)
    labelled = np.where(truth.visibility[..., None] > 0, truth.keypoints, np.nan)
    sizes = {BOX_SIZE: np.sqrt(np.maximum(area, 0)), **normalisers(labelled, groups)}
    return {name: np.where(size > 0, size, np.nan) for name, size in sizes.items()}


def score_pixels(found: PixelErrors, truth: Truth, keypoint_names: Sequence[str]) -> Scores:
    """Score objects by the errors of their keypoints, see `errors_in_pixels`.

    PCK@a is the share of keypoints nearer to their place than a times the object's size by the
    protocol's normaliser. NME is the mean over objects of the mean error of their keypoints, in
    per cent of the size; that by the others has their name behind it. Objects without a pose or a
    size have no error, and `groups["objects"]` says how many of the truth there are.

    Source: PCK after Yang and Ramanan 2013, section 6, whose size is the box's longer side.
    """
    normaliser, size = next(iter(found.sizes.items()))
    figures = _figures(found.pixels, found.sizes)
    measured, unsized = len(found.objects), int(np.isnan(size).sum())
    tables = {
        "objects": {
            "measured": measured - unsized,
            "without_pose": int(measurable(truth).sum()) - measured,
            **({"without_size": unsized} if unsized else {}),
        },
        "keypoint": _by_keypoint(found.pixels, found.pixels / size, found.swapped, keypoint_names),
    }
    reasons = {
        name: _reason(name, normaliser, rows=measured)
        for name, value in figures.items()
        if math.isnan(value)
    }
    return Scores(figures, reasons, tables)


def errors_in_pixels(
    truth: Truth,
    poses: Poses,
    people: NDArray[np.intp],
    flip_pairs: Sequence[tuple[int, int]],
    normaliser: str = BOX_SIZE,
    groups: Groups | None = None,
) -> PixelErrors:
    """Measure each pose beside the object in whose box it was found, `people[n]` (N,) of the truth.

    Objects without a labelled keypoint and groups of objects do not count. A keypoint is swapped
    where it is not within 0.1 sizes of its own place and is within 0.1 sizes of its left or right
    partner's, both labelled. `normaliser` is a name in `groups`, or the box's size.

    Raises:
        ValueError: `people` does not name one object of the truth for each pose, none twice.
    """
    _require_pairs(len(truth.ids), len(poses.image_ids), people)
    rows = np.flatnonzero(measurable(truth)[people])
    chosen = people[rows]
    labelled = truth.visibility[chosen] > 0
    actual = np.where(labelled[..., None], truth.keypoints[chosen], np.nan)
    sizes = {name: size[chosen, None] for name, size in object_sizes(truth, groups or {}).items()}
    predicted = poses.keypoints[rows].astype(np.float64)
    return PixelErrors(
        objects=chosen,
        pixels=np.linalg.norm(predicted - actual, axis=2),
        sizes={normaliser: sizes[normaliser]} | sizes,
        swapped=_swapped(predicted, actual, sizes[normaliser], flip_pairs),
    )


def _reason(figure: str, normaliser: str, *, rows: int) -> str:
    """Return why a figure is NaN."""
    if not rows:
        return "no labelled keypoint has a pose"
    name = figure.partition("(")[2].rstrip(")") or normaliser
    if name == BOX_SIZE:
        return "no object has a box with an area"
    return f"no object has the keypoints of '{name}' labelled"


def _require_pairs(objects: int, poses: int, people: NDArray[np.intp]) -> None:
    inside = ((people >= 0) & (people < objects)).all()
    if people.shape != (poses,) or not inside or len(np.unique(people)) != poses:
        raise ValueError(f"{poses} poses need one of {objects} objects each, not {people}")


def _figures(pixels: Floats, sizes: Mapping[str, Floats]) -> dict[str, float]:
    """Return what is scored, the headline first.

    Shapes: (M, K) errors in pixels, (M, 1) sizes by each normaliser, the protocol's first.
    """
    means = {name: _mean(pixels / size) for name, size in sizes.items()}
    (own, size), *others = sizes.items()
    shares = pixels / size
    return {
        **{f"PCK@{level:g}": 100 * mean_of_known(within(shares, level)) for level in LEVELS},
        "NME": means[own],
        **{f"NME ({name})": means[name] for name, _ in others},
        "median_error_px": median_of_known(pixels),
        "median_error_share": 100 * median_of_known(shares),
    }


def _mean(shares: Floats) -> float:
    """Return the mean over objects of the mean over their keypoints, in per cent."""
    return 100 * mean_of_known(np.array([mean_of_known(row) for row in shares]))


def within(shares: Floats, level: float) -> Floats:
    """Return 1 where an error in sizes is below `level`, else 0; NaN where there is none."""
    return np.where(np.isnan(shares), np.nan, shares < level)


def _swapped(
    predicted: Floats, actual: Floats, size: Floats, flip_pairs: Sequence[tuple[int, int]]
) -> Floats:
    """Return (M, K): 1 where the partner's place was predicted, else 0; NaN also without one."""
    partner = partners(actual.shape[1], flip_pairs)
    here = np.linalg.norm(predicted - actual, axis=2) / size
    there = np.linalg.norm(predicted - actual[:, partner], axis=2) / size
    swapped = np.where((here >= NEAR) & (there < NEAR), 1.0, 0.0)
    alone = partner == np.arange(len(partner))
    swapped[np.isnan(here + there) | alone] = np.nan
    return swapped


def _by_keypoint(
    pixels: Floats, shares: Floats, swapped: Floats, names: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Return a row of figures for each keypoint; NaN for what nothing was measured of."""
    of_pixels, of_shares = (medians_of_columns(each) for each in (pixels, shares))
    return {
        name: {
            "labelled": float(np.isfinite(pixels[:, index]).sum()),
            f"PCK@{NEAR:g}": 100 * mean_of_known(within(shares[:, index], NEAR)),
            "median_error_px": float(of_pixels[index]),
            "median_error_share": 100 * float(of_shares[index]),
            "swapped": 100 * mean_of_known(swapped[:, index]),
        }
        for index, name in enumerate(names)
    }
