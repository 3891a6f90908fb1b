"""The kinds of task, by the head that a task's file names: the one place that knows them all."""

from hrbench.begun.options import Options
from hrbench.errors import RunError
from hrbench.formats.location import DataRoot, as_found
from hrbench.kinds.classes.kind import CLASSES
from hrbench.kinds.contract import AnyTask
from hrbench.kinds.kind import Kind
from hrbench.kinds.landmarks.kind import LANDMARKS
from hrbench.kinds.lifting.kind import LIFTING
from hrbench.spec import DatasetSpec, TaskSpec

KINDS: dict[str, Kind] = {  # by `model.head`
    "heatmap": LANDMARKS,
    "simcc": LANDMARKS,
    "lift-linear": LIFTING,
    "lift-temporal": LIFTING,
    "classify": CLASSES,
}


def kind_of(spec: TaskSpec) -> Kind:
    """Return the kind of a task."""
    return KINDS[spec.model.head]


def task_of(spec: TaskSpec, dataset: DatasetSpec, data_root: DataRoot, options: Options) -> AnyTask:
    """Return the task of a spec on the data below `data_root`."""
    there = as_found(dataset, data_root.folder / dataset.folder)
    return kind_of(spec).task(spec, there, data_root, options)


def require_own_flags(spec: TaskSpec, given: set[str]) -> None:
    """Refuse flags that only other kinds of task have; `given` are those of the command line.

    Raises:
        RunError: one is given.
    """
    own = kind_of(spec).flags
    for kind in dict.fromkeys(KINDS.values()):
        for flag, words in kind.flags.items():
            if flag in given and flag not in own:
                raise RunError(words.format(task=spec.name))
