"""Which job a task's head asks for."""

from collections.abc import Callable
from typing import Any

from hrbench.formats.location import DataRoot, as_found
from hrbench.kinds.classes.job import ClassificationJob
from hrbench.kinds.contract import Job
from hrbench.kinds.landmarks.job import LandmarkJob
from hrbench.kinds.lifting.job import LiftingJob
from hrbench.runs.options import Options
from hrbench.spec import DatasetSpec, TaskSpec

JOBS: dict[str, Callable[[Any, DatasetSpec, DataRoot, Options], Job[Any]]] = {  # by `model.head`
    "heatmap": LandmarkJob,
    "lift-linear": LiftingJob,
    "lift-temporal": LiftingJob,
    "classify": ClassificationJob,
}


def job_of(spec: TaskSpec, dataset: DatasetSpec, data_root: DataRoot, options: Options) -> Job[Any]:
    """Return the job of a task on its data."""
    there = as_found(dataset, data_root.folder / dataset.folder)
    return JOBS[spec.model.head](spec, there, data_root, options)
