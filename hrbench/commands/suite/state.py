"""How each run of a suite stands."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hrbench.commands.suite.plan import Found, Planned
from hrbench.report.record import RunRecord

DONE, RUNNING, QUEUED = "done", "running", "queued"
INTERRUPTED, NEW, FAILED = "interrupted", "to begin", "failed"
UNFIT = "cannot begin"
WELL = frozenset({DONE, RUNNING, QUEUED})


@dataclass(frozen=True, slots=True)
class Standing:
    """A run of a suite, and how it stands."""

    plan: Planned
    state: str  # of the above
    run: Path | None = None  # its folder, where it has one
    record: RunRecord | None = None
    said: str = ""  # why it has failed or cannot begin; the id of its job
    log: Path | None = None

    @property
    def is_to_do(self) -> bool:
        """Whether it is neither done, nor under way, nor hopeless."""
        return self.state in {INTERRUPTED, NEW, FAILED}

    def content(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        plan = self.plan
        return {
            "task": plan.task or plan.name,
            "variant": plan.variant,
            "seed": plan.options.seed,
            "experiment": plan.experiment,
            "command": ["hrbench", *plan.command],
            "state": self.state,
            "said": self.said,
            "run": None if self.run is None else str(self.run),
            "log": None if self.log is None else str(self.log),
        }


def standings(
    plans: Sequence[Planned],
    found: dict[str, Found],
    submitted: Callable[[Planned], tuple[str, str, Path | None]],
) -> list[Standing]:
    """Return how runs stand, by what there is of them and by what launchers say of their jobs.

    `submitted` gives a state ("" where there is no job), words on it, and its log.
    """
    return [_standing(plan, found.get(plan.experiment, Found()), submitted) for plan in plans]


def _standing(
    plan: Planned,
    found: Found,
    submitted: Callable[[Planned], tuple[str, str, Path | None]],
) -> Standing:
    if plan.fault:
        return Standing(plan, UNFIT, said=plan.fault)
    state, said, log = submitted(plan)
    if found.record is not None:
        return Standing(plan, DONE, found.folder, found.record, log=log)
    if state in {QUEUED, RUNNING} or found.under_way:
        return Standing(plan, state or RUNNING, found.folder, said=said, log=log)
    if state == FAILED:
        return Standing(plan, FAILED, found.folder, said=said, log=log)
    return Standing(plan, NEW if found.folder is None else INTERRUPTED, found.folder, log=log)
