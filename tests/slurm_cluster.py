"""A Slurm of one node on this machine, by the daemons of Debian's packages.

apt-get install slurmctld slurmd slurm-client munge

`python tests/slurm_cluster.py` (as root) starts one, says which variables let commands find it, and
ends it with Ctrl-C.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

DAEMONS = ("munged", "slurmctld", "slurmd", "sbatch")
PATIENCE = 30  # seconds
SLURM_CONF = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
MpiDefault=none
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SchedulerParameters=sched_interval=1
SlurmdParameters=config_overrides
MinJobAge=2
NodeName={host} NodeAddr=127.0.0.1 CPUs=4 State=UNKNOWN
PartitionName=small Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def missing() -> str:
    """Why there can be no cluster here; "" where there can."""
    absent = [name for name in DAEMONS if shutil.which(name) is None]
    if absent:
        return f"no {', no '.join(absent)}: apt-get install slurmctld slurmd slurm-client munge"
    return "" if os.geteuid() == 0 else "slurmd starts jobs as their users, which root alone may"


@contextmanager
def cluster() -> Iterator[Mapping[str, str]]:
    """A cluster that takes jobs; the variables by which commands find it."""
    with TemporaryDirectory(prefix="hrbench-slurm-") as name, ExitStack() as daemons:
        folder, host = Path(name), socket.gethostname()
        (folder / "munge.key").write_bytes(os.urandom(128))
        (folder / "munge.key").chmod(0o600)
        for place in ("state", "spool"):
            (folder / place).mkdir()
        conf = folder / "slurm.conf"
        text = SLURM_CONF.format(folder=folder, host=host, ports=_free_ports())
        conf.write_text(text, "utf-8")
        environment = {"SLURM_CONF": str(conf)}
        own = [f"--{of}={folder}/munge.{of.split('-')[0]}" for of in ("socket", "key-file")]
        own += [f"--{of}={folder}/munged.{of}" for of in ("pid-file", "seed-file", "log-file")]
        daemons.enter_context(_running(["munged", "--foreground", "--force", *own], environment))
        _wait_until((folder / "munge.socket").exists)
        daemons.enter_context(_running(["slurmctld", "-D", "-c"], environment))
        daemons.enter_context(_running(["slurmd", "-D", "-c", "-N", host], environment))
        _wait_until(lambda: _idle(environment))
        yield environment


def _free_ports() -> list[int]:
    with socket.socket() as first, socket.socket() as second:
        for found in (first, second):
            found.bind(("127.0.0.1", 0))
        return [int(found.getsockname()[1]) for found in (first, second)]


@contextmanager
def _running(command: list[str], environment: Mapping[str, str]) -> Iterator[None]:
    nowhere = subprocess.DEVNULL
    variables = {**os.environ, **environment}
    process = subprocess.Popen(command, env=variables, stdout=nowhere, stderr=nowhere)
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()


def _idle(environment: Mapping[str, str]) -> bool:
    variables = {**os.environ, **environment}
    command = ["sinfo", "--noheader", "--format", "%T"]
    asked = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    return asked.stdout.strip() == "idle"


def _wait_until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not happened():
        if time.monotonic() > end:
            raise TimeoutError("Slurm's daemons have not come up")
        time.sleep(0.1)


if __name__ == "__main__":
    if missing():
        raise SystemExit(missing())
    with cluster() as found:
        print(*(f"export {key}={value}" for key, value in found.items()), sep="\n", flush=True)
        signal.pause()
