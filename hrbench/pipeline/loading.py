"""A task's network with the weights of a file, away from any dataset's files."""

from typing import Any

from hrbench import catalog
from hrbench.backbone import weights
from hrbench.backbone.anatomy import anatomy
from hrbench.backbone.weights import Checkpoint
from hrbench.pipeline.given import weights_of
from hrbench.pipeline.job import Job
from hrbench.pipeline.jobs import job_of
from hrbench.pipeline.options import Options
from hrbench.pipeline.provenance import known, of_run, other_outputs
from hrbench.pipeline.resolve import resolve
from hrbench.pipeline.sources import DEFAULT, Source, folder_of
from hrbench.pipeline.training import tell
from hrbench.pipeline.variants import chosen


def load(task: str, options: Options) -> Job[Any]:
    """Return the job of a task, its network made and the weights loaded that the options name.

    Without weights the network is as it would be before training. Nothing of the dataset is read,
    unless the weights lack what it says (Martinez's, their statistics).

    Raises:
        HrbenchError: the task or a flag is not known, the file cannot be read, or does not fit.
    """
    checkpoint = None if options.weights is None else weights.read(weights_of(options.weights))
    spec, dataset = resolve(_named(task, checkpoint), options, checkpoint)
    source = Source(folder_of(dataset, options.data) or DEFAULT, synthetic=False)
    job = job_of(spec, dataset, source, options)
    job.build()
    if checkpoint is not None:
        job.load(checkpoint)
        other = other_outputs(known(checkpoint), dataset)
        if said := (*checkpoint.changes, *([f"It was {other}."] if other else [])):
            tell(" ".join((f"{checkpoint.path}:", *said)))
    job.network.eval()
    return job


def _named(task: str, checkpoint: Checkpoint | None) -> str:
    """Return the task with its variant: of the run that the weights lie in, or that they fit."""
    if "@" in task or task.endswith(".toml"):
        return task
    if checkpoint is None:
        return f"{task}@{catalog.variants(task)[0]}"
    spec_file = of_run(checkpoint.path)
    if spec_file is not None and catalog.load_task(spec_file).name == task:
        return spec_file
    before = known(checkpoint)
    if before is not None and before.task == task and before.variant in catalog.variants(task):
        return before.name
    return chosen(task, checkpoint, anatomy(checkpoint.tensors))
