"""What is predicted on, and what that is scored against."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrbench.data.clips import Clip
from hrbench.data.divided import Divided
from hrbench.data.pictures import Pictures
from hrbench.data.sample import People


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Evaluation:
    """What is predicted, in the classes below it, and what it is scored against."""

    truth: Any  # what the protocol's metric takes; None where the split's truth is hidden
    evaluated: int  # samples that count: images, or persons or faces where boxes are annotated
    expected: int  # of them in the whole split
    fingerprint: str  # SHA-256 of the files that were read
    images: int | None = None  # of `evaluated`, where these are not the samples or hold several
    objects: int | None = None  # annotated ones that the figures are of, where it is known
    without_truth: str = ""  # why there is none
    division: Divided | None = None  # of the file's images, where the split is a part of them
    groups: Mapping[int, str] | None = (
        None  # of measured images by their ids, where [split] has some
    )
    left_out: Mapping[str, int] = field(default_factory=dict)  # what the files have besides, by why
    allowed: tuple[str, ...] = ()  # in words, faults that --allow let pass or that are put right
    notes: tuple[str, ...] = ()  # what of keypoints, classes or truth is not as usual, in sentences

    @property
    def division_fingerprint(self) -> str:
        """That of how a table [split] divides the images; nothing where none does."""
        how = self.division
        return "" if how is None or how.rule is None else how.fingerprint


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LandmarkEvaluation(Evaluation):
    """Boxes in images, and what their keypoints are scored against."""

    people: People
    image_ids: NDArray[np.int64]  # of all images that are measured

    def __len__(self) -> int:
        return len(self.people)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LiftingEvaluation(Evaluation):
    """Sequences with keypoints, and the joints they are scored against."""

    clips: list[Clip]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ClassEvaluation(Evaluation):
    """Pictures, and the classes that they show."""

    pictures: Pictures
