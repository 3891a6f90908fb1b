"""Ctrl-C, and a scheduler's SIGTERM: no traceback, nothing lost, the same figures in the end."""

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from cli.command import INSTALLED, MINUTES, called, environment, installed, refused

from hrbench.engine.execution import EAGER
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


def interrupted(folder: Path, world: Path, number: signal.Signals) -> str:
    """Train below `folder` until a signal comes after the first row; return the run's folder."""
    process = started(folder, *TRAINING, "--data", str(world))
    wait_for_a_row(folder)
    err = stopped(process, number)
    found = re.search(r"Interrupted; go on with: hrbench run --resume (\S+)\n", err)
    assert found, err
    return found[1]


@pytest.fixture(scope="module")
def unstopped(world: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The record of the same training when nothing stops it."""
    folder = tmp_path_factory.mktemp("whole")
    whole = installed(folder, *TRAINING, "--data", str(world), "--json")
    assert whole.status == 0, whole.err
    record: dict[str, Any] = json.loads(whole.out)["record"]
    return record


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "path", "reasons"),
    [(signal.SIGINT, [], ()), (signal.SIGTERM, ["--eager"], (EAGER,))],
    ids=["SIGINT", "SIGTERM"],
)
def test_a_stopped_training_keeps_its_checkpoint_and_goes_on_to_the_same_record(
    number: signal.Signals,
    path: list[str],
    reasons: tuple[str, ...],
    unstopped: dict[str, Any],
    world: Path,
    tmp_path: Path,
) -> None:
    run = interrupted(tmp_path, world, number)
    assert (tmp_path / run / "checkpoints" / "last.pt").exists()
    words = [f"has not been trained to its end; go on with `hrbench run --resume {run}`"]
    refused(called(tmp_path, "score", run), words)
    words = ["has no record.json, so the run has not finished", f"`hrbench run --resume {run}`"]
    refused(called(tmp_path, "report", run), words)

    resumed = installed(tmp_path, "run", "--resume", run, *path)
    assert resumed.status == 0, resumed.err
    rows = (tmp_path / run / "log.csv").read_text().splitlines()[1:]
    steps = [int(row.split(",")[0]) for row in rows]
    assert steps == sorted(set(steps))
    record = runs.read(tmp_path / run)
    assert record.weights.sha256 == unstopped["weights"]["sha256"]
    if not path:  # eager, batch normalisation is not folded, and figures differ in late digits
        assert record.seal == unstopped["seal"]
    assert record.execution.training is not None
    assert record.execution.training.reasons == reasons
    words = [f"{run} has ended; `hrbench score {run}` scores it again"]
    refused(called(tmp_path, "run", "--resume", run), words)


def test_stopped_before_it_trains_it_leaves_nothing(tree: Path, tmp_path: Path) -> None:
    pipe = tree / "coco" / "annotations" / "person_keypoints_val2017.json"
    pipe.unlink()
    os.mkfifo(pipe)
    process = started(tmp_path, *TRAINING, "--data", str(tree))
    with pipe.open("wb"):  # waits until the command reads it, which then waits for us
        assert stopped(process, signal.SIGINT) == "\nInterrupted\n"
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="Windows ends processes without telling them")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_a_set_that_is_stopped_while_it_is_made_leaves_nothing(
    number: signal.Signals, tmp_path: Path
) -> None:
    process = started(tmp_path, "make", "coco", "made/data", "--images", "5000")
    end = time.monotonic() + MINUTES
    while not any(tmp_path.rglob("*.jpg")) and time.monotonic() < end:
        time.sleep(0.02)
    assert "Interrupted" in stopped(process, number)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
