"""Runs of a suite on this machine, one after the other, each in a process of its own."""

import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO

OWN = "Error: "  # how a line begins that says what the user can put right
KIND = re.compile(r"(?:\[rank\d+\]: )?(?=[\w.]+Error: )")  # the last line of a traceback
ENDED = "torchrun ended with status"
OUTER = ("torch.distributed.elastic.", f"RuntimeError: {ENDED}")  # only say that there is an error


def run(command: list[str], log: Path, told: Callable[[str], None]) -> str:
    """Run hrbench with these arguments; return why it has failed, "" where it has not.

    What it says goes to `told` line by line, and to the log with what it prints. Ctrl-C, or a
    SIGTERM, is passed on, so that it keeps its checkpoint, and raised again once it has ended.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "hrbench", *command],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
        )
        with process:
            lines = _relayed(process, file, told)
    return "" if process.returncode == 0 else why(lines, process.returncode)


def _relayed(
    process: subprocess.Popen[str], log: IO[str], told: Callable[[str], None]
) -> list[str]:
    """Return the lines that a process says, once it has ended."""
    lines: list[str] = []
    stopped: KeyboardInterrupt | None = None
    while True:
        try:
            if not (line := process.stderr.readline() if process.stderr else ""):
                break
            lines.append(line.rstrip())
            log.write(line)
            log.flush()
            told(lines[-1])
        except KeyboardInterrupt as stop:
            stopped = stop
            process.terminate()  # not by SIGINT, which a terminal has sent it already
    if stopped is not None:
        raise stopped
    return lines


def why(lines: list[str], status: int) -> str:
    """Return in a sentence why a process has failed: what it said last, or how it was ended.

    What hrbench itself has said comes before what torchrun and others add to it.
    """
    said = [line for line in lines if line.strip()]
    own = [line.removeprefix(OWN) for line in said if line.startswith(OWN)]
    errors = [line[begin.end() :] for line in said if (begin := KIND.match(line))]
    if inner := own or [error for error in errors if not error.startswith(OUTER)]:
        return inner[-1]
    if status < 0:
        return f"was ended by {signal.Signals(-status).name}"
    return said[-1].strip() if said else f"ended with status {status}"
