"""From pictures to stored classes."""

from contextlib import closing

import numpy as np
import torch
from torch import Tensor

from hrbench.data.picture_batches import EvaluationPictures
from hrbench.engine.execution import Told, unheard
from hrbench.engine.graphs import Tensors
from hrbench.engine.inference import Inference, Network, Pass, See
from hrbench.engine.predict import overlapped
from hrbench.engine.progress import Steps
from hrbench.engine.runtime import Runtime
from hrbench.engine.sizes import at_once
from hrbench.network import ImageNetwork
from hrbench.report.predictions import ClassPredictions

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
    told: Told = unheard,
) -> ClassPredictions:
    """Return the likeliest classes of every picture: of the mean of its crops' probabilities."""
    network.eval()
    device = runtime.device
    pictures, size = seen.pictures, seen.crops.size
    mine = np.arange(len(pictures))[runtime.rank :: runtime.world]
    tried = seeing(Inference(network, runtime, precision), crops)
    batch = at_once(tried, (crops, size, size, 3), crops, len(mine), runtime)
    inference = Inference(network, runtime, precision, batch * crops)
    whole = Pass(inference, seeing(inference, crops), batch * crops)
    parts = np.split(mine, np.arange(batch, len(mine), batch))
    answers = []
    batches = seen.batches(parts, workers=workers, pin=device.type == "cuda")
    with Steps(title, len(mine), shown=runtime.leads) as steps, closing(batches):
        flat = (images.flatten(0, 1) for images in batches)
        for rows, read in overlapped(zip(parts, flat, strict=True), whole, device):
            answers.append((rows, *read))
            steps.advance(len(rows))
    told(whole.execution(batch))
    everything = [part for share in runtime.gather(answers) for part in share]
    order = np.argsort(np.concatenate([rows for rows, _, _ in everything]))
    return ClassPredictions(
        sample_ids=pictures.ids,
        labels=np.concatenate([labels for _, labels, _ in everything])[order],
        scores=np.concatenate([scores for _, _, scores in everything])[order],
    )


def seeing(network: Network, crops: int) -> See:
    """Return what reads the images of pictures, `crops` of each, on their device."""

    def see(images: Tensor) -> Tensors:
        return likeliest(network(images), len(images) // crops)

    return see


def likeliest(logits: Tensor, pictures: int) -> tuple[Tensor, Tensor]:
    """Return the classes that the crops of pictures show, and the mean of their probabilities.

    Shapes: logits (pictures * S, C), S crops of each; returned twice (pictures, KEPT), of C
    classes if those are fewer.
    """
    likely = logits.float().softmax(dim=1).unflatten(0, (pictures, -1)).mean(dim=1)
    scores, labels = likely.topk(min(KEPT, likely.shape[1]), dim=1)
    return labels, scores
