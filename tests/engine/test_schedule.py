from typing import Any

import numpy as np
import pytest
import torch
from torch.optim.lr_scheduler import (
    CosineAnnealingLR,
    LinearLR,
    LRScheduler,
    MultiStepLR,
    SequentialLR,
)

from hrbench.engine.schedule import WARMUP_START, batches_of, momentum, rate
from hrbench.spec import Recipe

STEPS = 40  # of a training
PER_EPOCH = 10


def recipe(**keys: Any) -> Recipe:
    return Recipe(**{"optimizer": "adam", "lr": 1e-3, "epochs": 1, "batch_size": 1, **keys})


def rates(falling: Recipe) -> list[float]:
    """The rate of each step of a training."""
    return [rate(falling, step // PER_EPOCH, step, STEPS) for step in range(STEPS)]


def torchs(optimizer: torch.optim.Optimizer, schedulers: list[LRScheduler]) -> list[float]:
    """The same by schedulers of torch's, each of which takes a step after each of the optimiser."""
    found = []
    for _ in range(STEPS):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        for scheduler in schedulers:
            scheduler.step()
    return found


def sgd() -> torch.optim.Optimizer:
    return torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1e-3)


def test_the_rate_falls_tenfold_after_each_milestone() -> None:
    falling = recipe(milestones=(170, 200))
    found = [rate(falling, epoch, 0, 1) for epoch in (0, 169, 170, 199, 200)]
    assert found == pytest.approx([1e-3, 1e-3, 1e-4, 1e-4, 1e-5])


def test_the_rate_falls_after_every_epoch() -> None:
    falling = recipe(schedule="epochs", decay=0.95)
    assert [rate(falling, epoch, 7, 9) for epoch in (0, 1, 2)] == [1e-3, 0.95e-3, 0.95**2 * 1e-3]


def test_the_rate_falls_smoothly_over_steps() -> None:
    falling = recipe(schedule="steps", decay=0.96)
    assert rate(falling, 3, 0, 1) == 1e-3
    assert rate(falling, 3, 50_000, 1) == pytest.approx(1e-3 * 0.96**0.5)
    assert rate(falling, 3, 100_000, 1) == pytest.approx(0.96e-3)


def test_the_rate_falls_to_0_along_a_cosine_as_torchs_does() -> None:
    optimizer = sgd()
    theirs = torchs(optimizer, [CosineAnnealingLR(optimizer, T_max=STEPS)])
    assert rates(recipe(schedule="cosine")) == pytest.approx(theirs)
    assert rate(recipe(schedule="cosine"), 4, STEPS, STEPS) == 0


# Torch's own scheduler of schedulers steps them as older releases of it warn against.
@pytest.mark.filterwarnings("ignore:The epoch parameter in:UserWarning")
def test_a_warm_up_before_a_cosine_is_torchs_two_schedulers_in_a_row() -> None:
    optimizer = sgd()
    warm = LinearLR(optimizer, start_factor=WARMUP_START, total_iters=8)
    fall = CosineAnnealingLR(optimizer, T_max=STEPS - 8)
    theirs = torchs(optimizer, [SequentialLR(optimizer, [warm, fall], milestones=[8])])
    ours = rates(recipe(schedule="cosine", warmup_steps=8))
    assert ours == pytest.approx(theirs)
    assert ours[0] == pytest.approx(1e-6)
    assert max(ours) == ours[8] == 1e-3


def test_a_warm_up_before_milestones_is_torchs_two_schedulers_at_once() -> None:
    """The milestone, epoch 1, lies within the warm-up, so that both count."""
    optimizer = sgd()
    warm = LinearLR(optimizer, start_factor=WARMUP_START, total_iters=15)
    fall = MultiStepLR(optimizer, milestones=[PER_EPOCH], gamma=0.1)
    theirs = torchs(optimizer, [warm, fall])
    assert rates(recipe(milestones=(1,), warmup_steps=15)) == pytest.approx(theirs)


def test_batch_normalisation_forgets_a_hundred_times_more_slowly_at_the_end() -> None:
    values = [momentum(0.1, 0.001, epoch, 80) for epoch in (0, 40, 80)]
    assert values == pytest.approx([0.1, 0.01, 0.001])


def test_batches_take_every_row_once() -> None:
    batches = batches_of(np.arange(10), 4, world=1)
    assert [batch.tolist() for batch in batches] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


def test_a_last_batch_too_small_for_the_processes_is_left_out() -> None:
    assert [len(batch) for batch in batches_of(np.arange(9), 4, world=2)] == [4, 4]
