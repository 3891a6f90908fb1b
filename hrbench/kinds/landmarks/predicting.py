"""From a split's boxes to stored predictions, by the protocol's crops, flips and decoding."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hrbench.data.evaluation import LandmarkEvaluation
from hrbench.data.loader import ImageCrops
from hrbench.data.sample import People
from hrbench.engine.predict import Answer, Columns, Heatmaps, predict
from hrbench.engine.runtime import Runtime
from hrbench.errors import RunError
from hrbench.heads.codec import Codec
from hrbench.heads.peaks import from_patches, patches
from hrbench.heads.pyramid import merge_scales
from hrbench.kinds.landmarks.pixels import Pixels
from hrbench.network import ImageNetwork
from hrbench.report.predictions import Predictions
from hrbench.spec import LandmarkTask

BATCH = 32  # crops through the network at once; it moves results by rounding only


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
) -> Predictions:
    """Return the network's keypoints for every box of an evaluation."""
    people = evaluation.people
    network.eval()
    columns = predict(
        heatmaps(spec, px, network, runtime.device),
        answer(px.codec, people, keep_peaks=keep_peaks),
        ImageCrops(people, px.cutting),
        runtime,
        batch_size=max(1, BATCH // len(spec.protocol.scales or (1.0,))),
        precision=spec.protocol.precision,
        workers=workers,
        title=title,
    )
    return of_boxes(people, evaluation.image_ids, columns)


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


def heatmaps(
    spec: LandmarkTask, px: Pixels, network: ImageNetwork, device: torch.device
) -> Heatmaps:
    """Return the protocol's way from uint8 RGB images to maps: flip test, several scales."""
    codec, protocol, scales = px.codec, spec.protocol, spec.protocol.scales
    partners = torch.from_numpy(px.partners).to(device)

    def plain(inputs: Tensor) -> Tensor:
        scores = network.answer(inputs).float()
        return codec.from_logits(scores) if spec.model.activation == "softmax" else scores

    def with_flip(inputs: Tensor) -> Tensor:
        mirrored = plain(inputs.flip(-1))
        return (plain(inputs) + codec.flip_back(mirrored, partners, protocol.flip_shift)) * 0.5

    answered = with_flip if protocol.flip_test else plain

    def single(images: Tensor) -> Tensor:
        return answered(network.normalise(images))

    if not scales:
        return single

    def at_all_scales(images: Tensor) -> Tensor:
        return merge_scales(single(images).unflatten(0, (-1, len(scales))), scales, codec.middle)

    return at_all_scales


def answer(codec: Codec, people: People, *, keep_peaks: bool) -> Answer:
    """Return how maps become columns of the predictions, their peaks among them if kept."""

    def read(maps: Tensor, rows: NDArray[np.int64]) -> Columns:
        columns = placed(codec, maps, people, rows)
        if keep_peaks:
            values, corners = patches(maps, codec.sigma)
            columns |= {"peaks": values.cpu().numpy(), "corners": corners.cpu().numpy()}
        return columns

    return read


def placed(codec: Codec, maps: Tensor, people: People, rows: NDArray[np.int64]) -> Columns:
    """Return the keypoints of maps in image pixels, and their scores."""
    cells, scores = (part.cpu().numpy() for part in codec.decode(maps))
    keypoints = codec.to_image(cells, people.centers[rows], people.scales[rows], codec.size)
    return {"keypoints": keypoints.astype(np.float32), "scores": scores.astype(np.float32)}


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
    parts = []
    for rows in np.array_split(np.arange(len(people)), -(-len(people) // BATCH)):
        kept = (
            torch.from_numpy(predictions.peaks[rows]),
            torch.from_numpy(predictions.corners[rows]),
        )
        parts.append(placed(codec, from_patches(*kept, codec.size), people, rows))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
