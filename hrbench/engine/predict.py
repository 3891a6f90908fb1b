"""Prediction: every box of a split through the network, to keypoints in image pixels."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hrbench.data.loader import ImageCrops, prediction_batches, rows_by_image
from hrbench.engine.progress import Steps
from hrbench.engine.runtime import Runtime, normalised
from hrbench.geometry import cells_to_image


@dataclass(frozen=True, slots=True)
class Found:
    """Keypoints of N boxes."""

    keypoints: NDArray[np.float32]  # (N, K, 2) image pixels
    scores: NDArray[np.float32]  # (N, K) the maps' maxima


Heatmaps = Callable[[Tensor], Tensor]  # (B, 3, H, W) normalised images to (B, K, h, w) maps
Decode = Callable[[Tensor], tuple[Tensor, Tensor]]  # maps to (B, K, 2) cells, (B, K) scores


@torch.inference_mode()
def predict(
    heatmaps: Heatmaps,
    decode: Decode,
    crops: ImageCrops,
    runtime: Runtime,
    *,
    batch_size: int,
    precision: str,
    workers: int,
    title: str = "predicting",
) -> Found:
    """Return the keypoints of every box of `crops`, in its order, on every process.

    Each image is read by one process.
    """
    people, device = crops.people, runtime.device
    images = list(rows_by_image(people))[runtime.rank :: runtime.world]
    rows: list[NDArray[np.int64]] = []
    found: list[Found] = []
    total = sum(int((people.image == image).sum()) for image in images)
    batches = prediction_batches(
        crops, images, batch_size, workers=workers, pin=device.type == "cuda"
    )
    with Steps(title, total, shown=runtime.leads) as steps, closing(batches):
        for batch_rows, pixels in batches:
            inputs = normalised(pixels, device)
            with runtime.autocast(precision):
                maps = heatmaps(inputs)
            cells, scores = (part.cpu().numpy() for part in decode(maps))
            centers, scales = people.centers[batch_rows], people.scales[batch_rows]
            size = (maps.shape[-1], maps.shape[-2])
            keypoints = cells_to_image(cells, centers, scales, size).astype(np.float32)
            rows.append(batch_rows)
            found.append(Found(keypoints, scores))
            steps.advance(len(batch_rows))
    return _in_order(len(people), people.num_keypoints, runtime.gather((rows, found)))


def _in_order(
    count: int, num_keypoints: int, parts: list[tuple[list[NDArray[np.int64]], list[Found]]]
) -> Found:
    keypoints = np.full((count, num_keypoints, 2), np.nan, dtype=np.float32)
    scores = np.full((count, num_keypoints), np.nan, dtype=np.float32)
    for rows, found in parts:
        for batch_rows, batch in zip(rows, found, strict=True):
            keypoints[batch_rows] = batch.keypoints
            scores[batch_rows] = batch.scores
    return Found(keypoints, scores)
