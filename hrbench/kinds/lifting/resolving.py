"""What the flags and the dataset say of a task of joints in space."""

from pathlib import Path

from hrbench.errors import RunError
from hrbench.formats.h36m import layouts
from hrbench.kinds.lifting import runs
from hrbench.runs.options import Options
from hrbench.spec import DatasetSpec, LiftingTask

FORMAT = "h36m"


def overrides(options: Options) -> list[str]:
    """Return the keys that flags set.

    `--keypoints` names what is lifted: detections are trained on as well, a run's keypoints,
    which cover the split that is measured, are not.

    Raises:
        RunError: it names nothing.
    """
    keys = []
    if options.tta is not None:
        keys.append(f"protocol.flip_test={str(options.tta).lower()}")
    if options.keypoints is not None:
        given = Path(options.keypoints)
        if given.is_dir():
            run = runs.described(given)
            keys.append(f'protocol.keypoints="{run.name}"')
            keys.append(f'protocol.joint_map="{run.joint_map}"')
            keys.append('protocol.train_keypoints="gt"')
        else:
            name = layouts.name_of(options.keypoints)
            keys += [f'protocol.keypoints="{name}"', f'protocol.train_keypoints="{name}"']
    return keys


def require_measurable(spec: LiftingTask, dataset: DatasetSpec) -> None:
    """Refuse a dataset whose joints are not Human3.6M's.

    Raises:
        RunError: it is another one.
    """
    if dataset.format != FORMAT:
        raise RunError(
            f"{spec.name} lifts the 17 joints of Human3.6M: its dataset has format '{FORMAT}', "
            f"and {dataset.name} has '{dataset.format}'"
        )
