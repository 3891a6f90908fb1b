"""`hrbench run TASK --resume auto`: on with what a kill has left, also under torchrun."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from cli.command import MINUTES, called, environment, installed, refused
from cli.test_interrupt import started
from worlds import small_world

from hrbench import world
from hrbench.begun import under_way
from hrbench.report import runs
from hrbench.report.record import RunRecord
from hrbench.report.run_folders import every

BRIEF = ["--boxes", "gt", "--device", "cpu", "--workers", "0"]
BRIEF += ["--set", "recipe.epochs=3", "--set", "recipe.batch_size=8"]
BRIEF += ["--set", "model.input=[64, 64]"]
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--rdzv-backend", "c10d"]


def training(*more: str) -> list[str]:
    return ["run", "coco-pose@tiny", "--data", str(small_world()), *BRIEF, *more]


def wait_until(happened: Callable[[], object]) -> None:
    end = time.monotonic() + MINUTES
    while not happened():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def checkpoints(folder: Path) -> list[Path]:
    return list(folder.rglob("last.pt"))


def steps_of(run: Path) -> list[int]:
    rows = (run / "log.csv").read_text("utf-8").splitlines()[1:]
    return [int(row.split(",")[0]) for row in rows]


@pytest.mark.slow
def test_a_killed_run_goes_on_by_the_same_command_to_the_same_record(tmp_path: Path) -> None:
    whole = installed(tmp_path, *training("--out", "whole", "--json"))
    assert whole.status == 0, whole.err
    process = started(tmp_path, *training("--resume", "auto"))
    wait_until(lambda: checkpoints(tmp_path / "results"))
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    (run,) = every(tmp_path / "results")
    with (run / "log.csv").open("a", encoding="utf-8") as log:  # of steps that no checkpoint has
        log.write("99,1,0.5,0.1,1.0,0.0,,,\n")
    again = called(tmp_path, *training("--resume", "auto", "--workers", "1"))
    assert again.status == 0, again.err
    assert f"goes on with {run.relative_to(tmp_path)}\n" in again.err
    assert every(tmp_path / "results") == [run]
    assert runs.read(run).seal == json.loads(whole.out)["record"]["seal"]
    assert steps_of(run) == sorted(set(steps_of(run)))
    assert steps_of(run)[-1] < 99


def test_what_has_ended_is_not_run_again_and_another_experiment_is_begun(tmp_path: Path) -> None:
    brief = training("--resume", "auto", "--limit", "1", "--set", "recipe.epochs=1")
    first = called(tmp_path, *brief, "--json")
    assert first.status == 0, first.err
    again = called(tmp_path, *brief, "--workers", "1", "--json")
    assert again.new == again.gone == ()
    assert json.loads(again.out) == json.loads(first.out)
    assert f" has a record: {json.loads(first.out)['run']}\n" in again.err
    assert called(tmp_path, *brief, "--seed", "1").status == 0
    ended = every(tmp_path / "results")
    assert len(ended) == 2
    (ended[0] / "record.json").write_text("{}", "utf-8")  # damaged
    (ended[1] / "record.json").unlink()
    assert "goes on with" not in called(tmp_path, *brief).err
    assert (
        f"goes on with {ended[1].relative_to(tmp_path)}"
        in called(tmp_path, *brief, "--seed", "1").err
    )
    assert len(every(tmp_path / "results")) == 3


def test_a_run_on_other_data_in_the_same_folder_is_another_one(tmp_path: Path) -> None:
    for seed in (0, 1):
        world.make("coco", tmp_path / "data", images=16, size=(128, 128), seed=seed)
        brief = training("--resume", "auto", "--set", "recipe.epochs=1", "--data", "data")
        assert called(tmp_path, *brief).status == 0
        shutil.rmtree(tmp_path / "data")
    assert len(every(tmp_path / "results")) == 2


def test_a_run_that_is_under_way_is_left_to_its_process(tmp_path: Path) -> None:
    brief = training("--limit", "1", "--set", "recipe.epochs=1")
    assert called(tmp_path, *brief).status == 0
    (run,) = every(tmp_path / "results")
    assert not (run / under_way.LOCK).exists()
    (run / "record.json").unlink()
    with under_way.take(run):
        assert under_way.is_under_way(run)
        for command in ([*brief, "--resume", "auto"], ["run", "--resume", "latest"]):
            ended = called(tmp_path, *command)
            assert ended.status == 1
            assert f"{run.relative_to(tmp_path)} is under way in another process" in ended.err
            assert (run / "run.json").is_file()
    assert not under_way.is_under_way(run)
    assert called(tmp_path, "run", "--resume", "latest").status == 0


def test_one_command_goes_on_with_one_run(tmp_path: Path) -> None:
    several = called(tmp_path, *training("--resume", "auto", "--seeds", "2"))
    assert (several.status, several.new) == (2, ())
    assert "leave out --seeds" in several.err
    nameless = called(tmp_path, "run", "--resume", "auto")
    assert nameless.status == 2
    refused(called(tmp_path, "run", "coco-poze", "--resume", "auto"), ["Did you mean 'coco-pose'"])


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def two_nodes(folder: Path) -> "Iterator[list[subprocess.Popen[str]]]":
    """Yield two of torchrun's agents, on this machine, as two nodes of a process each."""
    folder.mkdir()
    place = ["--rdzv-endpoint", f"127.0.0.1:{free_port()}", "--rdzv-id", "test"]
    nodes = ["--nnodes", "2", "--nproc-per-node", "1", "--local-addr", "127.0.0.1"]
    run = ["--max-restarts", "3", "-m", "hrbench", *training("--resume", "auto")]
    started = [
        subprocess.Popen(
            [*TORCHRUN, *place, *nodes, *run],
            cwd=folder,
            env=environment({}),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    try:
        yield started
    finally:
        for agent in started:
            agent.terminate()  # with its process; nothing where it has ended
            agent.communicate(timeout=MINUTES)


def record_of(nodes: "Iterable[subprocess.Popen[str]]", folder: Path) -> RunRecord:
    """Wait for all; return the record of the one run that they leave."""
    for agent in nodes:
        _, err = agent.communicate(timeout=MINUTES)
        assert agent.returncode == 0, err
    (run,) = every(folder)
    return runs.read(run)


@pytest.mark.slow
def test_two_nodes_of_which_a_process_is_killed_end_with_the_same_record(tmp_path: Path) -> None:
    with two_nodes(tmp_path / "whole") as nodes:
        whole = record_of(nodes, tmp_path / "whole")
    with two_nodes(tmp_path / "killed") as nodes:
        wait_until(lambda: checkpoints(tmp_path / "killed"))
        (worker,) = psutil.Process(nodes[0].pid).children()
        worker.kill()
        killed = record_of(nodes, tmp_path / "killed")
    assert killed.seal == whole.seal
    assert killed.weights.sha256 == whole.weights.sha256
