"""What the flags and the dataset say of a task of joints in space."""

from pathlib import Path

import torch

from hrbench import network
from hrbench.backbone import fitting
from hrbench.backbone.anatomy import Anatomy
from hrbench.backbone.weights import Checkpoint
from hrbench.begun.options import Options
from hrbench.errors import RunError
from hrbench.formats.contract import ClipFormat
from hrbench.formats.h36m.reading import name_of
from hrbench.formats.registry import names
from hrbench.kinds.lifting import runs
from hrbench.spec import DatasetSpec, LiftingTask

STATISTICS = ("keypoint_mean", "keypoint_std", "joint_mean", "joint_std")  # Martinez's have none


def overrides(options: Options, _: LiftingTask, __: Checkpoint | None) -> list[str]:
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
            name = name_of(options.keypoints)
            keys += [f'protocol.keypoints="{name}"', f'protocol.train_keypoints="{name}"']
    return keys


def require_measurable(spec: LiftingTask, dataset: DatasetSpec) -> None:
    """Refuse a dataset whose joints are not Human3.6M's.

    Raises:
        RunError: it is another one.
    """
    if dataset.format not in (known := names(ClipFormat)):
        raise RunError(
            f"{spec.name} lifts the 17 joints of Human3.6M: its dataset has format "
            f"'{' or '.join(known)}', "
            f"and {dataset.name} has '{dataset.format}'"
        )


def fits(checkpoint: Checkpoint, anatomy: Anatomy, spec: LiftingTask, _: DatasetSpec) -> bool:
    """Whether a checkpoint's network may be that of a task."""
    if anatomy.input_channels is not None:
        return False
    with torch.device("meta"):
        wanted = network.build_lifter(spec.model, seed=0).state_dict()
    fit = fitting.fit(checkpoint.tensors, wanted)
    return not (fit.left_over or fit.reshaped or set(fit.missing) - set(STATISTICS))
