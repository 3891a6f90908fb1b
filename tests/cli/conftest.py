"""A small synthetic COCO tree: to look at, or a copy to spoil."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from worlds import small_world


@pytest.fixture(scope="session")
def world() -> Path:
    """The folder of datasets that all tests share: 16 images to train on, 4 to validate on."""
    return small_world()


@pytest.fixture(scope="package", autouse=True)
def one_thread() -> Iterator[None]:
    """As the commands that are run in processes of their own have it."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def tree(world: Path, tmp_path: Path) -> Path:
    """A copy of it, `data` in the test's own folder."""
    return Path(shutil.copytree(world, tmp_path / "data"))
