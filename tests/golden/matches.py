"""OKS and matches of single images, as COCO's and CrowdPose's official evaluations have them."""

from typing import Any

import numpy as np
from golden.ledger import Ledger
from numpy.typing import NDArray

from hrbench.arrays import Floats
from hrbench.metrics.matching import AREA_RANGES, Matches, rank_by_image
from hrbench.metrics.oks import oks_with_truth
from hrbench.metrics.people import Results, Truth


def check_images(
    golden: Ledger, file: str, truth: Truth, results: Results, matches: Matches, sigmas: Floats
) -> None:
    """Compare those of the images that a file has."""
    content: Any = golden.json(file)
    ranked, _ = rank_by_image(results)
    for image in content["images"]:
        people = np.flatnonzero(truth.image_ids == image["image_id"])
        here = np.flatnonzero(results.image_ids[ranked] == image["image_id"])
        rows = ranked[here]
        pairs = np.repeat(rows, len(people)), np.tile(people, len(rows))
        fit = oks_with_truth(results, truth, sigmas, *pairs).reshape(len(rows), len(people))
        golden.check_value(file, "images", fit, np.reshape(image["oks"], fit.shape))
        for area, name in enumerate(AREA_RANGES):
            official = {key: np.array(value) for key, value in image["areas"][name].items()}
            found = matches.found[area][:, here]
            last = matches.optional[area][people]
            order = people[last.argsort(kind="stable")]
            assert np.array_equal(rows + 1, official["dt_ids"])
            assert np.array_equal(results.scores[rows], official["dt_scores"])
            assert np.array_equal(np.append(truth.ids, 0)[found], official["dt_matches"])
            assert np.array_equal(matches.ignored[area][:, here], official["dt_ignore"])
            assert np.array_equal(truth.ids[order], official["gt_ids"])
            assert np.array_equal(np.sort(last), official["gt_ignore"])
            assert np.array_equal(finders(found, order, rows + 1), official["gt_matches"])


def finders(
    found: NDArray[np.int32], people: NDArray[np.intp], result_ids: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Return (T, P): the id of the last result that found each person; 0: nobody did."""
    by = np.zeros((len(found), len(people)), dtype=np.intp)
    for whom, result_id in zip(found.T, result_ids, strict=True):
        by[whom[:, None] == people] = result_id
    return by
