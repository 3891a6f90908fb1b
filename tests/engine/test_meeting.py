"""Processes that are started again on the store of those before them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from torch._C._distributed_c10d import HashStore
from torch.distributed.distributed_c10d import Store

from hrbench.engine.meeting import met
from hrbench.errors import RunError

WORLD = 3


def started(store: Store) -> list[str]:
    """The words of all processes, of which the first comes last."""
    with ThreadPoolExecutor(WORLD) as together:
        return list(together.map(lambda rank: met(store, rank, WORLD), reversed(range(WORLD))))


def test_processes_that_start_again_do_not_meet_those_before_them() -> None:
    store = HashStore()
    words = [started(store) for _ in range(5)]
    assert all(len(set(word)) == 1 for word in words)
    assert len({word[0] for word in words}) == len(words)


@pytest.mark.parametrize("rank", [0, 1])
def test_a_process_waits_for_none_that_was_there_before(rank: int) -> None:
    store = HashStore()
    started(store)
    with pytest.raises(
        RunError, match=f"process {rank} of 3 has waited 0:00:00.1.* for the others"
    ):
        met(store, rank, WORLD, timedelta(seconds=0.1))
