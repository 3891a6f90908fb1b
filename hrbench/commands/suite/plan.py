"""The runs of a suite, each worked out: what it is, and which runs of it there are."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from hrbench import catalog
from hrbench.begun import under_way
from hrbench.begun.folder import experiment_of
from hrbench.begun.options import Options
from hrbench.errors import HrbenchError, RunError
from hrbench.fetching import names
from hrbench.formats import location
from hrbench.report import run_folders
from hrbench.report.record import RunRecord
from hrbench.road import alike
from hrbench.road import given as given_files
from hrbench.road.asked import asked
from hrbench.road.telling import tell
from hrbench.spec.suite import MULTIPLIED, Suite, overrides

FLAGS = frozenset(field.name for field in fields(Options))
FILES = ("data", "weights", "init", "boxes", "keypoints")  # may lie beside the suite's own


@dataclass(frozen=True, slots=True)
class Planned:
    """One run of a suite."""

    name: str  # TASK or TASK@VARIANT, as `hrbench run` takes it
    options: Options
    task: str = ""  # from here on as it was worked out; empty where it cannot be
    variant: str = ""
    experiment: str = ""
    data: str = ""  # where its datasets lie, as a run's folder says it
    spec: Mapping[str, Any] | None = None  # plain, in the precision that is asked for
    fault: str = ""  # why it cannot begin, in a sentence
    apart: tuple[str, ...] = ()  # what its keys say that not all runs of the suite have, in words

    @property
    def command(self) -> list[str]:
        """The arguments of hrbench that run it, or go on with it."""
        return ["run", self.name, *self.options.arguments(), "--resume", "auto"]

    @property
    def label(self) -> str:
        """It in a few words."""
        name = f"{self.task}@{self.variant}" if self.variant else self.name
        return ", ".join((name, *self.apart))

    @property
    def said(self) -> dict[str, str]:
        """What its keys say besides task and variant, each in words."""
        keys = [key for key in MULTIPLIED if key in FLAGS]
        values = {key: getattr(self.options, key) for key in keys}
        named = {key: f"{key} {value}" for key, value in values.items() if value is not None}
        return named | {text: text for text in self.options.overrides}

    @property
    def short(self) -> str:
        """The name of its folder of logs."""
        return f"{self.task}-{self.variant}-{self.experiment[:8]}"


@dataclass(frozen=True, slots=True)
class Found:
    """What there is of a run already."""

    folder: Path | None = None  # of the run with a record, else of the one to go on with
    record: RunRecord | None = None
    under_way: bool = False


def planned(suite: Suite, file: Path, given: Mapping[str, Any], *, fetches: bool) -> list[Planned]:
    """Return the runs of a suite, what it says twice once; what cannot begin with its fault.

    Args:
        suite: what the file says.
        file: its path.
        given: flags of all runs, which come first.
        fetches: whether weights that are evaluated are fetched by their names where they are not
            here, as a run of them does; without, nothing is.
    """
    beside = None if file.parent == catalog.folder("suites") else file.parent
    said = dict[str, None]()  # each sentence once
    made = [_planned(keys, beside, given, said.setdefault, fetches=fetches) for keys in suite.runs]
    for sentence in said:
        tell(sentence)
    first = {one.experiment or id(one): one for one in reversed(made)}
    plans = [one for one in made if first[one.experiment or id(one)] is one]
    shared = set[str].intersection(*(set(one.said.values()) for one in plans))
    return [
        replace(one, apart=tuple(word for word in one.said.values() if word not in shared))
        for one in plans
    ]


def _planned(
    keys: Mapping[str, Any],
    beside: Path | None,
    given: Mapping[str, Any],
    told: Callable[[str], object],
    *,
    fetches: bool,
) -> Planned:
    said = {key: value for key, value in keys.items() if key in FLAGS and value is not None}
    said |= {key: _near(said[key], beside) for key in FILES if key in said}
    said |= {key: value for key, value in given.items() if value is not None}
    options = Options(**said, overrides=tuple(overrides(keys.get("set", {}))))
    task = _near(keys["task"], beside) if keys["task"].endswith(".toml") else keys["task"]
    name = f"{task}@{keys['variant']}" if keys.get("variant") else task
    plan = Planned(name, options)
    try:
        if options.weights and options.init:
            raise RunError("weights are evaluated, init starts a training; name one of them")
        away = _away(options, ("init",) if fetches else ("init", "weights"))
        there = replace(options, weights=None if "weights" in away else options.weights)
        worked_out = asked(name, there, unfetched=away, told=told)
        worked_out = replace(worked_out, options=replace(worked_out.options, **away))
        spec = worked_out.spec
        return replace(
            plan,
            options=replace(options, data=worked_out.options.data),  # which is said now
            task=spec.name,
            variant=spec.variant,
            experiment=worked_out.experiment,
            data=location.named(location.folder_of(worked_out.dataset, worked_out.options.data)),
            spec=spec.plain(),
        )
    except HrbenchError as error:
        return replace(plan, fault=str(error))


def _away(options: Options, keys: Iterable[str]) -> dict[str, Any]:
    """Return those of some options that name weights which would have to be fetched."""
    named = {key: getattr(options, key) for key in keys}
    return {
        key: name
        for key, name in named.items()
        if name and names.is_name(name) and not given_files.here(name).is_file()
    }


def _near(name: str, beside: Path | None) -> str:
    """Return a file's name as it is found from here, if it lies beside the suite's."""
    place = None if beside is None else beside / name
    return str(place) if place is not None and place.exists() else name


def found(plans: Iterable[Planned], out: Path) -> dict[str, Found]:
    """Return what there is of runs below a folder, by their experiment."""
    wanted = {plan.experiment for plan in plans if plan.experiment}
    of: dict[str, list[Path]] = {}
    for task in {plan.task for plan in plans if plan.task}:
        for run in run_folders.every(out / task):
            if (experiment := experiment_of(run)) in wanted:
                of.setdefault(experiment, []).append(run)
    return {experiment: _found(folders) for experiment, folders in of.items()}


def _found(there: list[Path]) -> Found:
    """Return what there is of one experiment's runs: the latest record, else what to go on with."""
    if done := alike.ended(there):
        return Found(done[1], done[0])
    left = next(iter(reversed(alike.unfinished(there))), None)
    return Found(left, None, left is not None and under_way.is_under_way(left))
