"""From a split's boxes to stored predictions, by the protocol's crops, flips and decoding."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hrbench.data.evaluation import LandmarkEvaluation
from hrbench.data.loader import ImageCrops
from hrbench.data.sample import People
from hrbench.engine.execution import Told, unheard
from hrbench.engine.inference import Inference, Network, Pass, See
from hrbench.engine.predict import Columns, Place, Read, predict
from hrbench.engine.runtime import Runtime
from hrbench.engine.sizes import at_once
from hrbench.errors import RunError
from hrbench.heads.codec import Codec
from hrbench.heads.peaks import from_patches, patches
from hrbench.heads.pyramid import merge_scales
from hrbench.kinds.landmarks.pixels import Pixels
from hrbench.network import ImageNetwork
from hrbench.report.predictions import Predictions
from hrbench.spec import LandmarkTask

Heatmaps = Callable[[Tensor], Tensor]  # (B * S, H, W, 3) uint8 RGB to (B, K, h, w) maps
BATCH = 32  # boxes that are decoded at once, or go through an exported graph


def predictions(
    spec: LandmarkTask,
    px: Pixels,
    network: ImageNetwork,
    evaluation: LandmarkEvaluation,
    runtime: Runtime,
    *,
    workers: int,
    keep_peaks: bool = False,
    title: str = "predicting",
    told: Told = unheard,
) -> Predictions:
    """Return the network's keypoints for every box of an evaluation."""
    people, precision = evaluation.people, spec.protocol.precision
    scales, times = len(spec.protocol.scales or (1.0,)), passes(spec)
    shape, count = (scales, *spec.model.input, 3), len(people) // runtime.world
    network.eval()
    tried = heatmaps(spec, px, Inference(network, runtime, precision), runtime.device)
    batch = at_once(see(px.codec, tried, keep_peaks=keep_peaks), shape, times, count, runtime)
    inference = Inference(network, runtime, precision, batch * times)
    maps = heatmaps(spec, px, inference, runtime.device)
    whole = Pass(inference, see(px.codec, maps, keep_peaks=keep_peaks), batch * scales)
    columns = predict(
        whole,
        placing(px.codec, people),
        ImageCrops(people, px.cutting),
        runtime,
        batch_size=batch,
        workers=workers,
        title=title,
    )
    told(whole.execution(batch))
    return of_boxes(people, evaluation.image_ids, columns)


def passes(spec: LandmarkTask) -> int:
    """Return how many images a box is for the network: its scales, each in a mirror as well."""
    return (1 + spec.protocol.flip_test) * len(spec.protocol.scales or (1.0,))


def of_boxes(people: People, scored_images: NDArray[np.int64], columns: Columns) -> Predictions:
    """Return what was found in boxes, `keypoints` and `scores` at least, beside the boxes."""
    return Predictions(
        sample_ids=people.ids,
        image_ids=people.image_ids[people.image],
        boxes=people.boxes,
        box_scores=people.scores,
        centers=people.centers,
        scales=people.scales,
        scored_images=scored_images,
        **columns,
    )


def heatmaps(spec: LandmarkTask, px: Pixels, network: Network, device: torch.device) -> Heatmaps:
    """Return the protocol's way from uint8 RGB images to maps: flip test, several scales."""
    codec, protocol, scales = px.codec, spec.protocol, spec.protocol.scales
    partners = torch.from_numpy(px.partners).to(device)

    def plain(images: Tensor) -> Tensor:
        scores = network(images).float()
        return codec.from_logits(scores) if spec.model.activation == "softmax" else scores

    def with_flip(images: Tensor) -> Tensor:
        both: Tensor = plain(torch.cat((images, images.flip(2)))).unflatten(0, (2, -1))
        maps, mirrored = both.unbind()
        return (maps + codec.flip_back(mirrored, partners, protocol.flip_shift)) * 0.5

    answered = with_flip if protocol.flip_test else plain

    def single(images: Tensor) -> Tensor:
        return answered(images.to(device, non_blocking=True))

    if not scales:
        return single

    def at_all_scales(images: Tensor) -> Tensor:
        return merge_scales(single(images).unflatten(0, (-1, len(scales))), scales, codec.middle)

    return at_all_scales


def see(codec: Codec, maps: Heatmaps, *, keep_peaks: bool = False) -> See:
    """Return what reads images on their device: cells, scores, and the peaks if they are kept."""

    def read(images: Tensor) -> tuple[Tensor, ...]:
        found = maps(images)
        decoded = codec.decode(found)
        return (*decoded, *patches(found, codec.sigma)) if keep_peaks else decoded

    return read


def placing(codec: Codec, people: People) -> Place:
    """Return how that becomes columns of the predictions, the keypoints in image pixels."""

    def place(read: Read, rows: NDArray[np.int64]) -> Columns:
        cells, scores, *kept = read
        keypoints = codec.to_image(cells, people.centers[rows], people.scales[rows], codec.size)
        columns = {"keypoints": keypoints.astype(np.float32), "scores": scores.astype(np.float32)}
        return columns | dict(zip(("peaks", "corners"), kept, strict=False))

    return place


def decoded_again(codec: Codec, people: People, predictions: Predictions) -> Columns:
    """Return the keypoints and scores that another decoder reads in the peaks that were kept.

    Raises:
        RunError: none were.
    """
    if predictions.peaks is None or predictions.corners is None:
        raise RunError(
            "this run kept no heatmaps to decode again: run it with --keep-peaks, then "
            "`hrbench score RUN --decoder` works"
        )
    parts, place = [], placing(codec, people)
    for rows in np.array_split(np.arange(len(people)), -(-len(people) // BATCH)):
        kept = (
            torch.from_numpy(predictions.peaks[rows]),
            torch.from_numpy(predictions.corners[rows]),
        )
        cells, scores = codec.decode(from_patches(*kept, codec.size))
        parts.append(place((cells.numpy(), scores.numpy()), rows))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
