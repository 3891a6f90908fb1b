"""Processes that work side by side: none stays when the one that began them is gone."""

import signal
import subprocess
import sys

import pytest

from hrbench import pools
from hrbench.pools import pool_of

KILLED = """
import os
from hrbench.pools import pool_of
with pool_of(2) as pool:
    print(sum(pool.map(abs, range(-4, 4))), flush=True)
    os._exit(9)  # as a kill ends it: nothing is told to the others
"""


def test_processes_end_with_the_one_that_began_them() -> None:
    # Whoever is left has standard output open, and is waited for.
    done = subprocess.run(
        [sys.executable, "-c", KILLED], capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout) == (9, "16\n")


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="Windows has no such masks")
def test_an_interrupt_of_all_reaches_no_process_even_before_it_has_begun() -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    with pool_of(2) as pool:
        assert pool is not None
        masks = [pool.submit(signal.pthread_sigmask, signal.SIG_BLOCK, []) for _ in range(4)]
        assert all(signal.SIGINT in mask.result() for mask in masks)
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == before


def test_one_process_is_this_one() -> None:
    with pool_of(1) as pool:
        assert pool is None


def test_no_more_processes_are_begun_than_windows_can_wait_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = list[int]()

    class Pool:
        def __init__(self, processes: int, *_: object, **__: object) -> None:
            asked.append(processes)

        def submit(self, _: object) -> None:
            pass

        def shutdown(self, **_: object) -> None:
            pass

    monkeypatch.setattr(pools, "ProcessPoolExecutor", Pool)
    with pool_of(128):
        assert asked == [61]
