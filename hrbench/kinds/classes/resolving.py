"""What the flags and the dataset say of a task of classes."""

from hrbench.errors import RunError
from hrbench.runs.options import Options
from hrbench.spec import ClassificationTask, DatasetSpec

FORMAT = "imagenet"


def overrides(options: Options) -> list[str]:
    """Return the keys that flags set."""
    if options.tta is None:
        return []
    return [f"protocol.tta={'ten-crop' if options.tta else 'none'}"]


def require_measurable(spec: ClassificationTask, dataset: DatasetSpec) -> None:
    """Refuse a dataset without classes.

    Raises:
        RunError: it has none.
    """
    if dataset.format != FORMAT:
        raise RunError(
            f"{spec.name} tells classes apart: its dataset has format '{FORMAT}' and a table "
            f"[classes], and {dataset.name} has format '{dataset.format}'"
        )
