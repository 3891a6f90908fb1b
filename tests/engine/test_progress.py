"""A bar on a terminal, which leaves nothing; lines in a pipe."""

import io
import os
import pty
import re
import time
from collections.abc import Callable
from typing import TextIO

import pytest

from hrbench.engine import notebook, progress
from hrbench.engine.progress import Steps


def test_a_pipe_gets_a_plain_line_at_the_end() -> None:
    out = io.StringIO()
    with Steps("training", 3, out=out) as steps:
        for _ in range(3):
            steps.note = "loss 1.5"
            steps.advance()
    assert out.getvalue() == "training 3/3  took 0:00:00  loss 1.5\n"


def test_a_pipe_gets_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "LINES_EVERY", 0.0)
    out = io.StringIO()
    with Steps("reading", 3, out=out) as steps:
        steps.advance()
    assert re.fullmatch(r"reading 1/3  \d:\d\d:\d\d left\n", out.getvalue())


def test_what_is_left_is_told_from_what_was_done_since_the_start() -> None:
    steps = Steps("training", 30, done=10, out=io.StringIO())
    steps.done = 20
    assert steps.line(seconds=5.0) == "training 20/30  0:00:05 left"


def test_another_process_says_nothing() -> None:
    out = io.StringIO()
    with Steps("training", 1, shown=False, out=out) as steps:
        steps.advance()
        steps.tell("epoch 1/1: AP 3.0 %")
    assert not out.getvalue()


def drawn(what: Callable[[TextIO], None], monkeypatch: pytest.MonkeyPatch) -> str:
    """What a terminal gets."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv(notebook.PARENT, raising=False)
    ours, theirs = pty.openpty()
    with open(theirs, "w", encoding="utf-8") as out:  # noqa: PTH123  a descriptor
        what(out)
        out.write("end\n")
        out.flush()
        got = b""
        while not got.endswith(b"end\r\n"):
            got += os.read(ours, 65536)
    os.close(ours)
    return got.decode()


def left_on(written: str) -> list[str]:
    """The lines that stay on a terminal: what erases them and moves the cursor, followed."""
    lines, row, column = [""], 0, 0
    for part in re.findall(r"\x1b\[[?\d;]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", written):
        if part == "\r":
            column = 0
        elif part == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif part.endswith("A") and part.startswith("\x1b"):
            row -= int(part[2:-1] or 1)
        elif part == "\x1b[2K":
            lines[row] = ""
        elif not part.startswith("\x1b"):
            line = lines[row].ljust(column)
            lines[row] = line[:column] + part + line[column + len(part) :]
            column += len(part)
    return [line.rstrip() for line in lines if line.strip()]


def test_bars_inside_each_other_are_one_display_and_leave_only_what_was_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def both(out: TextIO) -> None:
        with Steps("training", 2, out=out) as outer:
            outer.advance()
            with Steps("validating", 4, out=out) as inner:
                inner.advance(4)
                time.sleep(0.3)
            outer.tell("epoch 1/2: AP 3.0 %")
            outer.advance()

    seen = drawn(both, monkeypatch)
    assert "training" in seen
    assert "validating" in seen
    assert left_on(seen) == ["epoch 1/2: AP 3.0 %", "end"]


def test_a_bar_is_drawn_again_while_nothing_advances(monkeypatch: pytest.MonkeyPatch) -> None:
    def waiting(out: TextIO) -> None:
        with Steps("training", 2, out=out):
            time.sleep(1.0)

    assert len(re.findall("training", drawn(waiting, monkeypatch))) > 3
