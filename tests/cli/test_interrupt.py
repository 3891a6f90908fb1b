"""Ctrl-C, and a scheduler's SIGTERM: no traceback, nothing lost, the same figures in the end."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from cli.command import INSTALLED, MINUTES, environment, installed

from hrbench.report import runs

EPOCHS = 8
TRAINING = ["run", "coco-pose@tiny", "--boxes", "gt", "--device", "cpu", "--workers", "1"]
TRAINING += ["--set", f"recipe.epochs={EPOCHS}", "--set", "recipe.batch_size=8"]
TRAINING += ["--set", "model.input=[64, 64]"]


def started(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [*INSTALLED, *arguments],
        cwd=folder,
        env=environment({}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # with its workers a group of its own, as in a terminal
    )


def wait_for_a_row(folder: Path) -> None:
    """Wait until `log.csv` of the run below `folder` has a row."""
    end = time.monotonic() + MINUTES
    while time.monotonic() < end:
        if any(len(log.read_text().splitlines()) > 1 for log in folder.rglob("log.csv")):
            return
        time.sleep(0.02)
    pytest.fail("no row of log.csv was written")


def stopped(process: "subprocess.Popen[str]", number: signal.Signals) -> str:
    """Send a signal to a command and its workers; return what it says on standard error."""
    os.killpg(process.pid, number)
    _, err = process.communicate(timeout=MINUTES)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    return err


@pytest.mark.parametrize(
    "number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)]
)
def test_a_stopped_training_goes_on_to_the_same_figures(
    number: signal.Signals, world: Path, tmp_path: Path
) -> None:
    process = started(tmp_path, *TRAINING, "--data", str(world))
    wait_for_a_row(tmp_path)
    err = stopped(process, number)
    found = re.search(r"Interrupted; go on with: hrbench run --resume (\S+)\n", err)
    assert found, err
    folder = tmp_path / found[1]
    assert (folder / "checkpoints" / "last.pt").exists()
    assert not (folder / "record.json").exists()

    resumed = installed(tmp_path, "run", "--resume", found[1])
    assert resumed.status == 0, resumed.err
    steps = [int(line.split(",")[0]) for line in (folder / "log.csv").read_text().splitlines()[1:]]
    assert steps == sorted(set(steps))
    whole = installed(tmp_path, *TRAINING, "--data", str(world), "--out", "whole")
    assert whole.status == 0, whole.err
    (again,) = (tmp_path / "whole" / "coco-pose").iterdir()
    assert runs.read(folder).id == runs.read(again).id

    refused = installed(tmp_path, "run", "--resume", found[1])
    assert refused.status == 1
    assert f"Error: {found[1]} has ended; `hrbench score {found[1]}`" in refused.err


def test_stopped_before_it_trains_it_leaves_nothing(tree: Path, tmp_path: Path) -> None:
    pipe = tree / "coco" / "annotations" / "person_keypoints_val2017.json"
    pipe.unlink()
    os.mkfifo(pipe)
    process = started(tmp_path, *TRAINING, "--data", str(tree))
    with pipe.open("wb"):  # waits until the command reads it, which then waits for us
        assert stopped(process, signal.SIGINT) == "\nInterrupted\n"
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_a_run_that_has_not_ended_is_neither_scored_nor_reported(
    world: Path, tmp_path: Path
) -> None:
    process = started(tmp_path, *TRAINING, "--data", str(world))
    wait_for_a_row(tmp_path)
    stopped(process, signal.SIGINT)
    (folder,) = (tmp_path / "results" / "runs" / "coco-pose").iterdir()
    for command, words in (
        ("score", f"has not been trained to its end; go on with --resume {folder}"),
        ("report", "has no record.json, so the run has not finished"),
    ):
        refused = installed(tmp_path, command, str(folder))
        assert refused.status == 1
        assert words in refused.err
        assert refused.new == ()
