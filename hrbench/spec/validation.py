"""Tables of a TOML file as specs, and in one sentence what keeps them from being one."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import pydantic

from hrbench.errors import SpecError, suggest
from hrbench.spec.tables import Table

_Spec = TypeVar("_Spec", bound=Table)
RENAMED = {"source": "reference", "sources": "issuers"}  # keys, of a task and of a dataset
PROBLEMS = {  # in TOML's words, where pydantic has Python's
    "tuple_type": "should be a list",
    "model_type": "should be a table",
    "dict_type": "should be a table",
    "too_long": "has too many items",
}


def validate(kind: type[_Spec], raw: Mapping[str, Any], where: str) -> _Spec:
    """Return the spec that a table says, or say in one sentence why it says none."""
    try:
        return kind.model_validate(raw)
    except pydantic.ValidationError as error:
        raise SpecError(f"{where}: {_sentence(error, kind, raw)}") from error


def _sentence(error: pydantic.ValidationError, kind: type[Table], raw: Mapping[str, Any]) -> str:
    faults = error.errors(include_url=False)
    # A misspelt key that must be there is missing as well; the misspelling says more.
    first = next((e for e in faults if e["type"] == "extra_forbidden"), faults[0])
    *tables, key = _written(first["loc"], raw) or [""]
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


def _written(place: Sequence[int | str], raw: Any) -> list[str]:
    """Return a place as a file has it: where one value stands for a list, without its number."""
    parts = []
    for part in place:
        if isinstance(part, str):
            raw = raw.get(part) if isinstance(raw, Mapping) else None
        elif isinstance(raw, list | tuple):
            raw = raw[part] if part < len(raw) else None  # of what is missing
        else:
            continue
        parts.append(str(part))
    return parts


def _fields(kind: Any, tables: Sequence[str]) -> set[str]:
    for table in tables:
        annotation = kind.model_fields[table].annotation if table in kind.model_fields else None
        members = [annotation, *getattr(annotation, "__args__", ())]
        inner = [m for m in members if isinstance(m, type) and issubclass(m, Table)]
        if not inner:
            continue  # the key of a dict of tables, such as a split's name
        kind = inner[0]
    return set(kind.model_fields)
