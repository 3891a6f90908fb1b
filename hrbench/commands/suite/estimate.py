"""How long a run will take, by what runs like it have taken."""

import statistics
from collections.abc import Iterable
from pathlib import Path

from hrbench.begun import folder as run_folder
from hrbench.commands.suite.plan import Planned
from hrbench.errors import HrbenchError
from hrbench.report.record import RunRecord
from hrbench.report.repeats import TRAINED

BESIDE = ("epochs", "precision")  # keys of a recipe; the time goes with the one, the device decides


def seconds(plan: Planned, ended: Iterable[tuple[Path, RunRecord]]) -> float | None:
    """Return the median of what runs like it have taken; None where there were none.

    They are alike but for seed, weights and epochs, of which each takes as long as another, and
    were on as many of the same data.
    """
    like = ((run, record) for run, record in ended if _alike(plan, record))
    taken = [_taken(plan, record) for run, record in like if _on_same_data(plan, run)]
    return statistics.median(taken) if taken else None


def _alike(plan: Planned, record: RunRecord) -> bool:
    if plan.spec is None or record.task != plan.task:
        return False
    trained, trains = record.weights.origin == TRAINED, plan.options.weights is None
    return trained == trains and _lasting(plan.spec) == _lasting(record.spec)


def _on_same_data(plan: Planned, run: Path) -> bool:
    try:
        options = run_folder.read(run)[2].options
    except HrbenchError:  # its folder is damaged
        return False
    return (options.data, options.limit) == (plan.data, plan.options.limit)


def _lasting(spec: object) -> object:
    """Return what of a spec two runs have alike that take as long for each epoch."""
    if not isinstance(spec, dict):
        return spec
    recipe = {key: value for key, value in spec["recipe"].items() if key not in BESIDE}
    return {**spec, "recipe": recipe}


def _taken(plan: Planned, record: RunRecord) -> float:
    times, spec = record.times, plan.spec or {}
    before = record.spec.get("recipe")
    share = spec["recipe"]["epochs"] / before["epochs"] if isinstance(before, dict) else 1.0
    return (times.train or 0.0) * share + (times.predict or 0.0) + (times.score or 0.0)
