"""Classes of anyone's pictures, as rows and drawn.

Letters: H x W pixels.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from hrbench.arrays import Floats, Pixels
from hrbench.data.image_crops import read_rgb
from hrbench.engine.execution import Execution
from hrbench.engine.inference import Inference, Pass
from hrbench.engine.predict import overlapped
from hrbench.engine.runtime import Runtime
from hrbench.errors import RunError
from hrbench.kinds.classes.found import HEADER, Classes
from hrbench.kinds.classes.predicting import seeing
from hrbench.kinds.classes.task import Classification
from hrbench.kinds.predictor import Follower, Smoothing
from hrbench.network import ImageNetwork


class ClassPredictor:
    """The five likeliest classes of whole RGB pictures, the likeliest first."""

    finds = Classes.finds
    in_boxes = False
    header = HEADER

    def __init__(
        self, task: Classification, network: ImageNetwork, runtime: Runtime, batch: int
    ) -> None:
        self.spec, self.runtime, self.crops, self._batch = task.spec, runtime, task.crops(), batch
        self.names = tuple(task.dataset.classes.values())
        self.about: dict[str, Any] = {"classes": list(self.names)}
        moved = network.to(runtime.device).eval()
        images = batch * self.crops.count
        inference = Inference(moved, runtime, task.spec.protocol.precision, images)
        read = seeing(inference, self.crops.count)
        self._see = Pass(inference, read, images)

    @staticmethod
    def read(path: Path) -> NDArray[Any]:
        return np.asarray(read_rgb(path))

    def from_bgr(self, image: Pixels) -> NDArray[Any]:
        return np.ascontiguousarray(image[..., ::-1])

    @staticmethod
    def to_bgr(image: NDArray[Any]) -> Pixels:
        return np.asarray(image[..., ::-1])

    @torch.inference_mode()
    def results(self, images: Sequence[NDArray[Any]], boxes: Sequence[Floats]) -> list[Classes]:
        """Return the classes of each picture, of any size."""
        del boxes  # all of each picture
        cut = np.stack([self.crops(Image.fromarray(image)) for image in images])
        parts = enumerate(part.flatten(0, 1) for part in torch.from_numpy(cut).split(self._batch))
        seen = [read for _, read in overlapped(parts, self._see, self.runtime.device)]
        labels, scores = (np.concatenate(column) for column in zip(*seen, strict=True))
        return [self._result(*parts) for parts in zip(images, labels, scores, strict=True)]

    def follower(self, smoothing: Smoothing | None) -> Follower:
        """Refuse: whole pictures have no objects."""
        del smoothing
        raise RunError(f"--tracks goes with tasks of keypoints in images; {self.spec.name} is none")

    def execution(self) -> Execution:
        return self._see.execution(self._batch)

    def goes_on(self, folder: Path) -> str:
        """Return nothing."""
        del folder
        return ""

    def _result(
        self, image: NDArray[Any], labels: NDArray[np.int64], scores: NDArray[np.float32]
    ) -> Classes:
        return Classes(
            labels=labels,
            names=tuple(self.names[label] for label in labels),
            scores=scores,
            picture=partial(self.to_bgr, image),
        )
