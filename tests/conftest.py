"""The ledger as a fixture, its completeness check last, its summary on the terminal.

With pytest-xdist (`-n`) a file's tests run in one process, all golden tests in one too.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from golden.ledger import Ledger
from hypothesis import settings
from shared import SHARED, need_shared

import hrbench  # noqa: F401  says how threads wait, before a test module loads torch

# A machine may be slow: no test fails for the time it takes.
settings.register_profile("untimed", settings(), deadline=None)
settings.load_profile("untimed")
settings.register_profile("fuzz", max_examples=5000)

LEDGER = pytest.StashKey[Ledger]()


@pytest.fixture(scope="session")
def golden(request: pytest.FixtureRequest) -> Ledger:
    need_shared()
    assert SHARED is not None
    return request.config.stash.setdefault(LEDGER, Ledger(SHARED / "golden"))


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """Let torch compute in one thread, as commands in processes of their own do here.

    Steps as small as those of tests take longer on more.
    """
    import torch  # slow, and many tests do without

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(autouse=True)
def one_thread_beside_a_card(request: pytest.FixtureRequest) -> None:
    """Let the CPU's side of a test on a card be computed in one thread.

    It is small, and threads of all cores that wait for each other took minutes over it.
    """
    if request.node.get_closest_marker("gpu"):
        request.getfixturevalue("one_thread")


@pytest.fixture
def all_golden_tests(request: pytest.FixtureRequest) -> bool:
    """Whether no golden test was left out by a selection on the command line."""
    names = {item.path.name for item in request.session.items}
    modules = {path.name for path in (Path(__file__).parent / "golden").glob("test_*.py")}
    return modules <= names and not request.config.option.keyword


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files of slow tests, so that processes end together; ask for goldens last."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (item.path.name == "test_every_golden.py", item.path not in slow))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """Give each file to one process in the order above, and to one what the ledger counts."""
    if config.option.dist != "load":
        return None  # somebody names another order
    from xdist.scheduler import LoadFileScheduling

    class GoldensTogether(LoadFileScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            file = Path(super()._split_scope(nodeid))
            return str(file.parent if file.parent.name == "golden" else file)

    config.option.loadscopereorder = False
    return GoldensTogether(config, log)


def pytest_sessionfinish(session: pytest.Session) -> None:
    ledger = session.config.stash.get(LEDGER, None)
    if ledger is not None and hasattr(session.config, "workeroutput"):
        session.config.workeroutput["goldens"] = list(ledger.differences.items())


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what a process of xdist's compared."""
    ledger = node.config.stash.setdefault(LEDGER, Ledger(Path(), rows=[]))
    ledger.differences |= dict(getattr(node, "workeroutput", {}).get("goldens", ()))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    ledger = terminalreporter.config.stash.get(LEDGER, None)
    if ledger is None or not ledger.differences:
        return
    (file, key), largest = max(ledger.differences.items(), key=lambda item: item[1])
    exact = sum(found == 0 for found in ledger.differences.values())
    terminalreporter.write_line(
        f"goldens: {len(ledger.differences)} arrays compared, {exact} of them exact; "
        f"largest difference {largest:.2g} ({file}: {key})"
    )
    if os.environ.get("HRBENCH_GOLDEN_VERBOSE"):
        for (file, key), found in sorted(ledger.differences.items()):
            terminalreporter.write_line(f"  {found:9.2g}  {file}: {key}")
