"""A server that publishes, and COCO as it is published there."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from commands.fetch.publishers import Site, published
from fetching.server import Served, serving


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with serving() as served:
        yield served


@pytest.fixture
def served(server: Served) -> Served:
    server.asked, server.cuts, server.statuses = [], [], []
    return server


@pytest.fixture
def coco(served: Served, tmp_path: Path) -> Site:
    return published("coco", served, tmp_path)
