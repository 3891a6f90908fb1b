"""A command in a process of its own, which ends with all that it has started."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import Thread
from typing import IO

PATIENCE = 5.0  # seconds, for the last lines of one that has ended


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process has ended."""

    status: int | None  # None: its time was up
    last: str  # the last line that it printed
    seconds: float


def run(
    command: Sequence[str],
    environment: Mapping[str, str],
    limit: float,
    told: Callable[[str], None],
) -> Ended:
    """Run a command for so many seconds at most; give each line to `told` as it is printed."""
    started, lines = time.monotonic(), [""]
    process = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,  # its processes are a group, which no Ctrl-C reaches but ours
    )

    listener = Thread(target=_listen, args=(process.stdout, lines, told), daemon=True)
    listener.start()
    try:
        status: int | None = process.wait(limit)
    except subprocess.TimeoutExpired:
        status = None
    finally:
        _end(process)
    listener.join(PATIENCE)
    return Ended(status, lines[-1].strip(), time.monotonic() - started)


def _listen(printed: IO[str], lines: list[str], told: Callable[[str], None]) -> None:
    with printed:
        for line in filter(str.strip, printed):
            lines.append(line.rstrip())
            told(lines[-1])


def _end(process: subprocess.Popen[str]) -> None:
    """End a process, if it has not, and what it has started; Windows does it by another program."""
    if os.name == "posix":
        with suppress(ProcessLookupError, PermissionError):  # nobody is left
            os.killpg(process.pid, signal.SIGKILL)
    elif process.poll() is None:
        ending = ("taskkill", "/F", "/T", "/PID", str(process.pid))
        subprocess.run(ending, check=False, capture_output=True)
    process.wait()
