"""Which images of a file train and which validate, where a seed divides them."""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hrbench.spec import DatasetSpec, Split

FEWEST = 2  # images of a file that can be divided


def of_part(names: Sequence[str], dataset: DatasetSpec, split: Split) -> NDArray[np.bool_]:
    """Return which images of a file, by their names, are of a split: all, where it is whole."""
    if split.part is None:
        return np.ones(len(names), dtype=np.bool_)
    held_out = in_validation(names, dataset.validation_share, dataset.split_seed)
    return held_out if split.part == "validation" else ~held_out


def in_validation(names: Sequence[str], share: float, seed: int) -> NDArray[np.bool_]:
    """Return which images validate: the share with the lowest hashes of seed and name.

    So the order of a file does not matter, and images that are added move few others.
    """
    hashes = [hashlib.sha256(f"{seed}/{name}".encode()).hexdigest() for name in names]
    count = min(max(1, round(share * len(names))), len(names) - 1) if names else 0
    held_out = np.zeros(len(names), dtype=np.bool_)
    held_out[np.argsort(hashes)[:count]] = True
    return held_out
