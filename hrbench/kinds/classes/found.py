"""The likeliest classes of a picture."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Pixels
from hrbench.draw.predicted import captioned
from hrbench.kinds.found import Found

HEADER: tuple[str, ...] = ("rank", "label", "name", "score")


@dataclass(frozen=True, slots=True, eq=False, repr=False, kw_only=True)
class Classes(Found):
    """The five likeliest classes of a picture, the likeliest first.

    Attributes:
        labels: their numbers.
        names: their names.
        scores: their probabilities.
    """

    finds: ClassVar[str] = "classes"

    labels: NDArray[np.int64]
    names: tuple[str, ...]
    scores: NDArray[np.float32]

    @property
    def header(self) -> tuple[str, ...]:
        return HEADER

    def rows(self) -> list[dict[str, Any]]:
        named = [dict(zip(HEADER[1:], parts, strict=True)) for parts in self._ranked()]
        return [{"classes": named}]

    def cells(self) -> list[list[Any]]:
        return [[rank, *parts] for rank, parts in enumerate(self._ranked(), start=1)]

    def drawn(self, marks: Collection[str] = ()) -> Pixels:
        """Return the picture above the classes, whose scores are always there."""
        del marks
        return captioned(
            self.picture(), [f"{sure:6.1%}  {name}" for _, name, sure in self._ranked()]
        )

    def _ranked(self) -> Iterator[tuple[int, str, float]]:
        for label, name, score in zip(self.labels.tolist(), self.names, self.scores, strict=True):
            yield label, name, round(float(score), 5)
