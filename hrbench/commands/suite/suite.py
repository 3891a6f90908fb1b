"""A suite from its file to its summary: what is there, what is left to do, and its doing."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from hrbench import catalog
from hrbench.commands.suite import local, running, slurm
from hrbench.commands.suite.jobs import Jobs
from hrbench.commands.suite.launching import LOCAL
from hrbench.commands.suite.plan import Found, Planned, found, planned
from hrbench.commands.suite.state import Standing, standing
from hrbench.errors import HrbenchError
from hrbench.report import run_folders
from hrbench.report import runs as folders
from hrbench.report.record import RunRecord
from hrbench.spec.suite import Suite

PLACE = "suites"  # below the folder of runs: logs, and which jobs there are
LOCK, LOG = "suite.lock", "log.txt"
Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Survey:
    """A suite, and how its runs stand."""

    name: str
    suite: Suite
    out: Path  # the folder of runs
    standings: tuple[Standing, ...]

    @property
    def jobs(self) -> Jobs:
        """Its jobs and logs."""
        return Jobs(self.out / PLACE / self.name)

    @property
    def to_do(self) -> list[Planned]:
        """The runs that are to begin or to go on."""
        return [one.plan for one in self.standings if one.is_to_do]


def surveyed(name: str, out: Path, given: Mapping[str, Any], *, fetches: bool) -> Survey:
    """Return a suite and how its runs stand; `given` and `fetches` as `plan.planned` takes them.

    Raises:
        HrbenchError: there is no such suite, its file is wrong, or Slurm cannot be asked for jobs.
    """
    file, suite = catalog.load_suite(name)
    plans = planned(suite, file, {**given, "out": str(out)}, fetches=fetches)
    return again(Survey(file.stem, suite, out, tuple(Standing(plan, "") for plan in plans)))


def again(survey: Survey) -> Survey:
    """Return how the same runs stand now."""
    plans = [one.plan for one in survey.standings]
    there, jobs = found(plans, survey.out), survey.jobs  # which ask Slurm anew
    stand = (standing(plan, there.get(plan.experiment, Found()), jobs) for plan in plans)
    return replace(survey, standings=tuple(stand))


@contextmanager
def alone(survey: Survey) -> Iterator[None]:
    """Keep other calls from a suite for as long as this one begins runs of it.

    Raises:
        HrbenchError: another one does.
    """
    folder = survey.jobs.folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / LOCK).acquire(timeout=0):
            yield
    except KeyboardInterrupt as stop:
        stop.add_note("the same command goes on")
        raise
    except Timeout as error:
        raise HrbenchError(f"{folder}: another `hrbench suite` is at work on it") from error
    except OSError as error:
        raise HrbenchError(
            f"{error.filename or folder} cannot be written ({error.strerror}); name another --out"
        ) from error


def here(survey: Survey, told: Told) -> None:
    """Run what is to do in this terminal, one after the other; a fault does not end the rest.

    Raises:
        KeyboardInterrupt: it was interrupted, and the run under way has kept its checkpoint.
    """
    jobs, plans = survey.jobs, survey.to_do
    for number, plan in enumerate(plans, 1):
        told(f"[{number}/{len(plans)}] {plan.label}")
        jobs.forget(plan)
        if why := running.run(plan.command, jobs.of(plan) / LOG, told):
            jobs.failed(plan, why, jobs.of(plan) / LOG)


def launched(survey: Survey, launcher: str, told: Told) -> None:
    """Give what is to do to a launcher that can have it; on this machine wait for it.

    Raises:
        HrbenchError: it does not take a job.
        KeyboardInterrupt: it was interrupted, and what was under way here was ended.
    """
    suite, jobs = survey.suite, survey.jobs
    if launcher == LOCAL:
        local.run(suite, jobs, survey.to_do, told)
        return
    for plan, number in slurm.submitted(suite, jobs, survey.to_do):
        told(f"{plan.label}: job {number}; what it says will be in {jobs.of(plan)}")


def earlier(survey: Survey) -> list[tuple[Path, RunRecord]]:
    """Return runs of the suite's tasks that have ended, from which durations are known."""
    tasks = {one.plan.task for one in survey.standings if one.plan.task}
    there = [str(survey.out / task) for task in tasks if run_folders.every(survey.out / task)]
    if not there:
        return []
    ended = folders.load(there, survey.out)
    return list(zip(ended.folders, ended.records, strict=True))
