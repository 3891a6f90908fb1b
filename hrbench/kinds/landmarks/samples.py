"""Persons and faces one by one, for other programs: their errors, and poses as COCO's results."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hrbench.data.sample import People
from hrbench.metrics.inputs import KeypointSetting, PosesInBoxes
from hrbench.metrics.named import oks
from hrbench.metrics.sample_errors import PoseErrors
from hrbench.metrics.selection import Selection, coco_results, instance_scores

Columns = Mapping[str, Sequence[Any]]


def columns(people: People, folder: Path, names: Sequence[str], errors: PoseErrors) -> Columns:
    """Return a row for each person or face that counts.

    The error is the metric's, and in `words` with its unit; NAME_px is how far keypoint NAME lies
    from its true place, NaN where that is not labelled, or nobody was found.
    """
    files = image_files(people, folder)
    distances = np.linalg.norm(errors.predicted - errors.truth, axis=2)
    return {
        "id": errors.ids.tolist(),
        "image_id": errors.image_ids.tolist(),
        "image": [files.get(number, "") for number in errors.image_ids.tolist()],
        "found": (~errors.missed).tolist(),
        "error": errors.errors.tolist(),
        "words": errors.words,
        **{f"{name}_px": values for name, values in zip(names, distances.T.tolist(), strict=True)},
    }


def results(
    people: People,
    folder: Path,
    predictions: PosesInBoxes,
    setting: KeypointSetting,
    *,
    chosen: bool,
    categories: Mapping[int, int] | None,
    category: int,
) -> list[dict[str, object]]:
    """Return poses in COCO's results format, each with the name of its image's file besides.

    Args:
        people: the boxes that were looked into.
        folder: that the dataset's files are in.
        predictions: the poses that were found.
        setting: of the metric.
        chosen: whether the metric chooses among the poses of an image; else all are there.
        categories: of each annotation, where boxes are annotated.
        category: of what is in no annotation.
    """
    if chosen:
        selection = oks.selected(predictions, setting)
    else:
        threshold = setting.keypoint_threshold or 0.0
        scores = instance_scores(predictions.scores, predictions.box_scores, threshold)
        selection = Selection(np.arange(len(scores)), scores)
    files = image_files(people, folder)
    samples = predictions.sample_ids[selection.kept].tolist()
    images = predictions.image_ids[selection.kept].tolist()
    rows = coco_results(predictions.poses(), selection)
    return [
        {
            **row,
            "category_id": (categories or {}).get(sample, category),
            "file_name": files.get(image, ""),
        }
        for row, sample, image in zip(rows, samples, images, strict=True)
    ]


def image_files(people: People, folder: Path) -> dict[int, str]:
    """Return the file of each image by its id, named from the dataset's folder if it is there."""
    paths = (
        path.relative_to(folder) if path.is_relative_to(folder) else path for path in people.images
    )
    return dict(zip(people.image_ids.tolist(), map(Path.as_posix, paths), strict=True))
