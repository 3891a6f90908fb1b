"""Runs of a suite as jobs in Slurm's queue."""

import subprocess
from collections.abc import Iterator, Sequence
from typing import Any

from hrbench.commands.suite.jobs import SLURM, Jobs
from hrbench.commands.suite.launching import attempt, limit
from hrbench.commands.suite.plan import Planned
from hrbench.errors import HrbenchError
from hrbench.spec.suite import Suite


def submitted(suite: Suite, jobs: Jobs, plans: Sequence[Planned]) -> Iterator[tuple[Planned, str]]:
    """Put runs into the queue; yield each with the number of its job.

    Raises:
        HrbenchError: sbatch does not take it.
    """
    from submitit import SlurmExecutor  # noqa: PLC0415  an extra
    from submitit.core.utils import FailedJobError, FailedSubmissionError  # noqa: PLC0415

    for plan in plans:
        executor = SlurmExecutor(jobs.of(plan), max_num_timeout=suite.job.requeues)
        executor.update_parameters(
            job_name=plan.short,
            time=limit(suite),
            nodes=suite.job.nodes,
            ntasks_per_node=1,
            signal_delay_s=suite.job.notice,
            stderr_to_stdout=True,
            additional_parameters=_options(suite),
            srun_args=_of_srun(suite),
            setup=list(suite.slurm.setup) or None,
        )
        try:
            job = executor.submit(attempt(suite, jobs, plan, suite.job.gpus or 0))
        except (FailedJobError, FailedSubmissionError) as error:
            raise HrbenchError(f"sbatch does not take {plan.label}: {_said(error)}") from error
        jobs.begun(plan, SLURM, job.job_id, job.paths.stdout)
        yield plan, job.job_id


def _said(error: Exception) -> str:
    """Return the line of what sbatch says that tells what is wrong."""
    cause = error.__cause__
    words = cause.stderr if isinstance(cause, subprocess.CalledProcessError) else ""
    lines = [line.strip() for line in f"{words or error}".splitlines() if line.strip()]
    return lines[0].removeprefix("sbatch: ").removeprefix("error: ") if lines else repr(error)


def _options(suite: Suite) -> dict[str, Any]:
    """Return what sbatch is told by its options' names."""
    said = suite.slurm.plain()
    options = {key: value for key, value in said.items() if key not in {"setup", "options"}}
    gpus = {"gpus_per_node": suite.job.gpus} if suite.job.gpus else {}
    return {**options, **gpus, **suite.slurm.options}


def _of_srun(suite: Suite) -> list[str]:
    """Return what srun does not take over from sbatch."""
    cpus = suite.slurm.cpus_per_task
    return [] if cpus is None else [f"--cpus-per-task={cpus}"]
