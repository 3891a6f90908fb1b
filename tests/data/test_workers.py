"""Processes that read live as long as they are wanted; without them the same is read."""

import multiprocessing
import os
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from hrbench.data.workers import PART, Rows, batches, living, split
from hrbench.errors import DataError

BROKEN = 1000  # a row that cannot be read


@dataclass(frozen=True)
class Numbers:
    """Samples whose bytes are their rows and the epoch, read by a process that tells its number."""

    name: str = ""
    shape = (2, 1)

    def fill(self, out: NDArray[np.uint8], rows: Rows, epoch: int) -> int:
        if BROKEN in rows:
            raise DataError("row 1000 cannot be read")
        out[:, 0, 0], out[:, 1, 0] = rows, epoch
        return os.getpid()


def read(
    rows: int, sizes: list[int], epoch: int = 0, *, workers: int, part: int = 3, name: str = ""
) -> tuple[list[torch.Tensor], set[int]]:
    """The batches, and the processes that have read them."""
    parts = np.split(np.arange(rows), range(part, rows, part))
    found = list(batches(Numbers(name), parts, sizes, epoch, workers=workers, pin=False))
    return [images for images, _ in found], {pid for _, rest in found for pid in rest}


def readers() -> set[int]:
    return {process.pid for process in multiprocessing.active_children() if process.pid}


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_batches_are_full_whatever_the_parts_are(workers: int) -> None:
    found, by = read(50, [7] * 7 + [1], epoch=9, workers=workers)
    assert [len(images) for images in found] == [7] * 7 + [1]
    everything = torch.cat(found)
    assert everything[:, 0, 0].tolist() == list(range(50))
    assert set(everything[:, 1, 0].tolist()) == {9}
    assert len(by) == max(workers, 1)
    assert not readers()


def test_batches_are_cut_into_parts_that_do_not_cross_them() -> None:
    assert [len(part) for part in split([np.arange(2 * PART + 1), np.arange(3)])] == [
        *(PART, PART, 1, 3)
    ]


def test_readers_live_from_one_epoch_to_the_next_and_end_with_the_run() -> None:
    with living():
        _, first = read(20, [20], epoch=0, workers=2)
        again, second = read(30, [30], epoch=1, workers=2)
        assert first == second == readers()
        assert again[0][:, 1, 0].unique().tolist() == [1]
        _, other = read(20, [20], workers=2, name="validation")
        assert other == readers() - first
        with living():
            assert read(20, [20], workers=2)[1] == first
        assert first < readers()
    assert not readers()


def test_readers_that_were_stopped_in_an_epoch_read_the_next_from_its_start() -> None:
    parts = np.split(np.arange(60), 20)
    with living():
        with closing(batches(Numbers(), parts, [3] * 20, 4, workers=2, pin=False)) as begun:
            next(begun)
        before = readers()
        found, by = read(60, [60], epoch=5, workers=2)
        assert by == before
    assert found[0][:, 0, 0].tolist() == list(range(60))
    assert set(found[0][:, 1, 0].tolist()) == {5}


def test_larger_parts_get_larger_memory() -> None:
    with living():
        _, small = read(20, [20], workers=1)
        found, large = read(20, [20], workers=1, part=20)
        assert small.isdisjoint(large)
        assert readers() == large
    assert found[0][:, 0, 0].tolist() == list(range(20))


@pytest.mark.parametrize("workers", [0, 2])
def test_what_cannot_be_read_is_said_as_it_is_and_ends_the_readers(workers: int) -> None:
    parts = [np.arange(3), np.array([BROKEN])]
    with living():
        with pytest.raises(DataError, match="row 1000 cannot be read"):
            list(batches(Numbers(), parts, [4], workers=workers, pin=False))
        assert not readers()


def test_an_error_ends_the_readers_with_the_run() -> None:
    def run() -> None:
        with living():
            read(20, [20], workers=2)
            assert readers()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run()
    assert not readers()


STARTED = """
import multiprocessing
import sys

from test_workers import read

if __name__ == "__main__":
    multiprocessing.set_start_method(sys.argv[1])
    found, by = read(50, [50], workers=2)
    assert found[0][:, 0, 0].tolist() == list(range(50))
    assert len(by) == 2
"""


@pytest.mark.slow
@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_readers_may_be_started_in_any_way(method: str) -> None:
    """Other systems fork none, and later Pythons do not."""
    folder = str(Path(__file__).parent)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join((folder, *sys.path))}
    subprocess.run([sys.executable, "-c", STARTED, method], check=True, env=environment)
