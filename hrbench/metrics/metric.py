"""What a metric is: all that the other parts have to know of it, in one object.

`registry.METRICS` has them by the names that `protocol.metric` takes.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Generic, Literal, Self, TypeAlias, TypeVar

from hrbench.metrics.outcomes import Outcomes
from hrbench.metrics.sample_errors import SampleErrors
from hrbench.metrics.scores import Scores

Truth = TypeVar("Truth")
Predictions = TypeVar("Predictions")
Setting = TypeVar("Setting")
Beside = TypeVar("Beside", bound="Compared[Any, Any, Any]")
Errors = TypeVar("Errors", bound=SampleErrors)


@dataclass(frozen=True, slots=True)
class Definition:
    """One figure, or a family of them where a name carries a threshold."""

    pattern: str  # of the whole name; its groups are filled into `meaning`
    unit: Literal["%", "mm", "px", ""]  # nothing where it is a number of its own
    better: Literal["higher", "lower"]
    digits: int  # decimals that the literature prints
    meaning: str

    @property
    def higher_is_better(self) -> bool:
        """The direction, as records and published rows spell it."""
        return self.better == "higher"

    def of(self, name: str) -> Self | None:
        """Return what a figure of this name is; None for a name of another one."""
        match = re.fullmatch(self.pattern, name)
        return replace(self, meaning=self.meaning.format(*match.groups())) if match else None


@dataclass(frozen=True, slots=True)
class CurveAxes:
    """What the lines of a metric's `groups["curve"]` are drawn over."""

    across: str  # what a threshold is of
    up: str  # what rises to 100 %


@dataclass(frozen=True, eq=False)
class Compared(Generic[Truth, Predictions, Setting]):
    """Predictions beside the truth, and what dataset and protocol say.

    What several parts of a metric need is made here once, as a cached property of its own kind.
    """

    truth: Truth
    predictions: Predictions
    setting: Setting


def nothing_wrong(_: Any) -> str:
    """Find no fault."""
    return ""


def nothing_to_say(_: Any, __: Any) -> tuple[str, ...]:
    """Have no note."""
    return ()


def nothing_more(_: Any) -> dict[str, Any]:
    """Have no further groups."""
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric(Generic[Truth, Predictions, Setting, Beside, Errors]):
    """A metric: its figures, what it is computed of, and what is told of single samples.

    A format that gives `truth` is measured by it, in tasks whose networks answer `predictions`;
    `inputs` has these, and the settings: what dataset and protocol say. Keys are the protocol's.
    """

    name: str  # as `protocol.metric` has it
    headline: str  # the figure that it is told by, the first of its scores
    figures: tuple[Definition, ...]  # all that `score` may give
    truth: type[Truth]
    predictions: type[Predictions]
    compare: Callable[[Truth, Predictions, Setting], Beside]  # once, for those below
    score: Callable[[Beside], Scores]
    errors: Callable[[Beside], Errors]  # of each sample that counts
    outcomes: type[Outcomes]
    observe: Callable[[Beside], Outcomes]  # what each image adds to `score`
    # Groups of a record beside those of `score`: where predictions fail, and how.
    breakdown: Callable[[Beside], Mapping[str, Any]] = nothing_more
    needs: tuple[str, ...] = ()  # keys that have to be said
    reads: tuple[str, ...] = ()  # keys that may be said besides
    idle: Mapping[str, str] = field(default_factory=dict)  # others that a file may state, and why
    card: str = "keypoint-detection"  # what model cards call a task that is measured so
    paired: bool = False  # a pose is measured with the object in whose annotated box it was found
    axes: CurveAxes | None = None  # of a metric whose groups have a curve
    fault: Callable[[Setting], str] = nothing_wrong  # what of a setting is wrong, in a sentence
    notes: Callable[[Truth, Setting], tuple[str, ...]] = nothing_to_say  # for readers of figures
    # Writes what a server takes where the truth is hidden; returns in words what it is.
    upload: Callable[[Path, Predictions, Setting], str] | None = None

    @property
    def keys(self) -> frozenset[str]:
        """The keys that a task file may state with this metric, of those that only some read."""
        return frozenset({*self.needs, *self.reads, *self.idle})


AnyMetric: TypeAlias = Metric[Any, Any, Any, Any, Any]
