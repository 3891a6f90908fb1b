"""Prediction: every box of a split through the network, to what is read from its maps."""

from collections.abc import Callable
from contextlib import closing
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hrbench.data.loader import ImageCrops, prediction_batches, rows_by_image
from hrbench.engine.progress import Steps
from hrbench.engine.runtime import Runtime

Columns = dict[str, NDArray[Any]]  # by name, a row per box
Heatmaps = Callable[[Tensor], Tensor]  # (B * S, H, W, 3) uint8 RGB to (B, K, h, w) maps
Answer = Callable[[Tensor, NDArray[np.int64]], Columns]  # maps and the boxes' rows to columns


@torch.inference_mode()
def predict(
    heatmaps: Heatmaps,
    answer: Answer,
    crops: ImageCrops,
    runtime: Runtime,
    *,
    batch_size: int,
    precision: str,
    workers: int,
    title: str = "predicting",
) -> Columns:
    """Return what the network says of every box of `crops`, in its order, on every process.

    Each image is read by one process.
    """
    people, device = crops.people, runtime.device
    images = list(rows_by_image(people))[runtime.rank :: runtime.world]
    rows: list[NDArray[np.int64]] = []
    answers: list[Columns] = []
    total = sum(int((people.image == image).sum()) for image in images)
    batches = prediction_batches(
        crops, images, batch_size, workers=workers, pin=device.type == "cuda"
    )
    with Steps(title, total, shown=runtime.leads) as steps, closing(batches):
        for batch_rows, pixels in batches:
            with runtime.autocast(precision):
                maps = heatmaps(pixels.flatten(0, 1))
            rows.append(batch_rows)
            answers.append(answer(maps, batch_rows))
            steps.advance(len(batch_rows))
    return _in_order(len(people), runtime.gather((rows, answers)))


def _in_order(count: int, parts: list[tuple[list[NDArray[np.int64]], list[Columns]]]) -> Columns:
    pairs = [pair for rows, answers in parts for pair in zip(rows, answers, strict=True)]
    columns = {
        name: np.empty((count, *values.shape[1:]), dtype=values.dtype)
        for name, values in pairs[0][1].items()
    }
    for rows, batch in pairs:
        for name, values in batch.items():
            columns[name][rows] = values
    return columns
