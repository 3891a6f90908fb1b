"""The pictures of a split that classes are told of."""

from dataclasses import dataclass

from hrbench.data.pictures import Pictures
from hrbench.pipeline.sources import Evaluation


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ClassEvaluation(Evaluation):
    """Pictures, and the classes that they show."""

    pictures: Pictures
    notes: tuple[str, ...] = ()  # on the classes
