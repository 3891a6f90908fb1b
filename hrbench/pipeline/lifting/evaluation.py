"""The sequences of a split that joints are lifted in."""

from dataclasses import dataclass

from hrbench.data.clips import Clip
from hrbench.pipeline.sources import Evaluation


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LiftingEvaluation(Evaluation):
    """Sequences with keypoints, and the joints they are scored against."""

    clips: list[Clip]
    notes: tuple[str, ...] = ()  # on the keypoints
