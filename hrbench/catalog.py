"""Finds and reads the TOML and CSV files; the only module that knows where they are."""

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from hrbench.errors import SpecError, UnknownNameError
from hrbench.spec import DatasetSpec, TaskSpec
from hrbench.spec.suite import Suite, suite
from hrbench.spec.task_file import TaskFile, require_tables
from hrbench.spec.validation import RENAMED, validate

_PACKAGE = Path(__file__).parent
_OF_RUN = "run.json"  # beside the files that a run wrote
_OF_DATASET = "task.toml"  # beside a dataset's own file: how that is trained on
# Of a dataset, what only tells apart where figures are good or bad, and where its files are from.
BESIDE: Any = {
    "regions": True,
    "turn": True,
    "downloads": True,
    "splits": {"__all__": {"subset_of"}},
}
# A file of one's own, or a name, before a variant; neither names nor variants have folders in them.
_WITH_VARIANT = re.compile(r"(.*\.toml|[^@/\\]*)@([^/\\]*)")


def folder(name: str) -> Path:
    """Return where a folder of data lies: `tasks`, `datasets`, `suites`, `results`, `benchmarks`.

    In a wheel it is inside of the package, else beside it.
    """
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


def published_results() -> Path:
    """Return the file of the literature's results."""
    return folder("results") / "published.csv"


def published_weights() -> Path:
    """Return the file of the published checkpoints."""
    return folder("results") / "weights.csv"


def names(kind: str) -> list[str]:
    """Return what there is in the folder `tasks`, `datasets` or `suites`."""
    return sorted(path.stem for path in folder(kind).glob("*.toml"))


def name_and_variant(task: str) -> tuple[str, str]:
    """Return the name or file, and the variant if there is one, of `NAME@VARIANT`.

    An "@" in the path of a file or of its folder is part of it: of `a@b/FILE.toml@VARIANT` the
    variant stands behind the last ending.
    """
    parts = None if task.endswith(".toml") else _WITH_VARIANT.fullmatch(task)
    return (task, "") if parts is None else (parts[1], parts[2])


def is_task(text: str) -> bool:
    """Whether something is named as tasks are: a known NAME, NAME@VARIANT, or a TOML file."""
    name, _ = name_and_variant(text)
    return name.endswith(".toml") or name in names("tasks")


def task_file(task: str) -> TaskFile:
    """Return the file of `NAME`, `NAME@VARIANT`, `FILE.toml` or `FILE.toml@VARIANT`.

    A run's own `spec.toml` is one too. A dataset's file stands for the `task.toml` beside it.

    Raises:
        UnknownNameError: no such task.
        SpecError: the file cannot be read, or is none of a task.
    """
    name, variant = name_and_variant(task)
    own = name.endswith(".toml")
    if not own and name not in names("tasks"):
        raise UnknownNameError("task", name, names("tasks"))
    path = Path(name) if own else folder("tasks") / f"{name}.toml"
    raw = _read(path)
    if own and "splits" in raw:
        path, raw = _trained_on(path)
    require_tables(path, raw)
    if "variant" in raw:  # a resolved spec, as a run leaves it
        raw["default"] = raw.pop("variant")
    return TaskFile(path, variant or None, raw, path.parent if own else None)


def _trained_on(dataset: Path) -> tuple[Path, dict[str, Any]]:
    """Return the task beside a dataset's file that is measured on it, and what that says.

    Raises:
        SpecError: there is none.
    """
    beside = dataset.with_name(_OF_DATASET)
    raw = _read(beside) if beside.is_file() else {}
    measured_on = beside.parent / str(raw.get("dataset"))
    if measured_on.resolve() != dataset.resolve():
        raise SpecError(
            f"{dataset} is a dataset's file, and there is no {beside} that is measured on it; name "
            "the file of a task, which says how the dataset is trained on"
        )
    return beside, raw


def shipped(name: str) -> TaskFile | None:
    """Return the file of a task that comes with hrbench; None where none is called so."""
    return task_file(name) if name in names("tasks") else None


def variants(task: str) -> list[str]:
    """Return the variants of a task, its default first."""
    return task_file(task).variants


def load_suite(name: str) -> tuple[Path, Suite]:
    """Return the file of a suite, one's own or one that comes with hrbench, and what it says.

    Raises:
        UnknownNameError: no such suite.
        SpecError: the file cannot be read, or is none of a suite.
    """
    own = name.endswith(".toml")
    if not own and name not in names("suites"):
        raise UnknownNameError("suite", name, names("suites"))
    path = Path(name) if own else folder("suites") / f"{name}.toml"
    return path, suite(_read(path), str(path))


def load_task(task: str, overrides: Sequence[str] = (), *, builtin: bool = False) -> TaskSpec:
    """Return the resolved spec of a task; see `task_file` and `TaskFile.spec`."""
    return task_file(task).spec(overrides, builtin=builtin)


def load_dataset(name: str, beside: Path | None = None) -> DatasetSpec:
    """Return the spec of a dataset: a name from `datasets/`, or a file (beside a task's file)."""
    path, raw = dataset_file(name, beside)
    return validate(DatasetSpec, raw, str(path))


def dataset_file(name: str, beside: Path | None = None) -> tuple[Path, dict[str, Any]]:
    """Return a dataset's file and all that it says, right or wrong.

    A task stands for the dataset that it is measured on, by its name or its file.
    """
    task, _ = name_and_variant(name)
    if task.endswith(".toml"):
        path = (beside or Path()) / task
    elif name in names("datasets"):
        path = folder("datasets") / f"{name}.toml"
    elif task in names("tasks"):
        path = folder("tasks") / f"{task}.toml"
    else:
        raise UnknownNameError("dataset", name, names("datasets"))
    raw = {"name": path.stem, **_read(path)}
    measured_on = raw.get("dataset")
    if isinstance(measured_on, str) and "splits" not in raw:
        return dataset_file(measured_on, path.parent)
    return path, raw


def is_published(dataset: DatasetSpec) -> bool:
    """Whether it is one that comes with hrbench, so that many have looked at its pictures.

    It may have the names that others give to its files, and other groups of points and of splits:
    those of older runs had none. Nor had these addresses to fetch it from.
    """
    if dataset.name not in names("datasets"):
        return False
    published = _shipped(folder("datasets") / f"{dataset.name}.toml")
    own_names = {other: name for name, other in published.renamed.items()}
    named = dataset.placed(lambda name: own_names.get(name or "", name))
    return named.model_dump(exclude=BESIDE) == published.model_dump(exclude=BESIDE)


@cache
def _shipped(file: Path) -> DatasetSpec:
    return load_dataset(str(file))


def _read(path: Path) -> dict[str, Any]:
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        words = "does not exist; `hrbench list` names what comes with hrbench"
        raise SpecError(f"{path} {words}") from error
    except OSError as error:
        raise SpecError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SpecError(f"{path} is not text in UTF-8: {error.reason}") from error
    except tomllib.TOMLDecodeError as error:
        raise SpecError(f"{path} is not TOML: {error}") from error
    if not (path.parent / _OF_RUN).is_file():
        return raw
    return {RENAMED.get(key, key): value for key, value in raw.items()}  # written by hrbench itself
