"""What the boxes of a batch go through, each in an image of its own.

Letters: B boxes.
"""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from hrbench.data.sample import People, unlabelled
from hrbench.engine.inference import Inference
from hrbench.engine.predict import on_host
from hrbench.engine.runtime import Runtime
from hrbench.geometry import crop_of_boxes
from hrbench.kinds import complexity
from hrbench.kinds.landmarks.predicting import heatmaps, passes, placing
from hrbench.kinds.landmarks.task import Landmarks
from hrbench.kinds.profiled import (
    CROP,
    DECODE,
    NETWORK,
    OF_PICTURES,
    READ,
    Profiled,
    Stages,
    ready,
)
from hrbench.network import ImageNetwork

BOX = (220.0, 60.0, 200.0, 360.0)  # x, y, width, height in the picture of 640 x 480


def profiled(task: Landmarks, network: ImageNetwork) -> Profiled:
    """Return what the protocol says: flip test, scales, decoder."""
    protocol = task.spec.protocol
    scales = len(protocol.scales or (1.0,))
    times = "twice (flip test)" if protocol.flip_test else "once"
    times += f" at {scales} scales" if scales > 1 else ""
    end = f"decode is '{protocol.decoder}', and back to image pixels"
    return Profiled(
        items="boxes",
        passes=passes(task.spec),
        words=f"{OF_PICTURES} backbone and head {times}; {end}",
        stages=partial(_stages, task, network),
        complexity=complexity.of_crop(network, *task.spec.model.input),
    )


def _stages(
    task: Landmarks, built: ImageNetwork, picture: Path, batch: int, runtime: Runtime
) -> Stages:
    px, people = task.pixels, people_of(task, picture, batch)
    rows = np.arange(batch)
    images = batch * passes(task.spec)
    inference = Inference(built, runtime, task.spec.protocol.precision, images)
    maps, place = heatmaps(task.spec, px, inference, runtime.device), placing(px.codec, people)

    def read(_: None) -> list[NDArray[Any]]:
        return [px.cutting.read(path) for path in people.images]

    def crop(images: list[NDArray[Any]]) -> Tensor:
        cut = [px.cutting.cut(image, people, rows[i : i + 1]) for i, image in enumerate(images)]
        return ready(np.concatenate(cut), runtime)

    def network(crops: Tensor) -> Tensor:
        return maps(crops.flatten(0, 1))

    def decode(scores: Tensor) -> object:
        return place(on_host(px.codec.decode(scores)), rows)

    return {READ: read, CROP: crop, NETWORK: network, DECODE: decode}


def people_of(task: Landmarks, picture: Path, batch: int) -> People:
    """Return as many images, each with one box."""
    height, width = task.spec.model.input
    boxes, count = np.array([BOX] * batch), len(task.dataset.keypoints)
    crops = crop_of_boxes(boxes, width / height, task.spec.protocol.padding)
    return unlabelled([picture] * batch, np.arange(batch), boxes, crops, count)
