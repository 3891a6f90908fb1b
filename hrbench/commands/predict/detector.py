"""Boxes of persons by torchvision's detector."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from hrbench.backbone import contents
from hrbench.commands.predict.pictures import Picture
from hrbench.errors import RunError, WeightsError
from hrbench.fetching.fetched import offline
from hrbench.formats.coco.annotations import PERSON

NAME = "fasterrcnn_resnet50_fpn_v2"


class Detector:
    """Faster R-CNN with ResNet-50, trained on COCO.

    Args:
        device: where it computes.
        weights: a file of them; without one torchvision's own, which it fetches where they are
            not in its cache.
        threshold: persons of a lower score are left out.

    Raises:
        RunError: torchvision cannot be imported, or cannot fetch weights.
        WeightsError: the file is not of this network.
    """

    def __init__(self, device: torch.device, weights: str | None, threshold: float) -> None:
        detection = _torchvision()
        self.device, self.threshold = device, threshold
        categories = detection.FasterRCNN_ResNet50_FPN_V2_Weights.DEFAULT.meta["categories"]
        self.person = categories.index(PERSON)
        self.network = _built(detection, weights).to(device).eval()

    @torch.inference_mode()
    def __call__(
        self, _: Sequence[Picture], images: Sequence[NDArray[np.uint8]]
    ) -> list[NDArray[np.float64]]:
        """Return the (N, 5) boxes x, y, width, height, score of (H, W, 3) BGR pictures."""
        boxes = []
        for image in images:
            planes = torch.from_numpy(image[..., ::-1].copy()).permute(2, 0, 1).float() / 255
            answer = self.network([planes.to(self.device)])[0]
            parts = {key: answer[key].cpu().double().numpy() for key in ("boxes", "scores")}
            labels = answer["labels"].cpu().numpy()
            kept = (labels == self.person) & (parts["scores"] >= self.threshold)
            low, high = parts["boxes"][kept, :2], parts["boxes"][kept, 2:]
            boxes.append(np.column_stack([low, high - low, parts["scores"][kept]]))
        return boxes


def cached() -> Path | None:
    """Return torchvision's own weights where they have been fetched before; else None."""
    files = sorted(Path(torch.hub.get_dir(), "checkpoints").glob(f"{NAME}_coco-*.pth"))
    return files[0] if files else None


def _torchvision() -> Any:
    try:
        from torchvision.models import detection  # noqa: PLC0415  takes seconds
    except (ImportError, RuntimeError) as error:  # RuntimeError: built for another torch
        raise RunError(
            f"the detector needs torchvision, which cannot be imported ({error}): pip install "
            "the torchvision of your torch, or give boxes by a file"
        ) from error
    return detection


def _built(detection: Any, weights: str | None) -> Any:
    make = getattr(detection, NAME)
    weights = weights or (str(there) if (there := cached()) else None)
    if weights is None and offline():
        raise RunError(
            "torchvision's detector is not in its cache, and HRBENCH_OFFLINE forbids to fetch it: "
            "`hrbench predict --detector` takes a file"
        )
    if weights is None:
        try:
            return make(weights="DEFAULT")
        except (OSError, RuntimeError) as error:  # RuntimeError: what came is not what was asked
            raise RunError(
                f"torchvision cannot fetch its detector ({error}); `hrbench predict --detector` "
                "takes a file"
            ) from error
    network = make(weights=None, weights_backbone=None)
    held = contents.read(Path(weights)).held
    try:
        network.load_state_dict(held)
    except (RuntimeError, TypeError, AttributeError) as error:  # other tensors, or none at all
        raise WeightsError(f"--detector {weights} holds no weights of {NAME}") from error
    return network
