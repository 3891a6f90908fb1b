"""Finds and reads the TOML and CSV files; the only module that knows where they are."""

import tomllib
from collections.abc import Mapping, Sequence
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


def variants(task: str) -> list[str]:
    """Return the variants of a task, its default first."""
    path, _, raw = _task_file(task)
    default = _default(path, raw)
    return [default, *(name for name in raw.get("variants", {}) if name != default)]


def load_task(task: str, overrides: Sequence[str] = (), *, builtin: bool = False) -> TaskSpec:
    """Return the resolved spec of `NAME`, `NAME@VARIANT` or `FILE.toml`.

    Args:
        task: a name from `tasks/`, or a file; a run's own `spec.toml` too.
        overrides: `KEY=VALUE` with dotted keys, values as in TOML.
        builtin: without a variant, take the one for the synthetic set.

    Raises:
        UnknownNameError: no such task or variant.
        SpecError: the file or an override does not say what is expected.
    """
    path, variant, raw = _task_file(task)
    if variant is None:
        several = "variants" in raw  # a resolved spec has but its own
        small = raw.get("builtin", {}).get("variant") if builtin and several else None
        variant = small or _default(path, raw)
    tables = raw.get("variants", {})
    if variant not in tables and variant != _default(path, raw):
        raise UnknownNameError(f"variant of {path.stem}", variant, variants(task))
    table = _variant_table(path, tables, variant)
    merged = {key: value for key, value in raw.items() if key not in _NOT_IN_SPEC}
    merged = _overlay(_without_other_head(merged, table), table)
    merged.setdefault("name", path.stem)
    merged["variant"] = variant
    where = str(path)
    for override in overrides:
        merged = _overlay(merged, parse_override(override))
        where = f"--set {override}"
    return validate(_kind(merged, where), merged, where)


def load_dataset(name: str, beside: Path | None = None) -> DatasetSpec:
    """Return the spec of a dataset: a name from `datasets/`, or a file (beside a task's file)."""
    path, raw = dataset_file(name, beside)
    return validate(DatasetSpec, raw, str(path))


def dataset_file(name: str, beside: Path | None = None) -> tuple[Path, dict[str, Any]]:
    """Return a dataset's file and all that it says, right or wrong.

    A task stands for the dataset that it is measured on, by its name or its file.
    """
    path, task = Path(name), name.partition("@")[0]
    if path.suffix == ".toml":
        path = (beside or Path()) / path
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


def _task_file(task: str) -> tuple[Path, str | None, dict[str, Any]]:
    name, _, variant = task.partition("@")
    if name.endswith(".toml"):
        path = Path(name)
    elif name in names("tasks"):
        path = folder("tasks") / f"{name}.toml"
    else:
        raise UnknownNameError("task", name, names("tasks"))
    raw = _read(path)
    _require_tables(path, raw)
    if "variant" in raw:  # a resolved spec, as a run leaves it
        raw["default"] = raw.pop("variant")
    return path, variant or None, raw


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


def _default(path: Path, raw: Mapping[str, Any]) -> str:
    return str(raw.get("default", path.stem))


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
