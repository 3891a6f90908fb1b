"""Time the feeding of samples to training and to evaluation, beside the official order.

    python benchmarks/feed.py [--samples 192] [--images 16] [--boxes 20] [--workers 1]

Training, officially: read, exchange the colours of the whole image, mirror it in NumPy, warp,
normalise, move and draw each keypoint in a loop, and send float32 crops and maps to the main
process. Ours: uint8 crops; the rest happens once per batch on the network's device, and is
timed here too. Evaluation, officially: the image is read again for each of its boxes. Workers live
from round to round on both sides; the official code starts its own anew in every epoch.
"""

from collections import deque
from collections.abc import Iterable, Iterator

import numpy as np
import peer
import torch
from sidebyside import agree, race
from torch import Tensor
from torch.utils.data import DataLoader
from workload import Workload, arguments, people, with_boxes, workload

from hrbench.backbone.input import IMAGENET, Normalisation
from hrbench.data.loader import (
    ImageCrops,
    TrainingCrops,
    order,
    prediction_batches,
    rows_by_image,
)
from hrbench.data.sample import People
from hrbench.data.workers import living

CPU = torch.device("cpu")
NORMALISE = Normalisation(IMAGENET)
IMAGES = 48  # synthetic ones to train on
BATCH = 32


def training(
    load: Workload, persons: People, samples: int, workers: int, rounds: int, seed: int
) -> None:
    """Race the two feeds of a training epoch."""
    rows = np.resize(order(len(persons), seed, 0), samples)
    samples_of = peer.load().training_samples
    theirs = samples_of(persons, load.cutting, load.spec.augment, load.codec, seed)
    ours = TrainingCrops(persons, load.cutting, load.spec.augment, seed)

    officially: DataLoader[tuple[Tensor, Tensor, Tensor]] = DataLoader(
        theirs, BATCH, sampler=rows.tolist(), num_workers=workers, persistent_workers=workers > 0
    )

    def hrbench() -> Iterator[list[Tensor]]:
        batches = np.split(rows, range(BATCH, samples, BATCH))
        for batch in ours.batches(batches, 0, workers=workers, pin=False):
            targets = load.codec.encode(batch.keypoints, batch.visible, CPU)
            yield [NORMALISE(batch.images), targets.maps, targets.weights[..., None]]

    names = ("normalised crops", "target maps", "target weights")
    for name, a, b in zip(names, joined(hrbench()), joined(officially), strict=True):
        agree(name, a, b)
    race(
        f"training feed{source(persons)}, {samples} samples, {workers} workers",
        lambda: exhaust(officially),
        lambda: exhaust(hrbench()),
        rounds,
        peer.who(samples_of),
    )


def evaluation(load: Workload, boxes: People, workers: int, rounds: int) -> None:
    """Race the two feeds of an evaluation with many boxes an image."""
    images = list(rows_by_image(boxes))
    samples_of = peer.load().evaluation_samples
    theirs = samples_of(boxes, load.cutting.size)
    ours = ImageCrops(boxes, load.cutting)

    officially: DataLoader[Tensor] = DataLoader(
        theirs, BATCH, num_workers=workers, persistent_workers=workers > 0
    )

    def hrbench() -> Iterator[list[Tensor]]:
        batches = prediction_batches(ours, images, BATCH, workers=workers, pin=False)
        yield from ([NORMALISE(pixels.flatten(0, 1))] for _, pixels in batches)

    agree("normalised crops", joined(hrbench())[0], torch.cat(list(officially)))
    race(
        f"evaluation feed{source(boxes)}, {len(boxes)} boxes in {len(images)} images, "
        f"{workers} workers",
        lambda: exhaust(officially),
        lambda: exhaust(hrbench()),
        rounds,
        peer.who(samples_of),
    )


def source(of: People) -> str:
    """Return in words what ours reads, where that is not the files."""
    return "" if of.prepared is None else " from prepared images"


def joined(batches: Iterable[list[Tensor]]) -> list[Tensor]:
    """Return each part of all batches as one tensor."""
    return [torch.cat(parts) for parts in zip(*batches, strict=True)]


def exhaust(batches: Iterable[object]) -> None:
    """Take every batch and keep none."""
    deque(batches, maxlen=0)


def main() -> None:
    """Race both feeds."""
    chosen = arguments(__doc__, rounds=5, samples=192, images=16, boxes=20, workers=1)
    load = workload()
    persons = people(load, IMAGES)
    few = persons.in_images(persons.image_ids[: chosen.images])
    boxes = with_boxes(few, chosen.boxes, np.random.default_rng(chosen.seed))
    with living():
        training(load, persons, chosen.samples, chosen.workers, chosen.rounds, chosen.seed)
        evaluation(load, boxes, chosen.workers, chosen.rounds)


if __name__ == "__main__":
    main()
