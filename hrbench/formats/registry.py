"""How each dataset format becomes persons to train on and a split to measure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from hrbench.data.evaluation import LandmarkEvaluation
from hrbench.data.sample import People
from hrbench.errors import UnknownNameError
from hrbench.formats.coco import reading as coco
from hrbench.formats.faces import reading as faces
from hrbench.formats.location import DataRoot
from hrbench.formats.mpii import reading as mpii
from hrbench.metrics.crowdpose import CrowdTruth
from hrbench.metrics.nme import FaceTruth
from hrbench.metrics.pckh import HeadTruth
from hrbench.metrics.people import Truth
from hrbench.spec import DatasetSpec, LandmarkTask


class Evaluate(Protocol):
    """Read a split to measure."""

    def __call__(
        self,
        spec: LandmarkTask,
        dataset: DatasetSpec,
        data_root: DataRoot,
        *,
        boxes: str,
        limit: int | None,
    ) -> LandmarkEvaluation: ...


@dataclass(frozen=True, slots=True)
class Format:
    """A format's two readings, and what it gives to score against: metrics take such truth."""

    training: Callable[[LandmarkTask, DatasetSpec, DataRoot], People]
    evaluation: Evaluate
    truth: type
    extra_data: bool = False  # whether other datasets can be trained on besides


_FACES = Format(faces.training, faces.evaluation, FaceTruth)
FORMATS: dict[str, Format] = {
    "coco": Format(coco.training, coco.evaluation, Truth, extra_data=True),
    "h36m-frames": Format(coco.training, coco.evaluation, Truth),
    "crowdpose": Format(coco.training, coco.evaluation, CrowdTruth, extra_data=True),
    "mpii": Format(mpii.training, mpii.evaluation, HeadTruth),
    "faces": _FACES,
    "faces-box": _FACES,
    "cofw": _FACES,
}


def format_of(dataset: DatasetSpec) -> Format:
    """Return how a dataset is read.

    Raises:
        UnknownNameError: its format is not known, or cannot be trained on by itself.
    """
    if dataset.format not in FORMATS:
        raise UnknownNameError(f"format in {dataset.name}", dataset.format, FORMATS)
    return FORMATS[dataset.format]
