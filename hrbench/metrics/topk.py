"""Top-1 and top-5, ImageNet's measures: how often a picture's class is among the first answers.

Shapes: N pictures, C classes, K = min(5, C) answers. Classes are numbers from 0.

Source: Russakovsky et al. 2015, section 4.1, where both are given as errors.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats
from hrbench.metrics.outcomes import Counts, Outcomes
from hrbench.metrics.scores import Scores

Classes = NDArray[np.int64]

ANSWERS = 5


def score_classes(truth: Classes, answers: Classes, class_names: Sequence[str]) -> Scores:
    """Score (N, K) answers, the likeliest first, for pictures of the classes `truth` (N,).

    With five classes or fewer the answers are all there are: top-5 is NaN then, with that as
    its reason.

    `groups["class"]` has top-1 of each class, in per cent, and `groups["confusion"]` the first
    answer that a class is most often mistaken for, with the per cent of its pictures that are;
    of two as frequent, the class that comes first. Classes without a picture, or without a
    mistake, are left out.

    Raises:
        ValueError: the answers are not of these pictures or classes, or two classes have one name.
    """
    _require_answers(truth, answers, class_names)
    first = 100 * _mean(_among(truth, answers, 1))
    five = 100 * _mean(_among(truth, answers, ANSWERS))
    figures = {"top-1": first, f"top-{ANSWERS}": five}
    reasons = dict.fromkeys(figures, "there are no pictures") if not len(truth) else {}
    if len(class_names) <= ANSWERS:
        figures[f"top-{ANSWERS}"] = math.nan
        every = f"{ANSWERS} answers hold all of the {len(class_names)} classes"
        reasons.setdefault(f"top-{ANSWERS}", every)
    counts = _answered(truth, answers[:, 0], len(class_names))
    groups = {
        "class": _by_class(counts, class_names),
        "confusion": _confusions(counts, class_names),
    }
    return Scores(figures, reasons, groups)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ClassOutcomes(Outcomes):
    """Of each picture its class, and whether that is among the first answers."""

    classes: Classes  # (N,)
    first: NDArray[np.bool_]  # (N,) whether it is the first answer
    among: NDArray[np.bool_]  # (N,) whether it is among the first five
    names: NDArray[np.str_]  # (C,)

    def figures(self, counts: Counts) -> dict[str, Floats]:
        """Return top-1 and top-5, and top-1 of each class that has a picture."""
        pictures = counts.sum(axis=1)
        figures = {"top-1": _share(counts @ self.first, pictures)}
        if len(self.names) > ANSWERS:
            figures[f"top-{ANSWERS}"] = _share(counts @ self.among, pictures)
        for number in np.unique(self.classes).tolist():
            rows = np.flatnonzero(self.classes == number)
            own = counts[:, rows]
            right = own @ self.first[rows]
            figures[f"class/{self.names[number]}"] = _share(right, own.sum(axis=1))
        return figures

    def each(self, name: str) -> Floats:
        """Return 100 for each picture whose class is among the answers, else 0."""
        hits = {"top-1": self.first, f"top-{ANSWERS}": self.among}
        return np.where(hits[name], 100.0, 0.0) if name in hits else Outcomes.each(self, name)


def class_outcomes(truth: Classes, answers: Classes, class_names: Sequence[str]) -> ClassOutcomes:
    """Return what each of N pictures adds to the figures of `score_classes`; units are rows."""
    return ClassOutcomes(
        units=np.arange(len(truth)),
        classes=truth,
        first=_among(truth, answers, 1),
        among=_among(truth, answers, ANSWERS),
        names=np.array(class_names, np.str_),
    )


def _share(right: NDArray[np.int64], of: NDArray[np.int64]) -> Floats:
    """Return (R,) per cent; NaN where there is nothing."""
    return np.where(of > 0, 100 * right / np.maximum(of, 1), np.nan)


def _among(truth: Classes, answers: Classes, count: int) -> NDArray[np.bool_]:
    """Return (N,): whether the class is among the first `count` answers."""
    return np.asarray((answers[:, :count] == truth[:, None]).any(axis=1))


def _mean(hits: NDArray[np.bool_]) -> float:
    return float(hits.mean()) if hits.size else math.nan


def _answered(truth: Classes, answers: Classes, num_classes: int) -> Classes:
    """Return (C, C): how many pictures of each class, by row, got each class as an answer."""
    cells = np.bincount(truth * num_classes + answers, minlength=num_classes**2)
    return cells.astype(np.int64).reshape(num_classes, num_classes)


def _by_class(counts: Classes, names: Sequence[str]) -> dict[str, float]:
    shares = zip(names, counts.diagonal(), counts.sum(axis=1), strict=True)
    return {name: 100 * float(right / pictures) for name, right, pictures in shares if pictures}


def _confusions(counts: Classes, names: Sequence[str]) -> dict[str, Any]:
    wrong = counts * ~np.eye(len(names), dtype=bool)
    rows = zip(names, wrong.argmax(axis=1), wrong.max(axis=1), counts.sum(axis=1), strict=True)
    return {
        name: {"answer": names[int(answer)], "share": 100 * float(count / pictures)}
        for name, answer, count, pictures in rows
        if count
    }


def _require_answers(truth: Classes, answers: Classes, names: Sequence[str]) -> None:
    if answers.shape != (len(truth), min(ANSWERS, len(names))):
        raise ValueError(
            f"answers {answers.shape} to {len(truth)} pictures of {len(names)} classes"
        )
    for classes in (truth, answers):
        if classes.size and not (classes.min() >= 0 and classes.max() < len(names)):
            raise ValueError(
                f"classes {classes.min()} to {classes.max()}, not 0 to {len(names) - 1}"
            )
    name, count = Counter(names).most_common(1)[0]
    if count > 1:
        raise ValueError(f"{count} classes are called {name}")
