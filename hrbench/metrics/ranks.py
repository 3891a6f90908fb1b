"""Which place a run has among others, as far as the images that they share can tell.

Source: Mogstad, Romano, Shaikh and Wilhelm 2024 (Review of Economic Studies 91), for ranks by
differences of pairs, here with Holm's adjustment.
"""

from dataclasses import dataclass

from hrbench.metrics.bootstrap import LEVEL
from hrbench.metrics.paired import Together, difference, holm


@dataclass(frozen=True, slots=True)
class Rank:
    """The best and the worst place that a run may have, 1 the best: 95 % of such hold the true one.

    Runs that nothing tells apart share their places: "1-2" both.
    """

    best: int
    worst: int

    def __str__(self) -> str:
        """Return one place, or both: "1", "1-3"."""
        return str(self.best) if self.best == self.worst else f"{self.best}-{self.worst}"


def ranks(sample: Together, name: str, *, higher_is_better: bool) -> tuple[Rank, ...]:
    """Return the rank of each run by a figure that all have.

    It is 1 and one for each run that is surely better, to K and one less for each that is surely
    worse. Of each run's K - 1 differences those are sure whose p-values, adjusted for being as
    many, are below 0.05.
    """
    count = len(sample.figures)
    found = []
    for own in range(count):
        others = [other for other in range(count) if other != own]
        differences = [difference(sample, name, own, other) for other in others]
        adjusted = holm([one.p for one in differences])
        sure = [d for d, p in zip(differences, adjusted, strict=True) if p < 1 - LEVEL]
        better = sum((d.value > 0) == higher_is_better for d in sure)
        found.append(Rank(1 + better, count - (len(sure) - better)))
    return tuple(found)
