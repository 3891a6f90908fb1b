"""Average precision and recall of images drawn anew, from what each ranked result came to.

Each result counts as often as its image was drawn, and so does each person. Whom a result finds
lies within its image, so that matching is done once. A recall is only ever reached at a hit,
where the precision of a drawn image's copies is highest at the last: only hits are looked at.

Letters: U units, R replicates, r of them at a time; A area ranges, T thresholds, D results, H
hits, Q recall levels.

Source: the COCO keypoint evaluation, cocodataset.org/#keypoints-eval, as `average_precision`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats
from hrbench.metrics.average_precision import RECALL_LEVELS, SELECTIONS
from hrbench.metrics.matching import Mask, Matches
from hrbench.metrics.outcomes import Counts
from hrbench.metrics.people import Results, Truth
from hrbench.metrics.weighted import Owners, owners_of

AT_ONCE = 1 << 19  # results, each with how often it stands: 2 MB

Whole = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Ranked:
    """D results in the order of falling scores, and whom there is to be found."""

    owners: Owners  # (D,) of U units
    hits: Mask  # (A, T, D) of somebody to be found
    counted: Mask  # (A, T, D) hits and false alarms; others are neither right nor wrong
    people: Counts  # (A, U) to be found

    def curves(self, counts: Counts) -> Iterator[tuple[Floats, Floats]]:
        """Yield (r, A, T, Q) precision and (r, A, T) recall, 0 to 1, of R replicates in blocks.

        NaN in replicates that hold nobody to be found.
        """
        usual = 2 * self.counted.sum(axis=1) > self.counted.shape[1]
        passes = [
            [Pass.of(*masks, usual[area]) for masks in zip(self.hits[area], counted, strict=True)]
            for area, counted in enumerate(self.counted)
        ]
        rows = max(AT_ONCE // max(len(self.owners), 1), 1)
        for start in range(0, len(counts), rows):
            drawn = counts[start : start + rows]
            people = drawn @ self.people.T
            weights = np.take(drawn.astype(np.int32), self.owners, axis=1)
            made = [
                _curves(weights, people[:, area], usual[area], of_area)
                for area, of_area in enumerate(passes)
            ]
            yield np.stack([p for p, _ in made], axis=1), np.stack([r for _, r in made], axis=1)

    def averages(self, counts: Counts) -> dict[str, Floats]:
        """Return (R,) of each of COCO's ten figures that has its area range, 0 to 1."""
        blocks = [
            {
                f"{kind}{suffix}": _mean(values[:, area, threshold])
                for kind, values in zip(("AP", "AR"), curves, strict=True)
                for suffix, (threshold, area) in SELECTIONS.items()
                if area < len(self.people)
            }
            for curves in self.curves(counts)
        ]
        return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}

    def each(self) -> Floats:
        """Return (U,) AP of every unit by itself, 0 to 1."""
        order = self.owners.argsort(kind="stable")
        starts = np.searchsorted(self.owners[order], np.arange(self.people.shape[1] + 1))
        found = np.empty(self.people.shape[1])
        for unit in range(len(found)):
            rows, one = order[starts[unit] : starts[unit + 1]], slice(unit, unit + 1)
            alone = Ranked(
                np.zeros(len(rows), np.int32),
                self.hits[:1, :, rows],
                self.counted[:1, :, rows],
                self.people[:1, one],
            )
            found[unit] = alone.averages(np.ones((1, 1), np.int64))["AP"][0]
        return found

    def of(self, units: Mask) -> "Ranked":
        """Return the results and people of some (U,) units."""
        rows = np.flatnonzero(units[self.owners])
        return Ranked(
            self.owners[rows], self.hits[..., rows], self.counted[..., rows], self.people * units
        )


@dataclass(frozen=True, slots=True, eq=False)
class Pass:
    """What one threshold makes of the results, beside those that usually count."""

    hits: NDArray[np.intp]  # (H,) rows
    unusual: NDArray[np.intp]  # (C,) rows of those that count and usually do not, or the reverse
    signs: Whole  # (C,) 1 or -1
    passed: NDArray[np.intp]  # (H,) how many of the unusual stand before each hit, itself included

    @classmethod
    def of(cls, hits: Mask, counted: Mask, usual: Mask) -> "Pass":
        """Take it from (D,) masks."""
        rows, unusual = np.flatnonzero(hits), np.flatnonzero(counted != usual)
        signs = np.where(counted[unusual], np.int32(1), np.int32(-1))
        return cls(rows, unusual, signs, np.searchsorted(unusual, rows, side="right"))


def ranked(truth: Truth, results: Results, matches: Matches, units: NDArray[np.int64]) -> Ranked:
    """Return what COCO's matching made of the results; `units` are the ids of all images."""
    order = np.argsort(-results.scores[matches.rows], kind="stable")
    counted = ~matches.ignored[..., order]
    place = owners_of(truth.image_ids, units)
    return Ranked(
        owners=owners_of(results.image_ids[matches.rows][order], units),
        hits=(matches.found[..., order] >= 0) & counted,
        counted=counted,
        people=np.stack(
            [np.bincount(place[~free], minlength=len(units)) for free in matches.optional]
        ),
    )


def _curves(
    weights: Whole, people: Counts, usual: Mask, passes: list[Pass]
) -> tuple[Floats, Floats]:
    """Return (r, T, Q) precision and (r, T) recall of an area range, NaN without (r,) people."""
    least = _least_hits(people)
    counted = np.cumsum(weights * usual, axis=1, dtype=np.int32)
    precision = np.empty((len(weights), len(passes), len(RECALL_LEVELS)))
    recall = np.empty(precision.shape[:2])
    for threshold, made in enumerate(passes):
        hits = np.cumsum(np.take(weights, made.hits, axis=1), axis=1, dtype=np.int32)
        changes = np.take(weights, made.unusual, axis=1) * made.signs
        changed = np.pad(np.cumsum(changes, axis=1, dtype=np.int32), ((0, 0), (1, 0)))
        of = np.take(counted, made.hits, axis=1) + np.take(changed, made.passed, axis=1)
        precision[:, threshold] = _best_from(hits, of, least)
        recall[:, threshold] = hits[:, -1] if len(made.hits) else 0
    recall /= np.maximum(people, 1)[:, None]
    precision[people == 0] = recall[people == 0] = np.nan
    return precision, recall


def _least_hits(people: Counts) -> NDArray[np.int64]:
    """Return (r, Q) how many hits reach each recall level, as the quotient is rounded."""
    of = np.maximum(people, 1)[:, None]
    least = np.ceil(RECALL_LEVELS * of)
    least -= (least - 1) / of >= RECALL_LEVELS
    least += least / of < RECALL_LEVELS
    return least.astype(np.int64)


def _best_from(hits: Whole, counted: Whole, least: NDArray[np.int64]) -> Floats:
    """Return (r, Q) the highest precision from where so many hits are reached; 0 beyond.

    `hits` and `counted` are (r, H), up to each hit.
    """
    rows, width = hits.shape
    precision = np.zeros((rows, width + 1))
    np.divide(hits, counted + np.spacing(1.0), out=precision[:, :-1])
    ladder = np.arange(rows)[:, None] * (max(hits.max(initial=0), least.max()) + 1)
    places = np.searchsorted((hits + ladder).ravel(), least + ladder) + np.arange(rows)[:, None]
    steps = np.maximum.reduceat(precision.ravel(), places.ravel()).reshape(least.shape)
    return np.maximum.accumulate(steps[:, ::-1], axis=1)[:, ::-1]


def _mean(values: Floats) -> Floats:
    """Return (r,) means over all that is averaged."""
    return np.asarray(values.reshape(len(values), -1).mean(axis=1))
