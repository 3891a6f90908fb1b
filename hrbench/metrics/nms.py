"""Non-maximum suppression over poses of one image, by their mutual OKS.

The functions take `overlap` (n, n), whose row i says how much pose i covers the others, and
`scores` (n,). Of equal scores the later pose comes first: the official order, a stable sort
reversed, which NumPy's default sort leaves to the processor.

Source: deep-high-resolution-net.pytorch, lib/nms/nms.py; Bodla et al. 2017 for the soft variant.
"""

import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats

Rows = NDArray[np.intp]

SOFT_LIMIT = 20  # poses that soft NMS keeps of an image; COCO scores no more


def oks_nms(overlap: Floats, scores: Floats, threshold: float) -> Rows:
    """Return the poses kept, best first: none covered by a kept one beyond the threshold."""
    suppresses = overlap > threshold
    dropped = np.zeros(len(scores), dtype=bool)
    kept: list[np.intp] = []
    for index in best_first(scores):
        if not dropped[index]:
            kept.append(index)
            dropped |= suppresses[index]
    return np.array(kept, dtype=np.intp)


def soft_oks_nms(overlap: Floats, scores: Floats, threshold: float) -> Rows:
    """Return at most 20 poses, best first; nothing is dropped for its score.

    Whoever is taken lowers the scores of the rest, which decide who comes next.
    """
    return soft_order(overlap, scores, threshold)[0]


def soft_order(overlap: Floats, scores: Floats, threshold: float) -> tuple[Rows, Floats]:
    """Return the poses that soft NMS keeps, and the lowered score each had when it was taken."""
    order = best_first(scores)
    scores = scores[order]
    kept: list[np.intp] = []
    lowered: list[float] = []
    while len(order) and len(kept) < SOFT_LIMIT:
        best, order = order[0], order[1:]
        kept.append(best)
        lowered.append(scores[0])
        scores = decay(scores[1:], overlap[best, order], threshold)
        again = best_first(scores)
        order, scores = order[again], scores[again]
    return np.array(kept, dtype=np.intp), np.array(lowered, dtype=np.float64)


def decay(scores: Floats, overlap: Floats, threshold: float) -> Floats:
    """Return scores lowered by a Gaussian of the overlap."""
    return np.asarray(scores * np.exp(-np.square(overlap) / threshold))


def best_first(scores: Floats) -> Rows:
    """Return the order of falling scores, equal ones from the last to the first."""
    return scores.argsort(kind="stable")[::-1]
