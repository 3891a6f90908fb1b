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
    """A format's two readings, and the metrics that take its truth."""

    training: Callable[[LandmarkTask, DatasetSpec, DataRoot], People]
    evaluation: Evaluate
    metrics: tuple[str, ...]
    extra_data: bool = False  # whether other datasets can be trained on besides


_FACES = Format(faces.training, faces.evaluation, ("nme",))
FORMATS: dict[str, Format] = {
    "coco": Format(coco.training, coco.evaluation, ("oks", "pixels"), extra_data=True),
    "h36m-frames": Format(coco.training, coco.evaluation, ("pixels",)),
    "crowdpose": Format(coco.training, coco.evaluation, ("crowdpose",), extra_data=True),
    "mpii": Format(mpii.training, mpii.evaluation, ("pckh",)),
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
