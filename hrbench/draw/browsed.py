"""Samples to be looked at one by one: as annotated, as they are trained on, with their targets."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Pixels

EPOCHS = (0, 1)  # that a sample is shown in, as a training draws it


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """One sample."""

    id: str
    file: str
    pictures: Mapping[str, Pixels]  # BGR, by what is on each


@dataclass(frozen=True, slots=True, eq=False)
class Browsed:
    """N samples that a network is trained on."""

    count: int  # N
    what: str  # each is, in the plural
    called: Callable[[str], Sequence[int]]  # rows that have an id
    show: Callable[[int], Shown]  # a row; DataError: it is not whole
    key: tuple[str, ...]  # what is to be known of the pictures, in sentences
    odd: NDArray[np.intp] = field(default_factory=lambda: np.empty(0, dtype=np.intp))  # rows
    why: str = ""  # they are odd


def chosen(browsed: Browsed, count: int, seed: int) -> list[int]:
    """Return rows to look at: of the odd ones at most half as many, then others, as drawn."""
    rng = np.random.default_rng(seed)
    first = rng.permutation(browsed.odd)[: max(1, count // 2)].tolist()
    others = rng.choice(browsed.count, min(browsed.count, count + len(first)), replace=False)
    return list(dict.fromkeys((*first, *others.tolist())))[:count]
