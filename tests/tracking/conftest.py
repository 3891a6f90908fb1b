"""A store of MLflow's for each module, in a folder of its own; nobody is told of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder}/store.db")
        patch.chdir(folder)
        yield folder


@pytest.fixture(scope="module", autouse=True)
def as_in_processes(one_thread: None) -> None:
    """Run commands as they run in processes of their own."""
