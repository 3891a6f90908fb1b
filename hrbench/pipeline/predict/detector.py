"""Boxes of persons by torchvision's detector, where that is installed."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from hrbench.backbone import contents
from hrbench.errors import RunError, WeightsError
from hrbench.pipeline.predict.pictures import Picture

PERSON = 1  # COCO's category, which torchvision's detectors have
MODULE, NAME = "torchvision.models.detection", "fasterrcnn_resnet50_fpn_v2"


class Detector:
    """Faster R-CNN with ResNet-50, trained on COCO.

    Args:
        device: where it computes.
        weights: a file of them; without one torchvision fetches its own.
        threshold: persons of a lower score are left out.

    Raises:
        RunError: torchvision is not there, or cannot fetch weights.
        WeightsError: the file is not of this network.
    """

    def __init__(self, device: torch.device, weights: str | None, threshold: float) -> None:
        self.device, self.threshold = device, threshold
        self._network = _built(weights).to(device).eval()

    @torch.inference_mode()
    def __call__(
        self, _: Sequence[Picture], images: Sequence[NDArray[np.uint8]]
    ) -> list[NDArray[np.float64]]:
        """Return the (N, 5) boxes x, y, width, height, score of (H, W, 3) BGR pictures."""
        found = []
        for image in images:
            planes = torch.from_numpy(image[..., ::-1].copy()).permute(2, 0, 1).float() / 255
            answer = self._network([planes.to(self.device)])[0]
            parts = {key: answer[key].cpu().double().numpy() for key in ("boxes", "scores")}
            labels = answer["labels"].cpu().numpy()
            kept = (labels == PERSON) & (parts["scores"] >= self.threshold)
            low, high = parts["boxes"][kept, :2], parts["boxes"][kept, 2:]
            found.append(np.column_stack([low, high - low, parts["scores"][kept]]))
        return found


def _built(weights: str | None) -> Any:
    try:
        make = getattr(import_module(MODULE), NAME)
    except (ImportError, RuntimeError) as error:  # RuntimeError: built for another torch
        raise RunError(
            f"--boxes detector needs torchvision, which cannot be imported ({error}): "
            "pip install torchvision of your torch's kind, or give boxes by --boxes FILE"
        ) from error
    if weights is None:
        try:
            return make(weights="DEFAULT")
        except OSError as error:
            raise RunError(
                f"torchvision cannot fetch its detector ({error}); name a file by --detector"
            ) from error
    network = make(weights=None, weights_backbone=None)
    held = contents.read(Path(weights)).held
    try:
        network.load_state_dict(held)
    except (RuntimeError, TypeError, AttributeError) as error:  # other tensors, or none at all
        raise WeightsError(f"--detector {weights} holds no weights of {NAME}") from error
    return network
