import io

import numpy as np
import pytest

from hrbench.engine.progress import Steps
from hrbench.engine.schedule import batches_of, learning_rate


def test_the_rate_falls_tenfold_after_each_milestone() -> None:
    rates = [learning_rate(1e-3, (170, 200), 0.1, epoch) for epoch in (0, 169, 170, 199, 200)]
    assert rates == pytest.approx([1e-3, 1e-3, 1e-4, 1e-4, 1e-5])


def test_batches_take_every_row_once() -> None:
    batches = batches_of(np.arange(10), 4, world=1)
    assert [batch.tolist() for batch in batches] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


def test_a_last_batch_too_small_for_the_processes_is_left_out() -> None:
    assert [len(batch) for batch in batches_of(np.arange(9), 4, world=2)] == [4, 4]


def test_a_pipe_gets_a_plain_line_at_the_end() -> None:
    out = io.StringIO()
    with Steps("training", 3, out=out) as steps:
        for _ in range(3):
            steps.advance(note="loss 1.5")
    assert out.getvalue() == "training 3/3  took 0:00:00  loss 1.5\n"


def test_what_is_left_is_told_from_what_was_done_since_the_start() -> None:
    steps = Steps("training", 30, done=10, out=io.StringIO())
    steps.done = 20
    assert steps.line(seconds=5.0) == "training 20/30  0:00:05 left"
