"""A suite on Slurm itself: one node on this machine, where its daemons are installed."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import slurm_cluster
from cli.command import called, installed
from commands.test_resume_auto import checkpoints, wait_until
from commands.test_suite import run, states, suite, table

from hrbench.report import runs
from hrbench.report.run_folders import every

SLURM = """
[slurm]
partition = "small"
cpus_per_task = 1
options = { comment = "a test" }
"""


def said(*command: str, **variables: str) -> str:
    asked = subprocess.run(
        command, env={**os.environ, **variables}, capture_output=True, text=True, check=True
    )
    return asked.stdout.strip()


def asked(folder: Path, *more: str, **variables: str) -> dict[str, Any]:
    ended = installed(folder, "suite", "small.toml", "--json", *more, **variables)
    assert ended.status == 0, ended.err
    content: dict[str, Any] = json.loads(ended.out)
    return content


@pytest.mark.slow
@pytest.mark.skipif(bool(slurm_cluster.missing()), reason=slurm_cluster.missing())
def test_slurm_runs_a_suite_and_a_run_that_is_requeued_goes_on(tmp_path: Path) -> None:
    job = table("[job]", time="0-00:20:00")
    suite(tmp_path, run(task="coco-pose", variant=["tiny", "tiny-simcc"]), job, SLURM, epochs=60)
    submit = ("--launcher", "slurm")
    with slurm_cluster.cluster() as found:
        assert set(states(asked(tmp_path, *submit, **found))) <= {"queued", "running"}
        wait_until(lambda: len(checkpoints(tmp_path / "results")) == 2)
        assert states(asked(tmp_path, *submit, **found)) == ["running", "running"]
        numbers = sorted(said("squeue", "--noheader", "--format", "%A", **found).split())
        assert len(numbers) == 2  # none was submitted twice
        said("scancel", "--signal=USR2", numbers[0], **found)  # as Slurm does near a job's end
        wait_until(lambda: "PENDING" in said("squeue", "--noheader", "--format", "%T", **found))
        said("scontrol", "update", f"JobId={numbers[0]}", "StartTime=now", **found)
        wait_until(lambda: not said("squeue", "--noheader", **found))
        done = asked(tmp_path, **found)
    assert states(done) == ["done", "done"]
    assert len(every(tmp_path / "results")) == 2
    first = next(one for one in done["runs"] if f"/{numbers[0]}_0" in one["log"])
    assert f"goes on with {first['run']}" in (tmp_path / first["log"]).read_text("utf-8")
    whole = called(tmp_path, *first["command"][1:], "--out", "w")
    assert whole.status == 0, whole.err
    records = [runs.read(tmp_path / one) for one in (first["run"], every(tmp_path / "w")[0])]
    assert records[0].weights == records[1].weights
    assert records[0].metrics == records[1].metrics
