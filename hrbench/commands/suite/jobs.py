"""What is kept of the jobs that a suite has begun: their logs, and how Slurm has them."""

import json
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from hrbench.begun import under_way
from hrbench.commands.suite.plan import Planned
from hrbench.commands.suite.running import why
from hrbench.errors import HrbenchError
from hrbench.whole import whole

RUNNING, QUEUED, FAILED = "running", "queued", "failed"  # how a job stands
JOB = "job.json"  # in a folder of logs: what the last job of its run was
KEYS = {"launcher", "id", "log"}
SLURM = "slurm"
RUNS = frozenset({"RUNNING", "COMPLETING", "STAGE_OUT", "SIGNALING"})  # what squeue calls it


@dataclass(frozen=True)
class Jobs:
    """The jobs of a suite, each run's with a folder of logs below this one."""

    folder: Path

    def of(self, plan: Planned) -> Path:
        """Return the folder of the logs of a run's jobs."""
        return self.folder / plan.short

    def log(self, plan: Planned) -> Path | None:
        """Return the log of the last job of a run; None where there is none."""
        job = self._last(plan)
        return self.of(plan) / job["log"] if job else None

    def state(self, plan: Planned) -> tuple[str, str]:
        """Return how the last job of a run stands, and words on it; "" where there is none.

        Raises:
            HrbenchError: Slurm cannot be asked.
        """
        job, folder = self._last(plan), self.of(plan)
        if not job:
            return "", ""
        number, log = job["id"], folder / job["log"]
        if job["launcher"] == SLURM and (known := self._queue.get(number)):
            return (RUNNING if known in RUNS else QUEUED), f"job {number}, {known}"
        if under_way.is_under_way(folder):
            return RUNNING, f"job {number}"
        if not log.is_file():
            return FAILED, f"job {number} is gone and has left no log"
        lines = log.read_text("utf-8", errors="replace").splitlines()
        return FAILED, job.get("failed") or why(lines, 1)

    def _last(self, plan: Planned) -> dict[str, str]:
        try:
            job: dict[str, str] = json.loads((self.of(plan) / JOB).read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return job if isinstance(job, dict) and job.keys() >= KEYS else {}

    @cached_property
    def _queue(self) -> dict[str, str]:
        """What Slurm says of this user's jobs that have not ended."""
        command = ["squeue", "--me", "--noheader", "--format", "%A %T"]
        try:
            asked = subprocess.run(command, capture_output=True, text=True, check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            said = (getattr(error, "stderr", "") or str(error)).strip().splitlines()
            raise HrbenchError(
                f"{self.folder} has jobs of Slurm, which cannot be asked for them "
                f"({said[-1]}); call it on a machine of the cluster"
            ) from error
        return dict(line.split(maxsplit=1) for line in asked.stdout.splitlines() if line.strip())

    def begun(self, plan: Planned, launcher: str, number: str, log: Path) -> None:
        """Keep what the last job of a run is.

        Raises:
            RunError: it cannot be written.
        """
        self._keep(plan, {"launcher": launcher, "id": number, "log": log.name})

    def failed(self, plan: Planned, why: str, log: Path) -> None:
        """Keep why a run has failed that no launcher had begun.

        Raises:
            RunError: it cannot be written.
        """
        self._keep(plan, {"launcher": "", "id": "", "log": log.name, "failed": why})

    def forget(self, plan: Planned) -> None:
        """Keep nothing of the last job of a run, which begins anew."""
        (self.of(plan) / JOB).unlink(missing_ok=True)

    def _keep(self, plan: Planned, job: dict[str, str]) -> None:
        with whole(self.of(plan) / JOB, "") as draft:
            draft.write_text(json.dumps(job) + "\n", "utf-8")
