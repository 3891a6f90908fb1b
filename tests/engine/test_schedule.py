import numpy as np
import pytest

from hrbench.engine.schedule import Schedule, batches_of, momentum


def test_the_rate_falls_tenfold_after_each_milestone() -> None:
    falling = Schedule(1e-3, "milestones", (170, 200), 0.1, 100_000)
    rates = [falling.rate(epoch, step=0) for epoch in (0, 169, 170, 199, 200)]
    assert rates == pytest.approx([1e-3, 1e-3, 1e-4, 1e-4, 1e-5])


def test_the_rate_falls_after_every_epoch() -> None:
    falling = Schedule(1e-3, "epochs", (), 0.95, 100_000)
    assert [falling.rate(epoch, step=7) for epoch in (0, 1, 2)] == [1e-3, 0.95e-3, 0.95**2 * 1e-3]


def test_the_rate_falls_smoothly_over_steps() -> None:
    falling = Schedule(1e-3, "steps", (), 0.96, 100_000)
    assert falling.rate(3, step=0) == 1e-3
    assert falling.rate(3, step=50_000) == pytest.approx(1e-3 * 0.96**0.5)
    assert falling.rate(3, step=100_000) == pytest.approx(0.96e-3)


def test_batch_normalisation_forgets_a_hundred_times_more_slowly_at_the_end() -> None:
    values = [momentum(0.1, 0.001, epoch, 80) for epoch in (0, 40, 80)]
    assert values == pytest.approx([0.1, 0.01, 0.001])


def test_batches_take_every_row_once() -> None:
    batches = batches_of(np.arange(10), 4, world=1)
    assert [batch.tolist() for batch in batches] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


def test_a_last_batch_too_small_for_the_processes_is_left_out() -> None:
    assert [len(batch) for batch in batches_of(np.arange(9), 4, world=2)] == [4, 4]
