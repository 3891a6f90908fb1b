"""`hrbench` as a user runs it: in a process and a folder of its own, or quicker, in this one."""

import contextlib
import io
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

from hrbench.cli import main

TOOL = Path(sys.executable).with_name("hrbench")
INSTALLED = [str(TOOL)] if TOOL.exists() else [sys.executable, "-m", "hrbench"]
# What a run may have said before it meets a fault: how long it trains, what weights lack.
BEFORE = re.compile(r"Training: |.* does not say what its keypoints are")
MINUTES = 120  # seconds after which a command hangs
KEPT: list[TemporaryDirectory[str]] = []  # until the tests end


@dataclass(frozen=True, slots=True)
class Ended:
    """What a command left: its exit status, its words, the files below its folder."""

    status: int
    out: str
    err: str
    new: tuple[str, ...]  # files that were not there before
    gone: tuple[str, ...]  # files that are not there any more


def installed(folder: Path, *arguments: str, **variables: str) -> Ended:
    """Run the installed command in `folder`, with no variables of hrbench's but these."""
    before = files(folder)
    process = subprocess.run(
        [*INSTALLED, *arguments],
        cwd=folder,
        env=environment(variables),
        capture_output=True,
        text=True,
        timeout=MINUTES,
        check=False,
    )
    return _ended(process.returncode, process.stdout, process.stderr, before, files(folder))


def called(folder: Path, *arguments: str, **variables: str) -> Ended:
    """Call the same command in this process, which has torch already."""
    before, status = files(folder), 0
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(folder),
        mock.patch.dict(os.environ, environment(variables), clear=True),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main(arguments, prog_name="hrbench")
        except SystemExit as end:
            status = int(end.code or 0)
    return _ended(status, out.getvalue(), err.getvalue(), before, files(folder))


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """The variables of a command: a cache of its own, no data folder, and `variables`."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("HRBENCH_")}
    # One thread: steps as small as those of tests take longer on more.
    own = {"HRBENCH_CACHE": str(cache_folder()), "OMP_NUM_THREADS": "1"}
    return {**kept, **own, **variables}


def scratch() -> Path:
    """Return a new folder that several tests share."""
    KEPT.append(TemporaryDirectory(prefix="hrbench-test-", ignore_cleanup_errors=True))
    return Path(KEPT[-1].name)


@cache
def cache_folder() -> Path:
    """One cache for all tests."""
    return scratch()


def files(folder: Path) -> set[str]:
    """Everything below a folder, empty folders too."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def refused(ended: Ended, words: Sequence[str]) -> None:
    """Check that a command said in one message what is wrong, and left everything as it was."""
    assert ended.status == 1, ended
    lines = [line for line in ended.err.splitlines() if not BEFORE.match(line)]
    assert lines[0].startswith("Error: "), ended.err
    assert ended.err.count("Error: ") == 1, ended.err
    for noise in ("Traceback", "Warning", "WARN", "Corrupt JPEG", 'File "'):
        assert noise not in ended.err, ended.err
    assert ended.out == ""
    assert (ended.new, ended.gone) == ((), ())
    for word in words:
        assert word in ended.err, f"{word!r} is not in {ended.err!r}"


def _ended(status: int, out: str, err: str, before: set[str], after: set[str]) -> Ended:
    return Ended(status, out, err, tuple(sorted(after - before)), tuple(sorted(before - after)))
