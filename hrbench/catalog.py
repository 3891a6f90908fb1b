"""Finds and reads the TOML and CSV files; the only module that knows where they are."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import pydantic

from hrbench.errors import SpecError, UnknownNameError, suggest
from hrbench.spec import TASKS, DatasetSpec, Table, TaskSpec

_PACKAGE = Path(__file__).parent
_Spec = TypeVar("_Spec", bound=Table)
PROBLEMS = {  # in TOML's words, where pydantic has Python's
    "tuple_type": "should be a list",
    "model_type": "should be a table",
    "dict_type": "should be a table",
    "too_long": "has too many items",
}
_NOT_IN_SPEC = {"variants", "default"}  # keys of a task file that resolving it uses up
RENAMED = {"source": "reference", "sources": "issuers"}  # keys, of a task and of a dataset
_OF_RUN = "run.json"  # beside the files that a run wrote
# A file of one's own, or a name, before a variant; neither names nor variants have folders in them.
_WITH_VARIANT = re.compile(r"(.*\.toml|[^@/\\]*)@([^/\\]*)")


def folder(name: str) -> Path:
    """Return where `tasks`, `datasets` or `results` lies: in the wheel, or beside the package."""
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


def published_results() -> Path:
    """Return the file of the literature's results."""
    return folder("results") / "published.csv"


def published_weights() -> Path:
    """Return the file of the published checkpoints."""
    return folder("results") / "weights.csv"


def names(kind: str) -> list[str]:
    """Return what there is in the folder `tasks` or `datasets`."""
    return sorted(path.stem for path in folder(kind).glob("*.toml"))


@dataclass(frozen=True, slots=True)
class TaskFile:
    """What a task's file says, read once; of which variants and overrides make specs."""

    path: Path
    variant: str | None  # that is asked for; None: the default one
    raw: Mapping[str, Any]
    beside: Path | None  # where its dataset's file is looked for; None for one of `tasks/`

    @property
    def variants(self) -> list[str]:
        """Its variants, the default first."""
        return [self.default, *(name for name in self._tables if name != self.default)]

    @property
    def default(self) -> str:
        """The variant that is taken where none is named."""
        return str(self.raw.get("default", self.path.stem))

    @property
    def _tables(self) -> Mapping[str, Any]:
        tables: Mapping[str, Any] = self.raw.get("variants", {})
        return tables

    def spec(
        self, overrides: Sequence[str] = (), *, variant: str | None = None, builtin: bool = False
    ) -> TaskSpec:
        """Return the resolved spec.

        Args:
            overrides: `KEY=VALUE` with dotted keys, values as in TOML.
            variant: another one than the file was asked for.
            builtin: where none is asked for, take the one for the synthetic set.

        Raises:
            UnknownNameError: no such variant.
            SpecError: the file or an override does not say what is expected.
        """
        chosen = variant or self.variant or (self._small if builtin else None) or self.default
        if chosen not in self.variants:
            raise UnknownNameError(f"variant of {self.path.stem}", chosen, self.variants)
        table = _variant_table(self.path, self._tables, chosen)
        merged = {key: value for key, value in self.raw.items() if key not in _NOT_IN_SPEC}
        merged = _overlay(_without_other_head(merged, table), table)
        merged.setdefault("name", self.path.stem)
        merged["variant"] = chosen
        where = str(self.path)
        for override in overrides:
            merged = _overlay(merged, parse_override(override))
            where = f"--set {override}"
        return validate(_kind(merged, where), merged, where)

    @property
    def _small(self) -> str | None:
        """The variant for the synthetic set; a resolved spec has but its own."""
        small: str | None = self.raw.get("builtin", {}).get("variant")
        return small if "variants" in self.raw else None


def name_and_variant(task: str) -> tuple[str, str]:
    """Return the name or file, and the variant if there is one, of `NAME@VARIANT`.

    An "@" in the path of a file or of its folder is part of it: of `a@b/FILE.toml@VARIANT` the
    variant stands behind the last ending.
    """
    parts = None if task.endswith(".toml") else _WITH_VARIANT.fullmatch(task)
    return (task, "") if parts is None else (parts[1], parts[2])


def task_file(task: str) -> TaskFile:
    """Return the file of `NAME`, `NAME@VARIANT`, `FILE.toml` or `FILE.toml@VARIANT`.

    A run's own `spec.toml` is one too.

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
    _require_tables(path, raw)
    if "variant" in raw:  # a resolved spec, as a run leaves it
        raw["default"] = raw.pop("variant")
    return TaskFile(path, variant or None, raw, path.parent if own else None)


def shipped(name: str) -> TaskFile | None:
    """Return the file of a task that comes with hrbench; None where none is called so."""
    return task_file(name) if name in names("tasks") else None


def variants(task: str) -> list[str]:
    """Return the variants of a task, its default first."""
    return task_file(task).variants


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

    It may have the names that others give to its files.
    """
    if dataset.name not in names("datasets"):
        return False
    shipped = _shipped(folder("datasets") / f"{dataset.name}.toml")
    own_names = {other: name for name, other in shipped.renamed.items()}
    return dataset.placed(lambda name: own_names.get(name or "", name)) == shipped


@cache
def _shipped(file: Path) -> DatasetSpec:
    return load_dataset(str(file))


def parse_override(text: str) -> dict[str, Any]:
    """Return `a.b=1` as {"a": {"b": 1}}; a value that is not TOML is taken as a string."""
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise SpecError(f"--set {text}: write KEY=VALUE, as in --set recipe.epochs=5")
    try:
        parsed = tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        parsed = value
    for part in reversed(key.strip().split(".")):
        parsed = {part: parsed}
    return dict(parsed)


def validate(kind: type[_Spec], raw: Mapping[str, Any], where: str) -> _Spec:
    """Return the spec that a table says, or say in one sentence why it says none."""
    try:
        return kind.model_validate(raw)
    except pydantic.ValidationError as error:
        raise SpecError(f"{where}: {_sentence(error, kind)}") from error


def _require_tables(path: Path, raw: Mapping[str, Any]) -> None:
    """Check those that are read before there is a spec."""
    tables = {key: raw[key] for key in ("variants", "builtin") if key in raw}
    variants = tables.get("variants")
    if isinstance(variants, dict):
        tables |= {f"variants: {name}": table for name, table in variants.items()}
    for key, table in tables.items():
        if not isinstance(table, dict):
            raise SpecError(f"{path}: {key} should be a table, not {table!r}")


def _variant_table(path: Path, tables: Mapping[str, Any], variant: str) -> dict[str, Any]:
    """Return what a variant says, over what the one says that it is `like`."""
    table = dict(tables.get(variant, {}))
    like = table.pop("like", None)
    if like is None:
        return table
    others = [name for name in tables if name != variant and "like" not in tables[name]]
    if like not in others:
        raise SpecError(
            f"{path}: variants: {variant}: like names a variant that has no `like` of its own. "
            f"{suggest(str(like), others)}"
        )
    return _overlay(tables[like], table)


def _kind(raw: Mapping[str, Any], where: str) -> type[TaskSpec]:
    """Return the kind of task that a file describes, by its head."""
    model = raw.get("model")
    head = model.get("head") if isinstance(model, dict) else None
    if not isinstance(head, str):
        return TaskSpec  # refused below, for what is missing or wrong
    if head not in TASKS:
        raise SpecError(f"{where}: model: no head is called '{head}'. {suggest(head, TASKS)}")
    return TASKS[head]


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


def _without_other_head(base: Mapping[str, Any], top: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a file's tables without those of a network that a variant replaces by another."""
    before, after = base.get("model"), top.get("model")
    if isinstance(before, dict) and isinstance(after, dict) and "head" in after:
        return {**base, "model": {}}
    return base


def _overlay(base: Mapping[str, Any], top: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in top.items():
        below = merged.get(key)
        if isinstance(below, dict) and isinstance(value, dict):
            merged[key] = _overlay(below, value)
        else:
            merged[key] = value
    return merged


def _sentence(error: pydantic.ValidationError, kind: type[Table]) -> str:
    faults = error.errors(include_url=False)
    # A misspelt key that must be there is missing as well; the misspelling says more.
    first = next((e for e in faults if e["type"] == "extra_forbidden"), faults[0])
    *tables, key = [str(part) for part in first["loc"]] or [""]
    place = "".join(f"{table}: " for table in tables)
    if first["type"] == "extra_forbidden":
        known = sorted(_fields(kind, tables))
        if not tables and RENAMED.get(key) in known:
            return f"the key '{key}' is called '{RENAMED[key]}' now; rename it"
        return f"{place}unknown key '{key}'. {suggest(key, known)}"
    if first["type"] == "missing":
        return f"{place}the key '{key}' is missing"
    if first["type"] == "value_error":
        return f"{place}{key}: ".removeprefix(": ") + str(first["ctx"]["error"])
    problem = PROBLEMS.get(first["type"]) or first["msg"].replace("Input should be", "should be")
    return f"{place}{key} {problem}, not {first['input']!r}"


def _fields(kind: Any, tables: Sequence[str]) -> set[str]:
    for table in tables:
        annotation = kind.model_fields[table].annotation if table in kind.model_fields else None
        members = [annotation, *getattr(annotation, "__args__", ())]
        inner = [m for m in members if isinstance(m, type) and issubclass(m, Table)]
        if not inner:
            continue  # the key of a dict of tables, such as a split's name
        kind = inner[0]
    return set(kind.model_fields)
