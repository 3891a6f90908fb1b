"""Each mistake of the table, planted in a copy of hrbench, is noticed by the tests it names.

`nox -s mutants`; pytest collects this file only where it is named. mutmut and cosmic-ray are alive
and make mistakes of their own, by the thousand: nobody could wait for the goldens on each, and none
of theirs is an order of colours or a constant of a protocol.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from mutants.mistakes import MISTAKES, Mistake
from shared import SHARED, need_shared

ROOT = Path(__file__).parents[2]
PARTS = ("hrbench", "tests", "tasks", "datasets", "suites", "results")  # that the tests read
PASSED, FAILED = pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED
HOUR = 3600  # seconds


@pytest.fixture(scope="session")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project, with the goldens within its reach."""
    need_shared()
    root = tmp_path_factory.mktemp("copy")
    for part in PARTS:
        shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(ROOT / "pyproject.toml", root / "pyproject.toml")
    return root


def asked(
    root: Path, tests: Iterable[str], *, slow: bool = False
) -> "subprocess.CompletedProcess[str]":
    """Run tests of a copy, those that are slow or the others, until one fails."""
    chosen = ("-m", "slow and not gpu") if slow else ()
    files = (str(root / "tests" / file) for file in tests)
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    own = {
        "PYTHONPATH": str(root),
        "PYTHONDONTWRITEBYTECODE": "1",  # a file that changes twice a second has no other date
        "HRBENCH_SHARED": str(SHARED),
    }
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", *chosen, *files],
        cwd=root,
        env=plain | own,
        capture_output=True,
        text=True,
        timeout=HOUR,
        check=False,
    )


@pytest.mark.parametrize("slow", [False, True], ids=["quick", "slow"])
def test_without_a_mistake_all_of_these_tests_pass(slow: bool, copy: Path) -> None:
    of = [mistake for mistake in MISTAKES if mistake.slow == slow]
    done = asked(copy, sorted({file for mistake in of for file in mistake.tests}), slow=slow)
    assert done.returncode == PASSED, done.stdout


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.what)
def test_a_mistake_is_noticed(mistake: Mistake, copy: Path) -> None:
    path = copy / "hrbench" / mistake.file
    right = path.read_text("utf-8")
    path.write_text(mistake.planted(right), "utf-8")
    try:
        done = asked(copy, mistake.tests, slow=mistake.slow)
    finally:
        path.write_text(right, "utf-8")
    assert done.returncode == FAILED, done.stdout
