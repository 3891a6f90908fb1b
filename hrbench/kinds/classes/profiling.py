"""What the pictures of a batch go through."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from hrbench.data.image_crops import read_rgb
from hrbench.engine.inference import Inference
from hrbench.engine.predict import on_host
from hrbench.engine.runtime import Runtime
from hrbench.kinds import complexity
from hrbench.kinds.classes.predicting import likeliest
from hrbench.kinds.classes.task import Classification
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


def profiled(task: Classification, network: ImageNetwork) -> Profiled:
    """Return what the protocol says: one crop or ten."""
    passes = task.crops().count
    crops = f"backbone and head for {passes} crop{'s' * (passes > 1)}"
    return Profiled(
        items="pictures",
        passes=passes,
        words=f"{OF_PICTURES} {crops}; decode is softmax and a choice of five",
        stages=partial(_stages, task, network),
        complexity=complexity.of_crop(network, *task.spec.model.input),
    )


def _stages(
    task: Classification, built: ImageNetwork, picture: Path, batch: int, runtime: Runtime
) -> Stages:
    crops = task.crops()
    images = batch * crops.count
    inference = Inference(built, runtime, task.spec.protocol.precision, images)

    def read(_: None) -> list[Any]:
        return [read_rgb(picture) for _ in range(batch)]

    def crop(images: list[Any]) -> Tensor:
        return ready(np.stack([crops(image) for image in images]), runtime)

    def network(cut: Tensor) -> Tensor:
        return inference(cut.flatten(0, 1))

    def decode(logits: Tensor) -> object:
        return on_host(likeliest(logits, batch))

    return {READ: read, CROP: crop, NETWORK: network, DECODE: decode}
