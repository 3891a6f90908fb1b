"""What a suite's file may say: runs, a line of TOML for each that differ in some keys, and jobs."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field

from hrbench.errors import SpecError, suggest
from hrbench.spec.tables import Count, Names, Table
from hrbench.spec.times import minutes
from hrbench.spec.validation import validate

_Value = TypeVar("_Value")
TABLES = ("run", "every", "job", "slurm")


def _several(value: object) -> object:
    return tuple(value) if isinstance(value, list) else (value,)


# One value, or a list of them.
Several = Annotated[tuple[_Value, ...], BeforeValidator(_several), Field(min_length=1)]
Seed = Annotated[int, Field(ge=0, lt=2**63)]  # that torch takes
NotNegative = Annotated[int, Field(ge=0)]


def _time(value: str | int) -> str | int:
    minutes(value)
    return value


Time = Annotated[str | int, AfterValidator(_time)]


class Runs(Table):
    """Runs by the keys that `hrbench run` has as flags; lists stand for every combination."""

    task: Several[str] | None = None
    variant: Several[str] | None = None
    seed: Several[Seed] | None = None
    weights: Several[str] | None = None
    init: Several[str] | None = None
    split: Several[str] | None = None
    boxes: Several[str] | None = None
    keypoints: Several[str] | None = None
    data: str | None = None
    set: dict[str, Any] | None = None
    tta: bool | None = None
    allow: Names | None = None
    allow_partial: bool | None = None
    limit: Count | None = None
    epochs: Count | None = None
    device: str | None = None
    precision: str | None = None
    compile: bool | None = None
    eager: bool | None = None
    workers: NotNegative | None = None
    pictures: NotNegative | None = None
    keep_peaks: bool | None = None
    track: Names | None = None


MULTIPLIED = ("task", "variant", "seed", "weights", "init", "split", "boxes", "keypoints")


class Job(Table):
    """What each run is given where a launcher starts it, by torchrun."""

    nodes: Count = 1
    gpus: NotNegative | None = None  # of each node; None: on this machine all, of Slurm none
    processes: Count | None = None  # on each node; None: one for each GPU
    time: Time | None = None  # of one job, as Slurm has it: minutes, or "D-HH:MM:SS"
    notice: Count = 120  # seconds before its end at which a job keeps a checkpoint
    requeues: NotNegative = 20  # how often one may go on that its time was too short for
    restarts: NotNegative | None = None  # of all processes where one dies; None: 3 if several
    at_once: Count = 1  # jobs side by side, on this machine


class Slurm(Table):
    """What `sbatch` is told besides."""

    partition: str | None = None
    account: str | None = None
    qos: str | None = None
    constraint: str | None = None
    cpus_per_task: Count | None = None
    mem: str | None = None
    exclude: str | None = None
    exclusive: bool | None = None
    setup: Names = ()  # lines of shell before the run: modules to load, say
    options: dict[str, str | int | bool] = Field(default_factory=dict)  # others, by long names


@dataclass(frozen=True, slots=True)
class Suite:
    """A suite: the runs, each by its own keys, and how they are launched."""

    title: str
    runs: tuple[dict[str, Any], ...]  # a value for each key of `Runs` that is said
    job: Job
    slurm: Slurm


def suite(raw: Mapping[str, Any], where: str) -> Suite:
    """Return what the tables of a suite's file say.

    Raises:
        SpecError: a key or a value is not known, or there is no run.
    """
    for key in raw:
        if key not in {"title", *TABLES}:
            raise SpecError(f"{where}: unknown key '{key}'. {suggest(key, ('title', *TABLES))}")
    lines = raw.get("run", [])
    if not isinstance(lines, list) or not lines or not all(isinstance(one, dict) for one in lines):
        raise SpecError(f"{where}: run: write each run, or each line of runs, as a table [[run]]")
    every = validate(Runs, _table(raw, "every", where), f"{where}: every")
    runs = []
    for number, line in enumerate(lines, 1):
        place = f"{where}: run {number}"
        said = {**_said(every), **_said(validate(Runs, line, place))}
        if not said.get("task"):
            raise SpecError(f"{place}: the key 'task' is missing")
        runs += list(_multiplied(said))
    job = validate(Job, _table(raw, "job", where), f"{where}: job")
    slurm = validate(Slurm, _table(raw, "slurm", where), f"{where}: slurm")
    return Suite(str(raw.get("title", "")), tuple(runs), job, slurm)


def overrides(tables: Mapping[str, Any], before: str = "") -> Iterator[str]:
    """Yield what a table `set` says, as `--set` takes it."""
    for key, value in tables.items():
        if isinstance(value, dict):
            yield from overrides(value, f"{before}{key}.")
        else:
            yield f"{before}{key}={json.dumps(value, ensure_ascii=False, default=str)}"


def _table(raw: Mapping[str, Any], key: str, where: str) -> dict[str, Any]:
    table = raw.get(key, {})
    if not isinstance(table, dict):
        raise SpecError(f"{where}: {key} should be a table, not {table!r}")
    return table


def _said(runs: Runs) -> dict[str, Any]:
    return {key: getattr(runs, key) for key in runs.model_fields_set}


def _multiplied(said: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every combination of the values of keys that may have several."""
    keys = [key for key in MULTIPLIED if key in said]
    for values in product(*(said[key] for key in keys)):
        yield {**said, **dict(zip(keys, values, strict=True))}
