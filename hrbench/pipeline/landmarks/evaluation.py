"""The boxes of a split that keypoints are predicted in."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hrbench.data.sample import People
from hrbench.pipeline.sources import Evaluation


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LandmarkEvaluation(Evaluation):
    """Boxes in images, and what their keypoints are scored against."""

    people: People
    image_ids: NDArray[np.int64]  # of all images looked at
    notes: tuple[str, ...] = ()  # what of the truth is not the file's, in sentences

    def __len__(self) -> int:
        return len(self.people)
