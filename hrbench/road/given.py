"""What a user names by a path or by a RUN, found and written down so that it is found again."""

import os
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path

from hrbench import catalog
from hrbench.backbone.weights import BEST, Checkpoint
from hrbench.begun import folder as run_folder
from hrbench.begun import provenance
from hrbench.begun.folder import State
from hrbench.begun.options import Options
from hrbench.data.evaluation import Evaluation
from hrbench.errors import HrbenchError, RunError
from hrbench.fetching import names
from hrbench.fetching.hub import beside
from hrbench.formats import location
from hrbench.formats.location import BUILTIN, DEFAULT, DataRoot
from hrbench.kinds.contract import AnyTask
from hrbench.kinds.registry import kind_of, task_of
from hrbench.report import run_folders
from hrbench.road.resolve import of_dataset
from hrbench.road.telling import tell_once
from hrbench.spec import DatasetSpec, TaskSpec
from hrbench.spec.task_file import TaskFile
from hrbench.spec.validation import validate

PUBLISHED_TASK = "task.toml"  # of a network that `hrbench publish` wrote, beside its weights
WORDS = frozenset({"gt", "det"})  # of --boxes and --keypoints, which name no file

REPEATED = (  # options of a run that its spec does not have
    *("data", "weights", "init", "allow_partial", "boxes", "keypoints", "allow", "limit", "seed"),
    *("device", "workers", "pictures", "keep_peaks"),
)


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """A file of weights that is named, or that a RUN has trained or been given."""

    path: Path
    spec: Path | None  # of the run that is named or that it lies in, or that published it
    origin: str = ""  # the name that it was fetched by; "" of a path or a RUN
    address: str = ""  # that it was fetched from

    def read(self, part: str = "", spec: TaskSpec | None = None) -> Checkpoint:
        """Return its weights, with what is known of them; for the network of a task's `spec`.

        Raises:
            WeightsError: see `backbone.weights.read`; or they are of another network.
        """
        if spec is None:
            checkpoint = provenance.read(self.path, part)
        else:
            checkpoint = kind_of(spec).read(self.path, spec)
        return replace(checkpoint, origin=self.origin, address=self.address)


def weights_of(name: str) -> WeightsFile:
    """Return the file of weights that a path, a RUN, a published folder or a name stands for.

    What a name stands for (`fetching.names`) is fetched, if it is not there yet.

    Raises:
        RunError: several runs begin so, or the training of the one has not come to its end.
        FetchError: what a name stands for cannot be fetched.
    """
    path = Path(name)
    is_weights = path.is_file() and path.name not in run_folders.MARKS
    if (path / names.FILE).is_file() and (path / PUBLISHED_TASK).is_file():
        return WeightsFile(path / names.FILE, path / PUBLISHED_TASK)
    if not path.exists() and names.is_name(name):
        return _fetched(name)
    folder = None if is_weights else run_folders.named(name)
    if folder is None:
        return WeightsFile(path, provenance.of_run(path))
    spec = folder / run_folders.SPEC
    if (folder / BEST).is_file():
        return WeightsFile(folder / BEST, spec)
    given = run_folder.read(folder)[2].options.weights
    if given is None:
        raise RunError(
            f"{folder} has not been trained to its end; go on with `hrbench run --resume {folder}`"
        )
    return replace(weights_of(given), spec=spec)


def _fetched(name: str) -> WeightsFile:
    fetched, spec = names.fetched(name), None
    if names.is_repository(name):
        place = names.hub_parts(name)[0]
        files = (PUBLISHED_TASK, run_folders.DATASET)
        spec, _ = (beside(place, file, fetched.path.parent.name) for file in files)
    return WeightsFile(fetched.path, spec, name, fetched.address)


def here(name: str) -> Path:
    """Return where the weights of a path or a name are, or would be; nothing is fetched."""
    path = Path(name)
    if path.exists() or not names.is_name(name):
        return path
    try:
        return names.fetched(name, only_here=True).path
    except HrbenchError:
        return path


def with_runs(options: Options, unfetched: Collection[str] = ()) -> Options:
    """Return options in which every RUN is a path; what a name stands for is fetched.

    `unfetched` are options that name what is not to be fetched now.
    """
    keypoints = options.keypoints
    if keypoints and keypoints not in WORDS and not Path(keypoints).exists():
        keypoints = str(run_folders.named(keypoints) or keypoints)
    return replace(
        options,
        weights=options.weights and _found(options.weights),
        init=options.init if "init" in unfetched else options.init and _found(options.init),
        keypoints=keypoints,
    )


def checkpoint(options: Options, task: TaskFile | TaskSpec) -> Checkpoint | None:
    """Return the weights to evaluate, with what is known of them; None where it is to be trained.

    Raises:
        WeightsError: they cannot be read, as weights of the task's network.
    """
    if options.weights is None:
        return None
    spec = task.spec(options.overrides) if isinstance(task, TaskFile) else task
    return weights_of(options.weights).read(spec=spec)


def with_data(
    file: TaskFile, options: Options, told: Callable[[str], object] = tell_once
) -> Options:
    """Return options that name the folder of a dataset's own TOML, where they name none; say it."""
    if options.data is not None or file.beside is None:
        return options
    name = file.spec(of_dataset(options)).dataset
    if not name.endswith(".toml"):
        return options
    toml, raw = catalog.dataset_file(name, file.beside)
    folder = location.own_folder(validate(DatasetSpec, raw, str(toml)), toml)
    if folder is None:
        return options
    told(f"Data: {folder}, the folder of {toml.name}; --data names another.")
    return replace(options, data=str(folder))


def again(folder: Path, asked: Options, typed: Collection[str]) -> tuple[str, Options]:
    """Return the task and the options that repeat a run, but for the options that are `typed`.

    What its spec has from its flags is not taken from these again.
    """
    before = run_folder.read(folder)[2].options
    kept = {key: getattr(before, key) for key in REPEATED if key not in typed}
    if "weights" in typed:
        kept["init"] = None
    elif "init" in typed:
        kept["weights"] = None
    return str(folder / run_folders.SPEC), replace(asked, **kept)


def anchored(options: Options, dataset: DatasetSpec, data_root: DataRoot) -> Options:
    """Return options whose files are named from the root, so that a run goes on from anywhere."""
    built_in = location.folder_of(dataset, options.data) is None
    return replace(
        options,
        data=location.named(None if built_in else data_root.folder),
        weights=_absolute(options.weights),
        init=_absolute(options.init),
        boxes=_absolute(options.boxes),
        keypoints=_absolute(options.keypoints),
    )


def data_again(
    folder: Path, spec: TaskSpec, dataset: DatasetSpec, state: State, data: str | None
) -> Options:
    """Return a run's options with the folder in which its data are now.

    That is the one that is named, or the one of then. If that is gone, it is the first of the same
    place beside the run, $HRBENCH_DATA, ./data and the current folder that holds the same files.

    Raises:
        RunError: none does.
    """
    then = state.options.data
    if data is not None:
        return replace(state.options, data=data)
    if then in (None, "", BUILTIN) or (Path(str(then)) / dataset.folder).exists():
        return state.options
    for place in _places(folder, dataset, spec, state.options):
        options = replace(state.options, data=str(place))
        data_root = location.locate(dataset, options.data, spec.builtin, options.allow)
        task = task_of(spec, dataset, data_root, options)
        try:
            fingerprint = task.evaluation().fingerprint
        except HrbenchError:
            continue
        if run_folder.fingerprint(folder, state) in {"", fingerprint}:
            tell_once(f"{then} is gone; the same files of {dataset.name} are in {place}")
            return options
    raise RunError(
        f"{folder}: its data were in {then}, which is gone; name the folder that they are in now "
        "with --data"
    )


def require_same_files(folder: Path, state: State, task: AnyTask, evaluation: Evaluation) -> None:
    """Refuse other files than those that a run was started on.

    Raises:
        RunError: their fingerprints differ.
    """
    before = run_folder.fingerprint(folder, state)
    if before and evaluation.fingerprint != before:
        raise RunError(
            f"{folder}: the files of {task.dataset.name} in {task.data_root.folder} are not those "
            "that it was run on (their fingerprint differs): put back the files of then, name "
            "their folder with --data, or run again"
        )
    if state.division != evaluation.division_fingerprint:
        raise RunError(
            f"{folder}: [split] divides the images of {task.dataset.name} in another way now than "
            "when it was run; another version of scikit-learn may do so (run.json says which that "
            "was): install that one, or run again"
        )


def _places(folder: Path, dataset: DatasetSpec, spec: TaskSpec, options: Options) -> list[Path]:
    """Return where a run's data may be now that their folder is gone."""
    before = Path(options.out, spec.name, folder.name)
    beside = Path(folder, os.path.relpath(str(options.data), before))
    named = os.environ.get("HRBENCH_DATA")
    places = (beside, *([Path(named)] if named and named != BUILTIN else []), DEFAULT, Path())
    there = (Path(os.path.abspath(place)) for place in places)  # noqa: PTH100  without its ".."
    return [place for place in dict.fromkeys(there) if (place / dataset.folder).exists()]


def _found(name: str) -> str:
    """Return weights by their name, where that was fetched, else by their path."""
    file = weights_of(name)
    return file.origin or str(file.path)


def _absolute(name: str | None) -> str | None:
    there = name and name not in WORDS and Path(name).exists()
    return str(Path(str(name)).absolute()) if there else name
