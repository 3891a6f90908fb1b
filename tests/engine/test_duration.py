"""What a training says beforehand of its duration, and that it changes nothing."""

import os
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from hrbench.engine import duration, room
from hrbench.engine.runtime import Runtime
from hrbench.engine.step import Cost, Plan, Step
from hrbench.engine.train import Trainer
from hrbench.road import training
from hrbench.road.training import spoken
from hrbench.spec import Recipe

PER_CALL, PER_SAMPLE, READ = 0.1, 0.01, 0.03  # seconds
SLACK = 0.3  # seconds that a busy machine may add
BATCH = 16
SAID = "Training: 1,200 steps of 32"


class Slow:
    """Samples that take `READ` seconds each to read."""

    def __len__(self) -> int:
        return 64

    def batches(self, batches: Any, epoch: int, *, workers: int, pin: bool) -> Any:
        del epoch, workers, pin
        for rows in batches:
            time.sleep(READ * len(rows))
            yield torch.ones(len(rows), 3) + torch.rand(1)  # a loader draws too

    def some(self, count: int) -> Tensor:
        return torch.ones(count, 3)


def slowly(answers: Tensor) -> Tensor:
    time.sleep(PER_CALL + PER_SAMPLE * len(answers))
    return answers.square().mean()


def trainer(folder: Path, *, workers: int = 1, loss: Any = slowly) -> Trainer[Tensor]:
    layers = (nn.Linear(3, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 1))
    recipe = Recipe(optimizer="adam", lr=1e-3, epochs=3, batch_size=BATCH, precision="fp32")
    plan = Plan(recipe, seed=0, workers=workers)
    runtime = Runtime(torch.device("cpu"))
    cost: Cost[Tensor] = Cost(lambda batch: (batch,), loss)
    return Trainer(Step(nn.Sequential(*layers), cost, plan, runtime), Slow(), folder)


def quickly(answers: Tensor) -> Tensor:
    return answers.square().mean()


def test_a_short_step_is_told_from_a_whole_batch(tmp_path: Path) -> None:
    found = duration.seconds_per_step(trainer(tmp_path, workers=100))
    expected = PER_CALL + PER_SAMPLE * BATCH
    assert expected <= found < expected + SLACK  # two samples alone: 0.96


def test_a_long_step_is_told_from_a_few_samples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duration, "SHORT", 0.0)
    found = duration.seconds_per_step(trainer(tmp_path, workers=100))
    assert found >= (PER_CALL + PER_SAMPLE * duration.FEW) * BATCH / duration.FEW


@pytest.mark.parametrize(("workers", "expected"), [(1, READ * BATCH), (2, READ * BATCH / 2)])
def test_reading_that_takes_longer_than_computing_is_what_is_waited_for(
    workers: int, expected: float, tmp_path: Path
) -> None:
    found = duration.seconds_per_step(trainer(tmp_path, workers=workers, loss=quickly))
    assert expected <= found < expected + SLACK


def test_without_workers_reading_comes_on_top(tmp_path: Path) -> None:
    found = duration.seconds_per_step(trainer(tmp_path, workers=0))
    assert found >= READ * BATCH + PER_CALL + PER_SAMPLE * BATCH


def test_nothing_of_the_training_changes(tmp_path: Path) -> None:
    short = trainer(tmp_path, loss=quickly)
    before = {name: tensor.clone() for name, tensor in short.network.state_dict().items()}
    random = torch.get_rng_state()
    duration.seconds_per_step(short)
    assert torch.equal(torch.get_rng_state(), random)
    assert all(torch.equal(before[name], t) for name, t in short.network.state_dict().items())
    assert all(parameter.grad is None for parameter in short.network.parameters())


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (20.0, "less than a minute"),
        (80.0, "a minute or two"),
        (300.0, "about 5 minutes"),
        (10_000.0, "about 3 hours"),
        (1_000_000.0, "about 12 days"),
    ],
)
def test_a_duration_is_spoken_roughly(seconds: float, words: str) -> None:
    assert spoken(seconds) == words


def announced(
    device: str,
    seconds: float,
    validate_every: int,
    monkeypatch: pytest.MonkeyPatch,
    reasons: tuple[str, ...] = (),
    compiled: object = None,
    needed: float = 0,
) -> None:
    """Say what a training of 1,200 steps says, where a step takes so long."""
    monkeypatch.setattr(duration, "seconds_per_step", lambda _: seconds)
    monkeypatch.setattr(room, "needed", lambda _: needed)
    monkeypatch.setattr(room, "free", lambda: 21e9)
    recipe = SimpleNamespace(batch_size=32, validate_every=validate_every)
    runtime = SimpleNamespace(device=torch.device(device))
    step = SimpleNamespace(words="eager, fp32", reasons=reasons, compiled=compiled)
    told: Any = SimpleNamespace(
        steps=1200, steps_taken=0, recipe=recipe, runtime=runtime, step=step
    )
    training.announce(told)


def test_every_training_says_beforehand_how_long_it_takes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    announced("cuda:0", 3.0, 10, monkeypatch, ("--eager was asked for",))
    announced("cpu", 3.0, 0, monkeypatch)
    announced("cpu", 0.1, 0, monkeypatch, needed=16e9)
    announced("cpu", 0.1, 0, monkeypatch, compiled=object(), needed=19.4e9)
    card, cpu = (f"{SAID} on {name} (eager, fp32), about" for name in ("cuda:0", "cpu"))
    assert capsys.readouterr().err.splitlines() == [
        f"{card} 60 minutes and the validations; --eager was asked for",
        f"{cpu} 60 minutes; a GPU (--device cuda) or a smaller variant is faster",
        f"{cpu} 2 minutes",
        (
            f"{cpu} 2 minutes; compiling comes on top, a minute or more; a step takes 19 GB of "
            "memory and more, of 21 GB that are free: if it is killed, --set recipe.batch_size=N "
            "or a smaller variant needs less"
        ),
    ]


def test_a_training_that_has_ended_says_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    short = trainer(tmp_path)
    short.position = type(short.position)(epoch=3)
    training.announce(short)
    assert not capsys.readouterr().err


def test_the_memory_of_a_step_is_what_is_kept_of_its_whole_batch(tmp_path: Path) -> None:
    """Of 16 samples the linear layers keep 3 and 8 numbers, batch normalisation and dropout 8
    each, the square 1, in single precision; a mean and a deviation of 8 columns are no samples'."""
    made = trainer(tmp_path, loss=quickly)
    dropout_mask = 8  # booleans or numbers, as torch likes
    least, most = BATCH * 4 * (3 + 8 + 8 + 1), BATCH * 4 * (3 + 8 + 8 + 8 + dropout_mask + 2 + 64)
    assert least <= room.needed(made) <= most
    assert made.steps_taken == 0


def test_free_memory_is_no_more_than_the_machine_has() -> None:
    assert 1e8 < room.free() <= os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
