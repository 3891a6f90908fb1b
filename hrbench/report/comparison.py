"""What is said of runs beside each other: figures, differences, ranks, and what changed."""

from dataclasses import dataclass

from hrbench.metrics import bootstrap
from hrbench.metrics.paired import Difference
from hrbench.metrics.ranks import Rank
from hrbench.report.record import RunRecord

SURE = 1 - bootstrap.LEVEL  # a p-value below it


@dataclass(frozen=True, slots=True)
class Side:
    """One of the runs."""

    letter: str
    record: RunRecord
    folder: str


@dataclass(frozen=True, slots=True)
class Figure:
    """What a figure is of: of everything, or of a row of a group."""

    name: str  # "AP", "keypoint/nose/OKS"
    label: str  # "AP", "OKS"
    group: str = ""  # "keypoint"
    row: str = ""  # "nose"
    unit: str = ""  # "%"; nothing where none is known
    higher_is_better: bool | None = None  # None where nobody says


@dataclass(frozen=True, slots=True)
class Line:
    """A figure of two runs."""

    figure: Figure
    first: float
    second: float
    difference: Difference  # the second's above the first's
    adjusted: float  # the p-value for being one of its group's; of figures of everything, p itself

    @property
    def is_sure(self) -> bool:
        """Whether the runs differ in it."""
        return self.adjusted < SURE

    @property
    def second_is_better(self) -> bool | None:
        """Whether the difference, sure or not, is in favour of the second; None for neither."""
        value, higher = self.difference.value, self.figure.higher_is_better
        return None if value == 0 or higher is None else (value > 0) == higher


@dataclass(frozen=True, slots=True)
class Group:
    """One figure in all rows of a group."""

    name: str  # "keypoint"
    label: str  # "OKS"
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """A figure of all runs, with the place of each among them."""

    figure: Figure
    figures: tuple[float, ...]  # of each run
    intervals: tuple[tuple[float, float], ...]
    ranks: tuple[Rank, ...]  # none where nobody says which way is better


@dataclass(frozen=True, slots=True)
class Changed:
    """A unit, with the headline figure of it alone in the first run and in the second."""

    unit: str  # its id or name
    first: float
    second: float
    is_better: bool  # in the second


@dataclass(frozen=True, slots=True)
class Pair:
    """Two of the runs, in all figures that they have."""

    first: Side
    second: Side
    figures: tuple[Line, ...]  # of everything, the headline first
    groups: tuple[Group, ...]
    headline: Figure  # that units are told apart by
    changed: tuple[Changed, ...]  # units, the largest changes first

    @property
    def lines(self) -> list[Line]:
        """All of them."""
        return [*self.figures, *(line for group in self.groups for line in group.lines)]

    def most_changed(self, count: int) -> tuple[Changed, ...]:
        """Return so many units of the largest changes, half of them better ones if there are."""
        better, worse = (
            [c for c in self.changed if c.is_better is wanted] for wanted in (True, False)
        )
        of_better = better_of(count, len(better), len(worse))
        return (*better[:of_better], *worse[: count - of_better])

    @property
    def better(self) -> int:
        """In how many units, each by itself, the second run is better."""
        return sum(one.is_better for one in self.changed)

    @property
    def worse(self) -> int:
        """In how many it is worse."""
        return len(self.changed) - self.better


@dataclass(frozen=True, slots=True)
class Comparison:
    """Runs beside each other; the first is what the others are set against."""

    sides: tuple[Side, ...]
    unlike: tuple[str, ...]  # in what they were not measured alike, if one went on in spite of it
    unit: str  # "image"
    units: int  # that all of them have
    replicates: int
    standings: tuple[Standing, ...]  # of the figures of everything
    pairs: tuple[Pair, ...]  # the first run and each of the others
    groups: int = 0  # of the units, that were drawn as wholes; 0: each unit was drawn by itself


def better_of(count: int, better: int, worse: int) -> int:
    """Return how many of `count` that are shown became better: half, or more if too few did not."""
    return min(better, max((count + 1) // 2, count - worse))
