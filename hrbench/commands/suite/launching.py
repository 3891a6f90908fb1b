"""Runs of a suite as jobs of submitit, whichever executor has them."""

from typing import TYPE_CHECKING

from hrbench.commands.suite.jobs import SLURM, Jobs
from hrbench.commands.suite.plan import Planned
from hrbench.errors import HrbenchError
from hrbench.spec.suite import Suite
from hrbench.spec.times import minutes

if TYPE_CHECKING:
    from hrbench.commands.suite.attempt import Attempt

LOCAL = "local"
LAUNCHERS = (LOCAL, SLURM)
FOREVER = 60 * 24 * 365  # minutes
MISSING = "--launcher needs submitit: pip install 'hrbench[slurm]'"
AGAIN = 3  # times that several processes begin anew where one dies, if nobody says


def require(suite: Suite, launcher: str) -> None:
    """Refuse what a launcher cannot do.

    Raises:
        HrbenchError: it is not installed, has no Slurm, or the suite does not fit it.
    """
    try:
        from submitit import SlurmExecutor  # noqa: PLC0415  an extra
    except ImportError as error:
        raise HrbenchError(MISSING) from error
    job = suite.job
    if launcher == LOCAL and job.nodes > 1:
        raise HrbenchError(f"job: nodes is {job.nodes}, and this machine is one")
    if launcher == SLURM and job.time is None:
        raise HrbenchError("job: the key 'time' is missing: Slurm asks how long a job may take")
    if launcher == SLURM and SlurmExecutor.affinity() < 0:
        raise HrbenchError("there is no srun here; call it on a machine of a Slurm cluster")
    if limit(suite) * 60 <= job.notice:
        raise HrbenchError(
            f"job: time is {limit(suite)} minutes, and notice {job.notice} seconds: a job would be "
            "told to end as it begins"
        )


def limit(suite: Suite) -> int:
    """Return how many minutes a job may take."""
    return FOREVER if suite.job.time is None else minutes(suite.job.time)


def attempt(suite: Suite, jobs: Jobs, plan: Planned, gpus: int) -> "Attempt":
    """Return what a job does, with so many GPUs on each of its nodes."""
    from hrbench.commands.suite.attempt import Attempt  # noqa: PLC0415  imports submitit

    job = suite.job
    processes = job.processes or max(1, gpus)
    usual = AGAIN if job.nodes * processes > 1 else 0
    restarts = usual if job.restarts is None else job.restarts
    return Attempt(plan.command, jobs.of(plan).absolute(), job.nodes, processes, restarts)
