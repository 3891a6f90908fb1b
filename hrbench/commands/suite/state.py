"""How each run of a suite stands."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hrbench.commands.suite.jobs import FAILED, QUEUED, RUNNING, Jobs
from hrbench.commands.suite.plan import Found, Planned
from hrbench.report.record import RunRecord

DONE, INTERRUPTED, NEW, UNFIT = "done", "interrupted", "to begin", "cannot begin"
WELL = frozenset({DONE, RUNNING, QUEUED})


@dataclass(frozen=True, slots=True)
class Standing:
    """A run of a suite, and how it stands."""

    plan: Planned
    state: str  # one of the above, or of a job
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


def standing(plan: Planned, found: Found, jobs: Jobs) -> Standing:
    """Return how a run stands, by what there is of it and by what its last job has come to.

    Raises:
        HrbenchError: the job is Slurm's, which cannot be asked.
    """
    if plan.fault:
        return Standing(plan, UNFIT, said=plan.fault)
    if found.record is not None:
        return Standing(plan, DONE, found.folder, found.record, log=jobs.log(plan))
    state, said = jobs.state(plan)
    if found.under_way and state != QUEUED:
        state, said = RUNNING, said if state == RUNNING else ""
    if not state:
        state = NEW if found.folder is None else INTERRUPTED
    return Standing(plan, state, found.folder, said=said, log=jobs.log(plan))
