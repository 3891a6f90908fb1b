"""The hub's client and hrbench's cache, of a test alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fetching.hub_server import Hub, hub
from huggingface_hub import constants


@contextmanager
def hub_here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """Serve a hub, and let the client of this process ask it and no other."""
    with hub() as served:
        address = served.address
        place = address + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "ENDPOINT", address)  # $HF_ENDPOINT is read but once
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", place)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(folder / "hub"))
        monkeypatch.setenv("HRBENCH_CACHE", str(folder / "cache"))
        monkeypatch.delenv("HRBENCH_OFFLINE", raising=False)
        yield served
