"""How far a long step is: a bar with an ETA on a terminal or in a notebook, else lines."""

import sys
import time
from datetime import timedelta
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from hrbench.engine import notebook

LINES_EVERY = 10.0  # seconds between the lines in a pipe
RECENT = 300.0  # seconds whose steps tell how long the others take

# The terminal's or the notebook's, where one is open: two at once would draw over each other.
_displays: list[Progress] = []
_cells: list[notebook.Cell] = []


class Steps:
    """Counts the steps of something up to `total`; a context, so that the bar goes away.

    Args:
        title: what is going on, in a word or two.
        total: steps it will take.
        done: those of an earlier run that this one goes on from.
        shown: False in all processes but one.
        out: where to, standard error by default.
    """

    def __init__(
        self,
        title: str,
        total: int,
        done: int = 0,
        *,
        shown: bool = True,
        out: TextIO | None = None,
    ) -> None:
        self.title, self.total, self.done, self.shown = title, total, done, shown
        self.out = out or sys.stderr
        self._in_cell = out is None and shown and notebook.is_below_a_cell()
        self.note = ""  # stands at the end of the bar or line
        self._first, self._started = done, time.monotonic()
        self._last_line = self._started
        self._bar: tuple[Progress, TaskID] | None = None

    def __enter__(self) -> Self:
        if self._in_cell:
            if not _cells:
                _cells.append(notebook.opened())
            _cells[0].show(id(self), self._as_line())
        elif self.shown and self.out.isatty() and not notebook.is_started_by_a_cell():
            if not _displays:
                _displays.append(_started(self.out))
            display = _displays[0]
            task = display.add_task(self.title, total=self.total, completed=self.done, note="")
            self._bar = display, task
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._in_cell:
            if _cells[0].end(id(self), self._as_line()):
                _cells.clear()
        elif self._bar is not None:
            display, task = self._bar
            display.remove_task(task)
            if not display.tasks:
                display.stop()
                _displays.clear()
        elif self.done == self.total and error is None:
            self._write(self._as_line().words)

    def advance(self, count: int = 1) -> None:
        """Count `count` more."""
        self.done += count
        if self._in_cell:
            _cells[0].show(id(self), self._as_line())
        elif self._bar is not None:
            display, task = self._bar
            display.update(task, completed=self.done, note=self.note)
        elif self.done < self.total and time.monotonic() - self._last_line >= LINES_EVERY:
            self._last_line = time.monotonic()
            self._write(self._as_line().words)

    def tell(self, message: str) -> None:
        """Say something that stays, above the bar."""
        if self._bar is not None:
            self._bar[0].console.print(message, markup=False, highlight=False, soft_wrap=True)
        else:
            self._write(message)

    def line(self, seconds: float) -> str:
        """Return "training 30/120  0:00:40 left", given how long it took so far."""
        rate = (self.done - self._first) / seconds if seconds > 0 else 0.0
        line = f"{self.title} {self.done}/{self.total}"
        if self.done == self.total:
            return f"{line}  took {timedelta(seconds=round(seconds))}"
        if not rate:
            return line
        return f"{line}  {timedelta(seconds=round((self.total - self.done) / rate))} left"

    def _as_line(self) -> notebook.Line:
        words = f"{self.line(time.monotonic() - self._started)}  {self.note}".rstrip()
        return notebook.Line(words, self.done, self.total)

    def _write(self, line: str) -> None:
        if self.shown:
            self.out.write(f"{line}\n")
            self.out.flush()


def _started(out: TextIO) -> Progress:
    """Return a display that is drawn ten times a second, whether or not anything advances."""
    display = Progress(
        SpinnerColumn("line"),
        "{task.description}",
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
        console=Console(file=out),
        transient=True,
        speed_estimate_period=RECENT,
    )
    display.start()
    return display
