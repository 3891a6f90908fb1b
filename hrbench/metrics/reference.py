"""The ten figures by pycocotools: for those who want to see that ours are the same."""

import contextlib
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from hrbench.metrics.people import Results, Truth

PERSON = 1
NAMES = ("AP", "AP50", "AP75", "APM", "APL", "AR", "AR50", "AR75", "ARM", "ARL")


def pycocotools_figures(
    truth: Truth, results: Results, sigmas: NDArray[np.float64]
) -> dict[str, float]:
    """Return the figures in per cent, NaN without data; there must be a result."""
    stats = pycocotools_evaluation(truth, results, sigmas).stats
    return {
        name: np.nan if value < 0 else 100 * float(value)
        for name, value in zip(NAMES, stats, strict=True)
    }


def pycocotools_evaluation(truth: Truth, results: Results, sigmas: NDArray[np.float64]) -> COCOeval:
    """Return pycocotools' evaluation, run over data sets in memory."""
    images = np.union1d(truth.image_ids, results.image_ids).tolist()
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        dataset: Any = {  # the fields that it reads, fewer than a file must have
            "info": {},
            "categories": [{"id": PERSON}],
            "images": [{"id": image} for image in images],
            "annotations": _annotations(truth),
        }
        coco.dataset = dataset
        coco.createIndex()
        evaluation = COCOeval(coco, coco.loadRes(_results(results)), "keypoints")
        evaluation.params.kpt_oks_sigmas = sigmas
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return evaluation


def _annotations(truth: Truth) -> list[dict[str, Any]]:
    triples = np.concatenate((truth.keypoints, truth.visibility[..., None]), axis=2)
    return [
        {
            "id": row + 1,  # it takes an id of 0 for nobody
            "image_id": int(truth.image_ids[row]),
            "category_id": PERSON,
            "keypoints": triples[row].ravel().tolist(),
            "num_keypoints": int(truth.num_keypoints[row]),
            "area": float(truth.areas[row]),
            "bbox": truth.boxes[row].tolist(),
            "iscrowd": int(truth.crowd[row]),
        }
        for row in range(len(truth.ids))
    ]


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
