"""Intervals as bars that one scale makes comparable."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from hrbench.report.definitions import rounded
from hrbench.report.html.page import Bar

Ends = tuple[float, float | None, float | None]  # value, low, high
MARGIN = 0.04  # of the scale, at both ends


@dataclass(frozen=True, slots=True)
class Scale:
    """What all bars of a column reach over."""

    figure: str
    low: float
    high: float

    @property
    def ends(self) -> tuple[str, str]:
        """Both ends, as the literature rounds the figure."""
        return rounded(self.figure, self.low), rounded(self.figure, self.high)

    def bar(self, value: Ends, *, ours: bool = True) -> Bar:
        """Return a value and its interval on the scale."""
        middle, low, high = (None if end is None else self._share(end) for end in value)
        return Bar(middle or 0.0, low, high, ours=ours)

    def difference(self, value: Ends) -> Bar:
        """Return a difference and its interval on the scale, with the place of 0."""
        return replace(self.bar(value), zero=self._share(0.0))

    def _share(self, value: float) -> float:
        return (value - self.low) / (self.high - self.low)


def scale(figure: str, values: Iterable[Ends]) -> Scale | None:
    """Return the scale of some values of a figure; None where there are fewer than two.

    It begins at 0 at the lowest, but where a value is below.
    """
    known = list(values)
    ends = [end for value in known for end in value if end is not None]
    if len(known) < 2 or min(ends) == max(ends):
        return None
    margin = MARGIN * (max(ends) - min(ends))
    low = min(ends) - margin
    return Scale(figure, low if min(ends) < 0 else max(low, 0.0), max(ends) + margin)
