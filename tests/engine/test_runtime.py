"""The device that a run computes on, and the machine's limits in words."""

import errno
import multiprocessing
import os
from collections.abc import Iterator

import pytest
import torch
from torch.utils.data import DataLoader, Dataset

from hrbench.engine.runtime import choose_device, machine_limits
from hrbench.errors import RunError


class Numbers(Dataset[int]):
    """0 to 99."""

    def __getitem__(self, index: int) -> int:
        return index

    def __len__(self) -> int:
        return 100


def killed_worker() -> Iterator[int]:
    """Read numbers in a worker that is killed after the first."""
    for number in DataLoader(Numbers(), batch_size=None, num_workers=1, prefetch_factor=1):
        for child in multiprocessing.active_children():
            child.kill()
            child.join()
        yield number


def test_a_device_of_a_name_alone_is_refused() -> None:
    for name in ("meta", "hpu", "xla", "nonsense"):
        with pytest.raises(RunError, match=rf"--device {name} cannot be used here \(.+\); use"):
            choose_device(name)


@pytest.mark.skipif(torch.cuda.is_available(), reason="says what a machine without CUDA says")
@pytest.mark.parametrize("name", ["0", "1", "gpu", "cuda"])
def test_a_card_is_refused_where_there_is_none(name: str) -> None:
    words = rf"--device {name}: this machine has no CUDA; use --device cpu or auto"
    with pytest.raises(RunError, match=words):
        choose_device(name)


@pytest.mark.parametrize(("name", "card"), [("0", 0), ("gpu", 0), ("cuda", None), ("1", 1)])
def test_a_card_may_be_named_by_its_number(
    name: str, card: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch, "zeros", lambda *_, **__: torch.ones(1))  # there is no card here
    device = choose_device(name)
    assert (device.type, device.index) == ("cuda", card)


@pytest.mark.parametrize("name", ["-1", "gpu0", "²", "cuda:-1", ""])
def test_what_is_no_card_is_refused_by_its_name(name: str) -> None:
    with pytest.raises(RunError, match=f"--device {name}.* (cannot be used here|no CUDA)"):
        choose_device(name)


def test_a_worker_that_was_killed_is_told_in_words() -> None:
    words = (
        r"a process that reads images was ended from outside: .*/dev/shm.* fewer --workers, or 0"
    )
    with pytest.raises(RunError, match=words), machine_limits():
        list(killed_worker())


def test_a_full_gpu_is_told_in_words() -> None:
    words = r"the GPU's memory is too small for this batch; try a smaller --set recipe\.batch_size"
    with pytest.raises(RunError, match=words), machine_limits():
        raise torch.cuda.OutOfMemoryError


def test_a_full_disk_is_told_with_the_file() -> None:
    words = r"runs/log\.csv cannot be written: No space left on device"
    with pytest.raises(RunError, match=words), machine_limits():
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "runs/log.csv")


def test_a_mistake_of_ours_stays_what_it_is() -> None:
    with pytest.raises(RuntimeError, match="shapes"), machine_limits():
        raise RuntimeError("shapes do not agree")
