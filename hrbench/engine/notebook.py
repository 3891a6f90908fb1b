"""How far long steps are, below the cell of a notebook: lines that are replaced where they stand.

IPython's own display does it in every front end, also in one without widgets.
"""

import html
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console

PARENT = "JPY_PARENT_PID"  # what a kernel hands to the programs that its cells start with `!`
OFTEN = 0.2  # seconds between two drawings


@dataclass(frozen=True, slots=True)
class Line:
    """Where one of the steps is."""

    words: str
    done: int
    total: int


@dataclass(eq=False)
class Cell:
    """One display of a cell, with a line for each of the steps that are inside each other."""

    handle: Any  # IPython's
    lines: dict[int, Line] = field(default_factory=dict)
    drawn: float = 0.0

    def show(self, key: int, line: Line) -> None:
        """Put a line in the place of the one before; it is drawn now and then."""
        self.lines[key] = line
        if time.monotonic() - self.drawn >= OFTEN:
            self._draw()

    def end(self, key: int, line: Line) -> bool:
        """Leave the last line of the outermost steps, and nothing of those inside; tell if so."""
        del self.lines[key]
        ended = not self.lines
        if ended:
            self.lines[key] = line
        self._draw()
        return ended

    def _draw(self) -> None:
        self.drawn = time.monotonic()
        self.handle.update(content(self.lines), raw=True)


def content(lines: Mapping[int, Line]) -> dict[str, str]:
    """Return lines as a notebook keeps them: as text, and as HTML with a bar."""
    bars = (
        f'<div><progress value="{line.done}" max="{max(line.total, 1)}"></progress> '
        f"{html.escape(line.words)}</div>"
        for line in lines.values()
    )
    return {
        "text/plain": "\n".join(line.words for line in lines.values()),
        "text/html": "".join(bars),
    }


def is_below_a_cell() -> bool:
    """Whether this process is a notebook's, and what it displays stands below a cell."""
    return "IPython" in sys.modules and Console().is_jupyter


def is_started_by_a_cell() -> bool:
    """Whether a cell has started this program: what looks like a terminal then moves no cursor."""
    return PARENT in os.environ


def opened() -> Cell:
    """Return a new display below the cell that is running."""
    from IPython import display  # noqa: PLC0415  is_below_a_cell

    shown: Any = display  # untyped
    return Cell(shown.display(content({}), raw=True, display_id=True))
