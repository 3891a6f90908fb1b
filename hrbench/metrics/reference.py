"""The ten figures by pycocotools: for those who want to see that ours are the same."""

import contextlib
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from hrbench.metrics.people import Results

Annotation = Mapping[str, Any]
PERSON = 1
NAMES = ("AP", "AP50", "AP75", "APM", "APL", "AR", "AR50", "AR75", "ARM", "ARL")


def pycocotools_figures(
    people: Sequence[Annotation], results: Results, sigmas: NDArray[np.float64]
) -> dict[str, float]:
    """Return the figures in per cent, NaN without data; there must be a result."""
    stats = pycocotools_evaluation(people, results, sigmas).stats
    return {
        name: np.nan if value < 0 else 100 * float(value)
        for name, value in zip(NAMES, stats, strict=True)
    }


def pycocotools_evaluation(
    people: Sequence[Annotation], results: Results, sigmas: NDArray[np.float64]
) -> COCOeval:
    """Return pycocotools' evaluation of results, run over data sets in memory.

    `people` are annotations as their file has them, in COCO's format. Only ids and categories
    are not the file's: pycocotools takes an id of 0 for nobody, of two with the same id it sees
    one, and all of `people` are to be found, whatever they are called.
    """
    listed = {int(person["image_id"]) for person in people} | set(results.image_ids.tolist())
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        dataset: Any = {  # the fields that it reads, fewer than a file must have
            "info": {},
            "categories": [{"id": PERSON}],
            "images": [{"id": image} for image in sorted(listed)],
            "annotations": [
                {**person, "id": row, "category_id": PERSON} for row, person in enumerate(people, 1)
            ],
        }
        coco.dataset = dataset
        coco.createIndex()
        evaluation = COCOeval(coco, coco.loadRes(_results(results)), "keypoints")
        evaluation.params.kpt_oks_sigmas = sigmas
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return evaluation


def _results(results: Results) -> list[Any]:
    ones = np.ones_like(results.keypoints[..., :1])
    triples = np.concatenate((results.keypoints, ones), axis=2)
    return [
        {
            "image_id": int(results.image_ids[row]),
            "category_id": PERSON,
            "keypoints": triples[row].ravel().tolist(),
            "score": float(results.scores[row]),
        }
        for row in range(len(results.scores))
    ]
