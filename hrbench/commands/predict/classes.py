"""Classes of pictures that belong to no dataset.

Letters: H x W pixels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from hrbench.engine.runtime import Runtime, normalised
from hrbench.kinds.classes.predicting import likeliest
from hrbench.kinds.classes.task import Classification


@dataclass(frozen=True, slots=True, eq=False)
class Classes:
    """The five likeliest classes of a picture, the likeliest first."""

    labels: NDArray[np.int64]  # (5,) as the network counts them
    names: tuple[str, ...]
    scores: NDArray[np.float32]  # (5,) probabilities


class ClassPredictor:
    """A classification network with its task's crops.

    Attributes:
        names: of all classes, as the network counts them.
    """

    def __init__(self, job: Classification, runtime: Runtime) -> None:
        self.spec, self.runtime, self.crops = job.spec, runtime, job.crops()
        self.names = tuple(job.dataset.classes.values())
        self._network = job.network.to(runtime.device).eval()

    def predict(self, image: NDArray[np.uint8]) -> Classes:
        """Return the classes of a (H, W, 3) RGB picture."""
        return self.of([image])[0]

    @torch.inference_mode()
    def of(self, images: Sequence[NDArray[Any]]) -> list[Classes]:
        """Return the classes of several RGB pictures, of any sizes."""
        cut = np.stack([self.crops(Image.fromarray(image)) for image in images])
        inputs = normalised(torch.from_numpy(cut).flatten(0, 1), self.runtime.device)
        with self.runtime.autocast(self.spec.protocol.precision):
            logits = self._network(inputs)
        labels, scores = likeliest(logits, len(images))
        return [
            Classes(row, tuple(self.names[label] for label in row), sure)
            for row, sure in zip(labels, scores, strict=True)
        ]
