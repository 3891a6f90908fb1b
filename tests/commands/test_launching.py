"""What a suite asks of Slurm and of torchrun, by programs that stand in for Slurm's."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from cli.command import called
from commands.test_suite import run, states, suite, table
from submitit.slurm.slurm import SlurmJobEnvironment

from hrbench.commands.suite.attempt import Attempt
from hrbench.spec.times import minutes

SLURM = """
[slurm]
partition = "gpu"
cpus_per_task = 32
mem = "200G"
exclusive = true
setup = ["module load cuda"]
options = { mail-type = "END" }
"""
NUMBER = "4711"
SBATCH = (
    f'#!/bin/sh\necho "$1" >> "$(dirname "$0")/submitted"\necho "Submitted batch job {NUMBER}"\n'
)


@pytest.fixture
def slurm(tmp_path: Path) -> dict[str, str]:
    """Programs that are called as Slurm's; the variables by which they are found."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, text in (("sbatch", SBATCH), ("srun", "#!/bin/sh\n"), ("squeue", "#!/bin/sh\n")):
        (folder / name).write_text(text, "utf-8")
        (folder / name).chmod(0o755)
    (tmp_path / "here").mkdir()
    return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


def queue(folder: Path, words: str) -> None:
    (folder / "bin" / "squeue").write_text(f"#!/bin/sh\n{words}\n", "utf-8")


def answered(folder: Path, *more: str, **variables: str) -> tuple[int, dict[str, Any]]:
    command = ("suite", "small.toml", "--launcher", "slurm", "--json", *more)
    ended = called(folder / "here", *command, **variables)
    content: dict[str, Any] = json.loads(ended.out)
    return ended.status, content


def test_slurm_is_told_what_the_suite_says(tmp_path: Path, slurm: dict[str, str]) -> None:
    job = table("[job]", nodes=2, gpus=4, time="1-12:30:00", notice=300)
    suite(tmp_path / "here", run(task="coco-pose@tiny"), job, SLURM)
    queue(tmp_path, f"echo {NUMBER} PENDING")
    status, content = answered(tmp_path, **slurm)
    assert (status, states(content)) == (0, ["queued"])
    log = tmp_path / "here" / content["runs"][0]["log"]
    script = log.with_name(f"{NUMBER}_submission.sh").read_text("utf-8")
    told = {
        *("--partition=gpu", "--cpus-per-task=32", "--mem=200G", "--exclusive", "--mail-type=END"),
        *("--nodes=2", "--ntasks-per-node=1", "--gpus-per-node=4", "--time=2190"),
        *("--signal=USR2@300", "--open-mode=append"),
    }
    lines = {line.removeprefix("#SBATCH ") for line in script.splitlines()}
    assert told <= lines
    assert f"--output={log.with_name('%j_0_log.out')}" in lines
    assert "module load cuda" in lines
    assert "--cpus-per-task=32 " in next(line for line in lines if line.startswith("srun "))


def test_a_job_that_is_queued_or_gone_is_known_and_not_submitted_twice(
    tmp_path: Path, slurm: dict[str, str]
) -> None:
    suite(tmp_path / "here", run(task="coco-pose@tiny"), table("[job]", time=60))
    submitted = tmp_path / "bin" / "submitted"
    for known, state in (("PENDING", "queued"), ("RUNNING", "running"), ("REQUEUED", "queued")):
        queue(tmp_path, f"echo {NUMBER} {known}")
        status, content = answered(tmp_path, **slurm)
        assert (status, states(content)) == (0, [state])
        assert content["runs"][0]["said"] == f"job {NUMBER}, {known}"
        assert len(submitted.read_text("utf-8").splitlines()) == 1
    queue(tmp_path, "")
    _, content = answered(tmp_path, "--dry-run", **slurm)
    assert states(content) == ["failed"]
    assert content["runs"][0]["said"] == f"job {NUMBER} is gone and has left no log"
    answered(tmp_path, **slurm)
    assert len(submitted.read_text("utf-8").splitlines()) == 2


def test_what_slurm_does_not_take_is_its_own_sentence(
    tmp_path: Path, slurm: dict[str, str]
) -> None:
    suite(tmp_path / "here", run(task="coco-pose@tiny"), table("[job]", time=60))
    refusing = '#!/bin/sh\necho "sbatch: error: invalid partition specified: gpu" >&2\nexit 1\n'
    (tmp_path / "bin" / "sbatch").write_text(refusing, "utf-8")
    ended = called(tmp_path / "here", "suite", "small.toml", "--launcher", "slurm", **slurm)
    assert ended.status == 1
    words = "Error: sbatch does not take coco-pose@tiny: invalid partition specified: gpu\n"
    assert ended.err.endswith(words)


def test_slurm_that_does_not_answer_is_named(tmp_path: Path, slurm: dict[str, str]) -> None:
    suite(tmp_path / "here", run(task="coco-pose@tiny"), table("[job]", time=60))
    queue(tmp_path, f"echo {NUMBER} PENDING")
    assert answered(tmp_path, **slurm)[0] == 0
    queue(tmp_path, "echo 'slurm_load_jobs error: Unable to contact slurm controller' >&2\nexit 1")
    ended = called(tmp_path / "here", "suite", "small.toml", **slurm)
    assert ended.status == 1
    assert "Unable to contact slurm controller); call it on a machine of the cluster" in ended.err


def test_nodes_meet_at_the_first_ones_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SLURM_JOB_NODELIST", "gpu[07-08]")
    monkeypatch.setenv("SLURM_JOB_ID", "20005")
    attempt = Attempt(["run", "coco-pose"], tmp_path, nodes=2, processes=4, restarts=3)
    words = " ".join(attempt.torchrun(SlurmJobEnvironment()))
    assert "--nproc-per-node 4 --max-restarts 3 --nnodes 2" in words
    assert words.endswith("--rdzv-backend c10d --rdzv-id 20005 --rdzv-endpoint gpu07:20005")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (90, 90),
        ("90", 90),
        ("90:30", 90),
        ("2:30:00", 150),
        ("1-12", 2160),
        ("1-12:30", 2190),
        ("2-00:00:30", 2880),
        ("0:10", 1),
    ],
)
def test_a_time_is_read_as_slurm_reads_it(written: str | int, expected: int) -> None:
    assert minutes(written) == expected
