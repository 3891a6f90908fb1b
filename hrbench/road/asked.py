"""What a user asks of a run, worked out before anything is read or trained."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from hrbench import catalog
from hrbench.backbone.weights import Checkpoint
from hrbench.begun import experiment
from hrbench.begun.folder import State
from hrbench.begun.options import Options
from hrbench.formats.location import folder_of
from hrbench.road import given
from hrbench.road.resolve import is_modified, resolve
from hrbench.road.telling import tell_once
from hrbench.spec import DatasetSpec, TaskSpec


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A run that is to begin, or to go on: what the task, the flags and a folder say of it."""

    spec: TaskSpec
    dataset: DatasetSpec
    options: Options
    checkpoint: Checkpoint | None  # to evaluate; None: the network is trained
    modified: bool  # the spec is not the one that comes with hrbench
    before: tuple[Path, State] | None = None  # of a run that goes on

    @property
    def experiment(self) -> str:
        """What it is, the same of every run of it: see `begun.experiment`."""
        data = folder_of(self.dataset, self.options.data)
        return experiment.experiment(self.spec, self.dataset, self.options, data)


def asked(
    name: str,
    options: Options,
    unfetched: Collection[str] = (),
    told: Callable[[str], object] = tell_once,
) -> Asked:
    """Return what is asked by a task's name and flags.

    `unfetched` is as `given.with_runs` takes it, `told` as `given.with_data` does.

    Raises:
        HrbenchError: a name, a key or a value is not known, or weights cannot be read.
    """
    file = catalog.task_file(name)
    options = given.with_data(file, given.with_runs(options, unfetched), told)
    checkpoint = given.checkpoint(options, file)
    spec, dataset = resolve(file, options, checkpoint)
    modified = is_modified(spec, catalog.shipped(spec.name) if file.beside else file)
    return Asked(spec, dataset, options, checkpoint, modified)
