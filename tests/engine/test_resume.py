"""Training that is stopped and goes on ends where it would have ended."""

import csv
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from specs import landmark_task
from torch import Tensor
from worlds import small_world

from hrbench import catalog
from hrbench.begun.options import Options
from hrbench.data.loader import Batch
from hrbench.engine import train
from hrbench.engine.log import COLUMNS, OF_STEPS, Figure
from hrbench.engine.runtime import Runtime
from hrbench.engine.train import Interrupted, Trainer
from hrbench.errors import RunError
from hrbench.formats import location
from hrbench.kinds.landmarks.task import Landmarks
from hrbench.network import ImageNetwork
from hrbench.road import building, training

pytestmark = pytest.mark.usefixtures("one_thread")
PEOPLE, BATCH, EPOCHS = 10, 4, 2
STEPS = EPOCHS * 3  # 4 + 4 + 2 persons an epoch
SETTINGS = (
    "model.input=[64, 64]",
    f"recipe.batch_size={BATCH}",
    f"recipe.epochs={EPOCHS}",
    "recipe.milestones=[1]",
)


def nothing() -> Figure | None:
    return None


def figure(value: float, *, higher_is_better: bool = True) -> Figure:
    name, unit = ("AP", "%") if higher_is_better else ("MPJPE", "mm")
    return Figure(name, value, unit, higher_is_better)


def trainer(folder: Path, *keys: str, workers: int = 0, validate_every: int = 0) -> Trainer[Batch]:
    every = f"recipe.validate_every={validate_every}"
    spec = landmark_task("coco-pose@tiny", (*SETTINGS, every, *keys))
    dataset = catalog.load_dataset("coco")
    data_root = location.DataRoot(small_world(), synthetic=True)
    task = Landmarks(spec, dataset, data_root, Options(seed=3, workers=workers))
    cpu = Runtime(torch.device("cpu"))
    evaluation = task.evaluation()
    built = building.build(task, evaluation, task.training(evaluation), cpu)
    assert built.training is not None
    feed: Any = built.training.feed
    feed = replace(feed, people=feed.people.rows(torch.arange(PEOPLE).numpy()))
    return training.trainer_of(task, built, feed, cpu, folder)


def stop_at(job: Trainer[Batch], step: int, number: signal.Signals, times: int = 1) -> None:
    """Let a signal come in the middle of a step, counted from 1."""
    cost, taken = job.step.cost, iter(range(1, STEPS + 1))

    def interrupted(scores: Tensor, *truth: Tensor) -> Tensor:
        if next(taken) == step:
            for _ in range(times):
                os.kill(os.getpid(), number)
        return cost.loss(scores, *truth)

    job.step.cost = replace(cost, loss=interrupted)


def tensors(job: Trainer[Batch]) -> dict[str, Tensor]:
    assert isinstance(job.network, ImageNetwork)
    return {name: tensor.clone() for name, tensor in job.network.state_dict().items()}


def equal(first: dict[str, Tensor], second: dict[str, Tensor]) -> bool:
    return all(torch.equal(first[name], second[name]) for name in first | second)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Tensor]:
    job = trainer(tmp_path_factory.mktemp("whole"))
    start = tensors(job)
    job.fit(nothing)
    assert not equal(start, tensors(job))
    return tensors(job)


@pytest.mark.parametrize(
    ("step", "number"),  # 3 and 6 are the last steps of their epochs
    [(1, signal.SIGINT), (3, signal.SIGINT), (5, signal.SIGTERM), (6, signal.SIGINT)],
)
def test_stopped_in_a_step_and_resumed_it_ends_with_the_same_weights(
    step: int, number: signal.Signals, uninterrupted: dict[str, Tensor], tmp_path: Path
) -> None:
    first = trainer(tmp_path)
    stop_at(first, step, number)
    with pytest.raises(Interrupted):
        first.fit(nothing)
    assert first.position.epoch * 3 + first.position.step == step
    second = trainer(tmp_path)
    second.resume()
    assert equal(tensors(first), tensors(second))
    second.fit(nothing)
    assert equal(tensors(second), uninterrupted)
    logged = (tmp_path / "log.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in logged[1:]] == sorted({f"{step}", "3", "6"})


def test_stopped_again_and_again_it_ends_with_the_same_weights(
    uninterrupted: dict[str, Tensor], tmp_path: Path
) -> None:
    for _ in range(STEPS - 2):
        job = trainer(tmp_path, workers=1)
        job.resume()
        stop_at(job, 1, signal.SIGINT)
        with pytest.raises(Interrupted):
            job.fit(nothing)
    job = trainer(tmp_path)
    job.resume()
    job.fit(nothing)
    assert equal(tensors(job), uninterrupted)


def test_a_cosine_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    keys = (
        *("recipe.optimizer=adamw", "recipe.weight_decay=0.1", "recipe.warmup_steps=2"),
        *("recipe.schedule=cosine", "recipe.milestones=[]"),
    )
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    whole, first = trainer(tmp_path / "a", *keys), trainer(tmp_path / "b", *keys)
    whole.fit(nothing)
    stop_at(first, STEPS - 2, signal.SIGINT)
    with pytest.raises(Interrupted):
        first.fit(nothing)
    second = trainer(tmp_path / "b", *keys)
    second.resume()
    second.fit(nothing)
    assert equal(tensors(second), tensors(whole))
    assert float(rows_of(tmp_path / "b")[-1]["learning_rate"]) == 0


def test_a_warm_up_that_is_never_over_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=rf"warmup_steps is {STEPS}, and the training has {STEPS}"):
        trainer(tmp_path, f"recipe.warmup_steps={STEPS}")


def test_stopped_while_it_validates_it_validates_again(tmp_path: Path) -> None:
    def stopped() -> Figure | None:
        os.kill(os.getpid(), signal.SIGINT)
        return None

    first = trainer(tmp_path / "a", validate_every=1)
    (tmp_path / "a").mkdir()
    with pytest.raises(KeyboardInterrupt):
        first.fit(stopped)
    second = trainer(tmp_path / "a", validate_every=1)
    second.resume()
    assert equal(tensors(first), tensors(second))
    values = iter([figure(30.0), figure(20.0)])
    second.fit(lambda: next(values))
    assert second.position.best == 30
    assert next(values, None) is None


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "log.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("higher_is_better", "best", "said"),
    [
        (True, ["30.04", "30.04"], "AP 20 %; best so far 30.04 %"),
        (False, ["30.04", "20"], "MPJPE 20 mm, the best so far"),
    ],
)
def test_every_validation_is_said_and_logged_beside_the_best_so_far(
    higher_is_better: bool,
    best: list[str],
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = iter([figure(value, higher_is_better=higher_is_better) for value in (30.04, 20.0)])
    trainer(tmp_path, validate_every=1).fit(lambda: next(found))
    rows = [row for row in rows_of(tmp_path) if row["metric"]]
    assert [(row["epoch"], row["value"]) for row in rows] == [("1", "30.04"), ("2", "20")]
    assert [row["best"] for row in rows] == best
    lines = capsys.readouterr().err.splitlines()
    assert f"epoch 2/2: {said}" in lines
    assert lines[0].endswith(", the best so far")


def test_a_training_that_goes_on_keeps_the_rows_of_an_older_log(tmp_path: Path) -> None:
    first = trainer(tmp_path)
    stop_at(first, 4, signal.SIGINT)
    with pytest.raises(Interrupted):
        first.fit(nothing)
    log = tmp_path / "log.csv"
    old = [",".join(row[name] for name in OF_STEPS) for row in rows_of(tmp_path)]
    log.write_text("\n".join([",".join(OF_STEPS), *old, ""]), "utf-8")
    second = trainer(tmp_path, validate_every=1)
    second.resume()
    second.fit(lambda: figure(12.5))
    lines = log.read_text("utf-8").splitlines()
    assert lines[0] == ",".join(COLUMNS)
    assert lines[1 : 1 + len(old)] == [f"{row},,," for row in old]
    assert lines[-1] == "6,2,,,,,AP,12.5,12.5"


def test_the_best_of_an_interrupted_training_is_still_the_best(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = trainer(tmp_path, validate_every=1)
    stop_at(first, 4, signal.SIGINT)
    with pytest.raises(Interrupted):
        first.fit(lambda: figure(40.0, higher_is_better=False))
    second = trainer(tmp_path, validate_every=1)
    second.resume()
    second.fit(lambda: figure(50.0, higher_is_better=False))
    assert "epoch 2/2: MPJPE 50 mm; best so far 40 mm\n" in capsys.readouterr().err


def test_a_second_signal_is_not_waited_for(tmp_path: Path) -> None:
    job = trainer(tmp_path)
    stop_at(job, 4, signal.SIGINT, times=2)
    with pytest.raises(KeyboardInterrupt) as caught:
        job.fit(nothing)
    assert not isinstance(caught.value, Interrupted)
    again = trainer(tmp_path)
    again.resume()
    assert (again.position.epoch, again.position.step) == (1, 0)  # of the epoch's end


def test_a_schedulers_signal_may_come_twice(tmp_path: Path) -> None:
    job = trainer(tmp_path)
    stop_at(job, 4, signal.SIGTERM, times=2)
    with pytest.raises(Interrupted):
        job.fit(nothing)
    again = trainer(tmp_path)
    again.resume()
    assert (again.position.epoch, again.position.step) == (1, 1)


def test_one_of_several_processes_gets_a_signal_as_often_as_torchrun_passes_it_on() -> None:
    for number in train.STOPPING:
        stop = train.StopSignals(alone=False)
        with stop:
            for _ in range(3):
                os.kill(os.getpid(), number)
        assert stop.asked


def test_signals_are_the_processs_own_again_afterwards(tmp_path: Path) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    job = trainer(tmp_path)
    stop_at(job, 1, signal.SIGTERM)
    with pytest.raises(Interrupted):
        job.fit(nothing)
    assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)] == before


def spoilt(content: bytes) -> bytes:
    return content[:-100]


@pytest.mark.parametrize("spoil", [spoilt, lambda _: b"", lambda _: b"<html>"])
def test_a_broken_checkpoint_is_named(spoil: Callable[[bytes], bytes], tmp_path: Path) -> None:
    job = trainer(tmp_path)
    job.fit(nothing)
    job.last.write_bytes(spoil(job.last.read_bytes()))
    with pytest.raises(RunError, match=r"last\.pt is no checkpoint that this run can go on from"):
        trainer(tmp_path).resume()


def test_a_checkpoint_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "checkpoints").write_text("a file in its place")
    with pytest.raises(RunError, match=r"last\.pt cannot be written .*; is the disk full\?"):
        trainer(tmp_path).fit(nothing)
