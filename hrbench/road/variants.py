"""Which variants of tasks a checkpoint's network is of."""

from collections.abc import Iterator

import torch

from hrbench import catalog
from hrbench.backbone import fitting
from hrbench.backbone.anatomy import Anatomy
from hrbench.backbone.fitting import Fit
from hrbench.backbone.weights import Checkpoint
from hrbench.begun import provenance
from hrbench.begun.options import Options
from hrbench.errors import RunError
from hrbench.formats.location import DEFAULT, DataRoot
from hrbench.kinds.registry import kind_of, task_of
from hrbench.spec import DatasetSpec, TaskSpec


def fitted(checkpoint: Checkpoint, spec: TaskSpec, dataset: DatasetSpec) -> Fit:
    """Return how a checkpoint fits the network of a task."""
    task = task_of(spec, dataset, DataRoot(DEFAULT, synthetic=False), Options())
    with torch.device("meta"):
        network = task.network()
    return fitting.fit(checkpoint.tensors, network.state_dict())


def named(task: str) -> tuple[TaskSpec, DatasetSpec]:
    """Return the spec of `NAME@VARIANT` or a file, and its dataset's."""
    file = catalog.task_file(task)
    spec = file.spec()
    return spec, catalog.load_dataset(spec.dataset, file.beside)


def fitting_variants(
    checkpoint: Checkpoint, anatomy: Anatomy, task: str | None = None
) -> Iterator[str]:
    """Yield the variants, of one task or of all, whose network a checkpoint's may be.

    It has their shapes, and the same keypoints or classes where the file says what it is of.
    """
    for name in catalog.names("tasks") if task is None else [task]:
        file = catalog.task_file(name)
        for variant in file.variants:
            spec = file.spec(variant=variant)
            dataset = catalog.load_dataset(spec.dataset)
            if provenance.other_outputs(checkpoint.about, dataset):
                continue
            if kind_of(spec).fits(checkpoint, anatomy, spec, dataset):
                yield f"{name}@{variant}"


def chosen(task: str, checkpoint: Checkpoint, anatomy: Anatomy) -> str:
    """Return `NAME@VARIANT` for a task named without one, as the checkpoint's shapes say.

    Raises:
        RunError: variants for images of several sizes have these shapes.
    """
    fitting = list(fitting_variants(checkpoint, anatomy, task))
    if not fitting:
        return f"{task}@{catalog.variants(task)[0]}"  # which says what does not fit
    sizes = {getattr(catalog.load_task(name).model, "input", None) for name in fitting}
    if len(sizes) > 1:
        raise RunError(
            f"{checkpoint.path}: {', '.join(fitting)} have its shapes; name the one that it was "
            "trained for"
        )
    return fitting[0]
