"""The model of waiting processes, and what rows cost, on cases that are worked out by hand."""

import costs
import numpy as np
import pytest
from costs import Card, Work
from simulation import Machine, Training, reducing, simulate

MACHINE = Machine(cores=16, cards=2, inside=1e9, between=1e8, latency=0.0)
# A sample is read in 10 ms; a step takes 20 ms and 2 for each of its samples.
TRAINING = Training(np.array([0.01]), 0.02, 0.002, 0)


def test_a_process_without_workers_reads_and_computes_in_turn() -> None:
    found = simulate(MACHINE, TRAINING, processes=1, batch=10, workers=0)
    # ten samples: 100 ms of reading, 40 of computing
    assert [found.step, found.waited] == pytest.approx([0.14, 0.1])


def test_one_worker_is_waited_for_where_it_is_slower_than_the_step() -> None:
    found = simulate(MACHINE, TRAINING, processes=1, batch=10, workers=1)
    assert [found.step, found.waited] == pytest.approx([0.1, 0.06])


def test_workers_that_are_fast_together_are_not_waited_for() -> None:
    # three take 33 ms for a batch, the step 40
    found = simulate(MACHINE, TRAINING, processes=1, batch=10, workers=3)
    assert [found.step, found.waited] == pytest.approx([0.04, 0])


def test_readers_beyond_the_cores_take_turns() -> None:
    # 2 processes with 15 workers each want 32 cores of 16: reading takes twice as long
    # 60 steps do not count, in 150 each worker reads ten batches
    slow = Training(np.array([0.15]), 0.02, 0.002, 0)
    alone = simulate(MACHINE, slow, processes=1, batch=10, workers=15, steps=210)
    both = simulate(MACHINE, slow, processes=2, batch=10, workers=15, steps=210)
    assert alone.step == pytest.approx(0.1)
    assert both.step == pytest.approx(0.2)


def test_a_step_waits_for_the_slowest_process() -> None:
    mixed = Training(np.array([0.0, 0.1]), 0.02, 0.0, 0)
    alone = simulate(MACHINE, mixed, processes=1, batch=1, workers=0, steps=4000)
    both = simulate(MACHINE, mixed, processes=2, batch=1, workers=0, steps=4000)
    # of two that read in 0 or 100 ms, at even chances, the slower takes 75 ms in the mean
    assert alone.step == pytest.approx(0.07, abs=0.003)
    assert both.step == pytest.approx(0.095, abs=0.003)


def test_a_ring_sends_each_byte_almost_twice_and_between_nodes_by_the_slower_way() -> None:
    assert reducing(MACHINE, 1, 10**9) == 0
    assert reducing(MACHINE, 2, 10**9) == pytest.approx(1.0)  # 2 x 1/2 of a GB at 1 GB/s
    assert reducing(MACHINE, 4, 10**8) == pytest.approx(1.5)  # 2 x 3/4 of 0.1 GB at 0.1 GB/s


def test_gradients_are_averaged_after_the_step() -> None:
    heavy = Training(np.array([0.0]), 0.5, 0.0, 10**9)
    found = simulate(MACHINE, heavy, processes=2, batch=1, workers=1)
    assert found.reduced == pytest.approx(1.0)
    assert found.step == pytest.approx(1.5)


def test_a_step_has_a_fixed_part_and_one_that_grows_with_multiply_adds() -> None:
    # 128 images in 148 ms and 32 in 52: 20 ms, and one for each
    card = Card(reference=1e9, at_128=128 / 0.148, at_32=32 / 0.052, prediction=1000)
    assert card.step(128, 1e9) == pytest.approx(0.148)
    assert card.step(10, 3e9) == pytest.approx(0.05)
    assert card.evaluation(4e12) == pytest.approx(2)  # 2,000 boxes, twice with the flip test


def test_a_training_is_its_steps_and_its_validations() -> None:
    card = Card(reference=1e9, at_128=128 / 0.148, at_32=32 / 0.052, prediction=1000)
    work = Work(trained=1e9, batch=10, steps=100, measured=4e12, validations=3)
    assert list(costs.seconds(work, card)) == pytest.approx([3 + 6, 2])


def test_the_ten_rows_are_those_that_the_list_of_published_figures_marks() -> None:
    named = {row.task.partition("@")[0] for row in costs.ROWS}
    assert named == {"coco-pose", "mpii-pose", "crowdpose", "300w", "h36m-lift", "imagenet"}
    assert len(costs.ROWS) == 9  # one is printed twice
