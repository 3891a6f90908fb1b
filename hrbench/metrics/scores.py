"""What every metric returns: figures by name, the reasons of those without a value, groups."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """The figures of one set of predictions, in the literature's unit, the headline first."""

    figures: dict[str, float]  # NaN without data
    reasons: dict[str, str]  # why, for each figure that is NaN
    groups: dict[str, Any]  # per keypoint, per size, curves ...: plain JSON values, NaN allowed
