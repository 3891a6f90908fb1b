"""What a task's file says: its variants, and the spec that one of them and overrides make."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hrbench.errors import SpecError, UnknownNameError, suggest
from hrbench.spec import TASKS, TaskSpec
from hrbench.spec.validation import validate

NOT_IN_SPEC = {"variants", "default"}  # keys of a task file that resolving it uses up


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
        merged = {key: value for key, value in self.raw.items() if key not in NOT_IN_SPEC}
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


def require_tables(path: Path, raw: Mapping[str, Any]) -> None:
    """Check those that are read before there is a spec."""
    tables = {key: raw[key] for key in ("variants", "builtin") if key in raw}
    variants = tables.get("variants")
    if isinstance(variants, dict):
        tables |= {f"variants: {name}": table for name, table in variants.items()}
    for key, table in tables.items():
        if not isinstance(table, dict):
            raise SpecError(f"{path}: {key} should be a table, not {table!r}")


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
