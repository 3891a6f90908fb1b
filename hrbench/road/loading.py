"""A task's network with the weights of a file, away from any dataset's files."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hrbench import catalog
from hrbench.backbone.anatomy import anatomy
from hrbench.backbone.weights import Checkpoint
from hrbench.begun.options import Options
from hrbench.begun.provenance import other_outputs, other_statistics
from hrbench.catalog import task_file
from hrbench.errors import RunError, suggest
from hrbench.fetching import names
from hrbench.formats.location import DEFAULT, DataRoot, folder_of
from hrbench.kinds.contract import AnyTask
from hrbench.kinds.registry import task_of
from hrbench.road.given import weights_of
from hrbench.road.resolve import resolve
from hrbench.road.telling import tell
from hrbench.road.variants import chosen, fitting_variants
from hrbench.spec.task_file import TaskFile


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """A task, and its network to predict with."""

    task: AnyTask
    network: Any  # the module that tasks of its kind have
    sha256: str | None  # of the file of its weights; None for random ones
    address: str = ""  # that they were fetched from


def load(name: str | None, options: Options) -> Loaded:
    """Return a task with its network, the weights loaded that the options name.

    Without a task it is that of the run that the weights are of. Without weights the network is as
    it would be before training. Nothing of the dataset is read, unless the weights lack what it
    says (Martinez's, their statistics).

    Raises:
        HrbenchError: the task or a flag is not known, the file cannot be read, or does not fit.
    """
    given = None if options.weights is None else weights_of(options.weights)
    asked = None if name is None else task_file(name).spec(options.overrides)
    checkpoint = None if given is None else given.read(spec=asked)
    of_run = None if given is None else given.spec
    spec, dataset = resolve(_named(name, checkpoint, of_run), options, checkpoint)
    data_root = DataRoot(folder_of(dataset, options.data) or DEFAULT, synthetic=False)
    task = task_of(spec, dataset, data_root, options)
    network = task.network()
    if checkpoint is not None:
        task.load(network, checkpoint)
        outputs = other_outputs(checkpoint.about, dataset)
        of_outputs = f"It was {outputs}." if outputs else ""
        others = of_outputs, other_statistics(checkpoint.about, spec)
        if said := (*checkpoint.changes, *filter(None, others)):
            tell(" ".join((f"{checkpoint.path}:", *said)))
    if checkpoint is None:
        return Loaded(task, network.eval(), None)
    return Loaded(task, network.eval(), checkpoint.sha256, checkpoint.address)


def require_known(name: str) -> None:
    """Refuse what stands for weights nowhere, and may have been meant for a task.

    Raises:
        RunError: it does not exist.
    """
    if names.is_name(name) or weights_of(name).path.exists():
        return
    hint = suggest(catalog.name_and_variant(name)[0], catalog.names("tasks"))
    raise RunError(f"'{name}' is no task, and no file, RUN or name of weights. {hint}")


def _named(task: str | None, checkpoint: Checkpoint | None, of_run: Path | None) -> TaskFile:
    """Return the file of a task with its variant: the one named, or that weights are of or fit.

    `of_run` is the spec of the run that the weights are of, if they are of one.
    """
    if task is None:
        return task_file(_task_of(checkpoint, of_run))
    file = task_file(task)
    if file.variant is not None or file.beside is not None:
        return file
    if checkpoint is None:
        return replace(file, variant=file.default)
    if of_run is not None and (ran := task_file(str(of_run))).spec().name == task:
        return ran
    before = checkpoint.about
    if before is not None and before.task == task and before.variant in file.variants:
        return replace(file, variant=before.variant)
    return task_file(chosen(task, checkpoint, anatomy(checkpoint.tensors, checkpoint.backbone)))


def _task_of(checkpoint: Checkpoint | None, of_run: Path | None) -> str:
    """Return the task that weights were trained for, with its variant.

    Raises:
        RunError: they do not say.
    """
    if checkpoint is None:
        raise RunError("name a task, or the weights of a run")
    if of_run is not None:
        return str(of_run)
    if (said := checkpoint.about) is not None:
        if said.task in catalog.names("tasks"):
            return said.name
        raise RunError(f"{checkpoint.path} was trained for {said.name}: name the file of that task")
    fitting = ", ".join(
        fitting_variants(checkpoint, anatomy(checkpoint.tensors, checkpoint.backbone))
    )
    shapes = f"; {fitting} have its shapes" if fitting else ""
    raise RunError(f"{checkpoint.path} does not say what it was trained for: name the task{shapes}")
