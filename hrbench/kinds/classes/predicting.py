"""From pictures to stored classes."""

from contextlib import closing

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hrbench.data.picture_batches import EvaluationPictures
from hrbench.engine.progress import Steps
from hrbench.engine.runtime import Runtime
from hrbench.network import ImageNetwork
from hrbench.report.predictions import ClassPredictions

BATCH = 32  # crops through the network at once; it moves results by rounding only
KEPT = 5  # the likeliest classes, of which top-5 is made


@torch.inference_mode()
def predictions(
    network: ImageNetwork,
    seen: EvaluationPictures,
    crops: int,
    runtime: Runtime,
    *,
    precision: str,
    workers: int,
    title: str,
) -> ClassPredictions:
    """Return the likeliest classes of every picture: of the mean of its crops' probabilities."""
    network.eval()
    pictures = seen.pictures
    mine = np.arange(len(pictures))[runtime.rank :: runtime.world]
    parts = np.array_split(mine, max(1, -(-len(mine) * crops // BATCH)))
    answers = []
    batches = seen.batches(parts, workers=workers, pin=runtime.device.type == "cuda")
    with Steps(title, len(mine), shown=runtime.leads) as steps, closing(batches):
        for rows, images in zip(parts, batches, strict=True):
            with runtime.autocast(precision):
                logits = network(images.flatten(0, 1))
            answers.append((rows, *likeliest(logits, len(rows))))
            steps.advance(len(rows))
    everything = [part for share in runtime.gather(answers) for part in share]
    order = np.argsort(np.concatenate([rows for rows, _, _ in everything]))
    return ClassPredictions(
        sample_ids=pictures.ids,
        labels=np.concatenate([labels for _, labels, _ in everything])[order],
        scores=np.concatenate([scores for _, _, scores in everything])[order],
    )


def likeliest(logits: Tensor, pictures: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the classes that the crops of pictures show, and the mean of their probabilities.

    Shapes: logits (pictures * S, C), S crops of each; returned twice (pictures, KEPT), of C
    classes if those are fewer.
    """
    likely = logits.float().softmax(dim=1).unflatten(0, (pictures, -1)).mean(dim=1)
    scores, labels = likely.topk(min(KEPT, likely.shape[1]), dim=1)
    return labels.cpu().numpy(), scores.cpu().numpy()
