"""A small synthetic COCO tree: to look at, or a copy to spoil."""

import shutil
from pathlib import Path

import pytest
from worlds import small_world


@pytest.fixture(scope="session")
def world() -> Path:
    """The folder of datasets that all tests share: 16 images to train on, 4 to validate on."""
    return small_world()


@pytest.fixture(scope="module", autouse=True)
def as_in_processes(one_thread: None) -> None:
    """Run commands as they run in processes of their own."""


@pytest.fixture
def tree(world: Path, tmp_path: Path) -> Path:
    """A copy of it, `data` in the test's own folder."""
    return Path(shutil.copytree(world, tmp_path / "data"))
