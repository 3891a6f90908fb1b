"""Where poses fail, as groups of a record: by kind of error, and each kind by what is shown.

    error           what each kind costs
    keypoint_error  by keypoint
    visibility      by whether the keypoint can be seen
    body_size       by the root of the person's area
    overlap         by how many others the person's box overlaps, see `overlap`
    labelled        by how many of the person's keypoints are labelled

The parts of the last three are those of Ronchi and Perona 2017, section 4, and smaller people.
AP is of a part of the people: the others need not be found.

Shapes: P people, R results.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats
from hrbench.metrics.average_precision import ALL
from hrbench.metrics.error_costs import FALSE_POSITIVE, MISSED_PERSON, Costs, costs, precision
from hrbench.metrics.error_kinds import FOUND, KINDS, NOT_LABELLED, Located, locate
from hrbench.metrics.matching import OF_ANY_SIZE, Candidates, Pairs, assigned
from hrbench.metrics.overlap import overlapping
from hrbench.metrics.people import Results, Truth

Mask = NDArray[np.bool_]
Group: TypeAlias = dict[str, dict[str, float]]  # rows, figures

BODY_SIZES = (0, 32, 64, 96, 128, math.inf)  # pixels
OVERLAPS = {"0": (0, 0), "1-2": (1, 2), "3 and more": (3, math.inf)}
FEWEST_LABELLED = 5  # keypoints that a row of `labelled` spans at least
MOST_ROWS = 4  # of `labelled`
VISIBILITIES = {"visible": 2, "hidden": 1}  # COCO's flags


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Some of the people, and the poses that are held against them."""

    people: Mask  # (P,)
    poses: Mask  # (R,) of the results, that are wrong where they find nobody


@dataclass(frozen=True, slots=True, eq=False)
class Diagnosis:
    """Poses beside the truth, and all that is wrong with them."""

    truth: Truth
    results: Results
    candidates: Candidates
    located: Located
    costs: Costs

    @property
    def wanted(self) -> Mask:
        """(P,): who is to be found."""
        return np.asarray(~self.costs.mended.optional[ALL])

    @property
    def missed(self) -> Mask:
        """(P,): whom no pose finds at an OKS of 0.5, keypoints and scores put right."""
        found = self.costs.mended.found[ALL, 0]
        return self.wanted & ~np.isin(np.arange(len(self.wanted)), found)


def diagnose(
    truth: Truth, results: Results, sigmas: Floats, flip_pairs: Sequence[tuple[int, int]]
) -> Diagnosis:
    """Find out what is wrong with each pose, and what it costs."""
    pairs = Pairs.of(truth, results, sigmas)
    candidates = Candidates.among(pairs, FOUND)
    located = locate(candidates, flip_pairs)
    return Diagnosis(truth, results, candidates, located, costs(pairs, located))


def groups(found: Diagnosis, keypoint_names: Sequence[str]) -> dict[str, Group]:
    """Return the groups that any kind of people has."""
    kinds, people = found.located.kinds, found.located.people
    flags = found.truth.visibility[people]
    return {
        "error": by_kind(found),
        "keypoint_error": {n: shares(kinds[:, k]) for k, n in enumerate(keypoint_names)},
        "visibility": {n: shares(kinds[flags == flag]) for n, flag in VISIBILITIES.items()},
        **{
            name: by_part(found, parts(found.truth, found.results)) for name, parts in PARTS.items()
        },
    }


def by_kind(found: Diagnosis) -> Group:
    """Return how often each kind is, the AP that it costs, and AP once it and those before go.

    Counted are labelled keypoints of found people, poses that COCO looks at, and people.
    """
    kinds, mended, ap = found.located.kinds, found.costs.mended, found.costs.precision
    labelled = int((kinds != NOT_LABELLED).sum())
    counted = ~mended.ignored[ALL, 0]
    poses, false = int(counted.sum()), int((counted & (mended.found[ALL, 0] < 0)).sum())
    people, missed = int(found.wanted.sum()), int(found.missed.sum())
    rows: Group = {
        kind: {"count": (n := found.located.count(number)), "share": percentage(n, labelled)}
        for number, kind in enumerate(KINDS)
    }
    rows[FALSE_POSITIVE] = {"count": false, "share": percentage(false, poses)}
    rows[MISSED_PERSON] = {"count": missed, "share": percentage(missed, people)}
    priced = {
        kind: {"AP_cost": cost.alone - ap, "AP_after": cost.after}
        for kind, cost in found.costs.by_kind.items()
    }
    return {kind: rows.get(kind, {}) | priced.get(kind, {}) for kind in ("good", *priced)}


def shares(kinds: NDArray[np.int8]) -> dict[str, float]:
    """Return how many labelled keypoints there are, and the share of each kind in per cent."""
    counts = np.bincount(kinds[kinds != NOT_LABELLED], minlength=len(KINDS)).tolist()
    of_all = {kind: percentage(n, sum(counts)) for kind, n in zip(KINDS, counts, strict=True)}
    return {"keypoints": sum(counts), **of_all}


def by_part(found: Diagnosis, parts: Mapping[str, Part]) -> Group:
    """Return the figures of each part of the people."""
    return {name: _of_part(found, part) for name, part in parts.items()}


def _of_part(found: Diagnosis, part: Part) -> dict[str, float]:
    people = int((part.people & found.wanted).sum())
    missed = int((part.people & found.missed).sum())
    ap = _precision_of(found, part) if people else math.nan
    kinds = found.located.kinds[part.people[found.located.people]]
    return {"people": people, "missed": percentage(missed, people), "AP": ap, **shares(kinds)}


def _precision_of(found: Diagnosis, part: Part) -> float:
    numbers = np.where(part.people, found.truth.num_keypoints, 0)  # at 0 nobody has to be found
    part_of = replace(found.candidates, truth=replace(found.truth, num_keypoints=numbers))
    matches = assigned(part_of, ranges=OF_ANY_SIZE)
    idle = (matches.found < 0) & ~part.poses[matches.rows]
    return precision(replace(matches, ignored=matches.ignored | idle), found.results)


def parts_by_body_size(truth: Truth, results: Results) -> dict[str, Part]:
    """Return people and poses by size."""
    sizes = np.sqrt(truth.areas), np.sqrt(results.extents)
    return {
        _size(low, high): Part(*((low <= size) & (size < high) for size in sizes))
        for low, high in pairwise(BODY_SIZES)
    }


def _size(low: float, high: float) -> str:
    if not low:
        return f"under {high} px"
    return f"{low}-{high} px" if math.isfinite(high) else f"from {low} px"


def parts_by_overlap(truth: Truth, results: Results) -> dict[str, Part]:
    """Return people by how many others they overlap, with all poses."""
    others, every = overlapping(truth), np.ones(len(results.scores), dtype=np.bool_)
    return {
        name: Part((low <= others) & (others <= high), every)
        for name, (low, high) in OVERLAPS.items()
    }


def parts_by_labelled(truth: Truth, results: Results) -> dict[str, Part]:
    """Return people by how many keypoints are labelled, in four parts at most, with all poses."""
    number, keypoints = truth.num_keypoints, truth.visibility.shape[1]
    every = np.ones(len(results.scores), dtype=np.bool_)
    step = max(FEWEST_LABELLED, math.ceil(keypoints / MOST_ROWS))
    ends = [(low, min(low + step - 1, keypoints)) for low in range(1, keypoints + 1, step)]
    return {
        f"{low}-{high}" if low < high else str(low): Part((low <= number) & (number <= high), every)
        for low, high in ends
    }


PARTS: dict[str, Callable[[Truth, Results], dict[str, Part]]] = {
    "body_size": parts_by_body_size,
    "overlap": parts_by_overlap,
    "labelled": parts_by_labelled,
}


def percentage(part: int, whole: int) -> float:
    """Return how many per cent of the whole; NaN of nothing."""
    return 100 * part / whole if whole else math.nan
