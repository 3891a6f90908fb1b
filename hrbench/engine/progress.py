"""How far a long step is: a bar with an ETA on a terminal, now and then a line in a pipe."""

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
    TextColumn,
    TimeRemainingColumn,
)

LINES_EVERY = 10.0  # seconds between the lines in a pipe


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
        self._first, self._started = done, time.monotonic()
        self._last_line = self._started
        columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._bar = Progress(
            *columns,
            TextColumn("{task.fields[note]}"),
            console=Console(file=self.out),
            transient=True,
            disable=not (shown and self.out.isatty()),
        )
        self._task = self._bar.add_task(title, total=total, completed=done, note="")

    def __enter__(self) -> Self:
        if not self._bar.disable:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._bar.disable:  # older versions of rich would print an empty line
            self._bar.stop()

    def advance(self, count: int = 1, note: str = "") -> None:
        """Count `count` more; the note stands at the end of the bar or line."""
        self.done += count
        self._bar.update(self._task, completed=self.done, note=note)
        now = time.monotonic()
        due = now - self._last_line >= LINES_EVERY or self.done == self.total
        if due and self.shown and self._bar.disable:
            self._last_line = now
            self.out.write(f"{self.line(now - self._started)}  {note}".rstrip() + "\n")
            self.out.flush()

    def line(self, seconds: float) -> str:
        """Return "training 30/120  0:00:40 left", given how long it took so far."""
        rate = (self.done - self._first) / seconds if seconds > 0 else 0.0
        line = f"{self.title} {self.done}/{self.total}"
        if self.done == self.total:
            return f"{line}  took {timedelta(seconds=round(seconds))}"
        if not rate:
            return line
        return f"{line}  {timedelta(seconds=round((self.total - self.done) / rate))} left"
