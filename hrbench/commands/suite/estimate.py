"""How long a run will take, by what runs like it have taken."""

import statistics
from collections.abc import Iterable

from hrbench.commands.suite.plan import Planned
from hrbench.report.record import RunRecord
from hrbench.report.repeats import TRAINED

BESIDE = ("epochs", "precision")  # keys of a recipe; the time goes with the one, the device decides


def seconds(plan: Planned, records: Iterable[RunRecord]) -> float | None:
    """Return the median of what runs like it have taken; None where there were none.

    They are alike but for seed, weights and epochs, of which each takes as long as another.
    """
    taken = [_taken(plan, record) for record in records if _alike(plan, record)]
    return statistics.median(taken) if taken else None


def _alike(plan: Planned, record: RunRecord) -> bool:
    if plan.spec is None or record.task != plan.task:
        return False
    same = _lasting(plan.spec) == _lasting(record.spec)
    trains = plan.options.weights is None
    whole = plan.options.limit is None
    return same and record.complete == whole and (record.weights.origin == TRAINED) == trains


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
