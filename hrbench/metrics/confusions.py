"""Which classes are most often taken for which others, over all classes."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from hrbench.metrics.topk import Classes

MOST = 20  # pairs that are told


def breakdown(truth: Classes, first: Classes, names: Sequence[str]) -> dict[str, Any]:
    """Return the most frequent mistakes of first answers; nothing where there is none.

    `groups["mistake"]` has a row for each pair of a class and what it was taken for: how many
    pictures, which per cent of the class's pictures that is, and which of all mistakes. Of pairs
    as frequent, that of the class that comes first stands first.

    Shapes: truth, first (N,), numbers of the C classes that `names` has.
    """
    wrong = truth != first
    pictures = np.bincount(truth, minlength=len(names)).tolist()
    pairs = Counter(sorted(zip(truth[wrong].tolist(), first[wrong].tolist(), strict=True)))
    rows = {
        f"{names[own]} for {names[taken]}": {
            "pictures": count,
            "of_class": 100 * count / pictures[own],
            "of_mistakes": 100 * count / pairs.total(),
        }
        for (own, taken), count in pairs.most_common(MOST)
    }
    return {"mistake": rows} if rows else {}
