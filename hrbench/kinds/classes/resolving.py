"""What the flags and the dataset say of a task of classes."""

from collections.abc import Iterator

from hrbench.backbone.anatomy import Anatomy
from hrbench.backbone.weights import Checkpoint
from hrbench.begun.options import Options
from hrbench.errors import RunError
from hrbench.formats.contract import PictureFormat
from hrbench.formats.registry import names
from hrbench.kinds import starting
from hrbench.kinds.kind import Refusal
from hrbench.spec import ClassificationTask, DatasetSpec


def overrides(options: Options, _: ClassificationTask, __: Checkpoint | None) -> list[str]:
    """Return the keys that flags set."""
    if options.tta is None:
        return []
    return [f"protocol.tta={'ten-crop' if options.tta else 'none'}"]


def settled(
    spec: ClassificationTask, _: DatasetSpec, options: Options, checkpoint: Checkpoint | None
) -> list[str]:
    """Return the keys that the weights decide."""
    return starting.settled(spec.model, options, checkpoint)


def refusals(spec: ClassificationTask) -> Iterator[Refusal]:
    """Yield what the backbone has no use for."""
    yield from starting.refusals(spec.model, spec.recipe)


def require_measurable(spec: ClassificationTask, dataset: DatasetSpec) -> None:
    """Refuse a dataset without classes, and crops that are no squares.

    Raises:
        RunError: it has none, or they are none.
    """
    if dataset.format not in (known := names(PictureFormat)):
        raise RunError(
            f"{spec.name} tells classes apart: its dataset has format '{' or '.join(known)}' "
            f"and a table [classes], and {dataset.name} has format '{dataset.format}'"
        )
    height, width = spec.model.input
    if height != width:
        raise RunError(f"model.input: pictures are cut to squares, not to {height} x {width}")


def fits(_: Checkpoint, anatomy: Anatomy, spec: ClassificationTask, dataset: DatasetSpec) -> bool:
    """Whether a checkpoint's network may be that of a task."""
    same = anatomy.classes == len(dataset.classes)
    return same and spec.model.backbone in anatomy.backbones
