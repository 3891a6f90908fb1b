"""One try of a launched job to bring its run to an end, on each of its nodes."""

import signal
import subprocess
import sys
import time
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from submitit import JobEnvironment
from submitit.helpers import DelayedSubmission

from hrbench.begun import under_way
from hrbench.commands.suite.running import ENDED
from hrbench.pools import kept_from_processes

LONGEST = 100.0  # seconds that a run may take for its checkpoint; torchrun ends it after 30
POLLED = 0.2  # seconds
PORTS = range(20000, 30000)  # of which a job has one, by its number


@dataclass(slots=True)
class Attempt:
    """Runs hrbench by torchrun; goes on where the last try was told to stop.

    submitit calls `checkpoint` when the job's time is nearly over or its place is needed, and puts
    what that returns into the queue again.
    """

    arguments: list[str]  # of hrbench
    folder: Path  # of the job's logs
    nodes: int
    processes: int  # on each
    restarts: int
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def __call__(self) -> None:
        """Run to the end.

        Raises:
            RuntimeError: it has failed; the log says why.
        """
        environment = JobEnvironment()
        leads = environment.global_rank == 0
        with under_way.take(self.folder) if leads else nullcontext():
            # Slurm sends it to every process of a job, and one that knows nothing of it would end.
            with kept_from_processes(signal.Signals[f"SIG{JobEnvironment.USR_SIG}"]):
                command = [*self.torchrun(environment), "-m", "hrbench", *self.arguments]
                self._process = subprocess.Popen(command)
            try:
                while self._process.poll() is None:  # a wait would hold what `checkpoint` waits for
                    time.sleep(POLLED)
            except KeyboardInterrupt:
                self._end()
                raise
        if self._process.returncode:
            raise RuntimeError(f"{ENDED} {self._process.returncode}")

    def torchrun(self, environment: JobEnvironment) -> list[str]:
        """Return the command that starts the processes of this node."""
        shared = ["--nproc-per-node", str(self.processes), "--max-restarts", str(self.restarts)]
        launch = [sys.executable, "-m", "torch.distributed.run", *shared]
        if self.nodes == 1:
            return [*launch, "--standalone"]
        job = environment.raw_job_id
        place = f"{environment.hostnames[0]}:{PORTS[int(job) % len(PORTS)]}"
        meeting = ["--rdzv-backend", "c10d", "--rdzv-id", job, "--rdzv-endpoint", place]
        return [*launch, "--nnodes", str(self.nodes), *meeting]

    def checkpoint(self) -> DelayedSubmission:
        """End the run so that it keeps a checkpoint; return what goes on from there."""
        self._end()
        return DelayedSubmission(replace(self, _process=None))

    def _end(self) -> None:
        if self._process is not None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(LONGEST)
