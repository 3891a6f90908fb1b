"""A small table of text, laid out for a terminal, a pipe or Markdown."""

import io
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

BROKEN = 8  # columns of a word that is broken, at least


@dataclass(frozen=True, slots=True)
class Table:
    """A title, a header, rows of as many cells, and lines below."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: frozenset[str] = frozenset()  # columns of numbers
    folding: frozenset[str] = frozenset()  # columns that give way where the terminal is narrow
    below: tuple[str, ...] = ()
    marked: bool = False  # whether cells are Markdown already
    commands: tuple[str, ...] = ()  # to be pasted, so that no line of them is broken


def terminal(tables: list[Table], width: int, *, colour: bool) -> str:
    """Return tables for `width` columns; without `colour` there is no escape sequence."""
    console = Console(
        file=io.StringIO(),
        width=width,
        force_terminal=colour,
        color_system="standard" if colour else None,
        highlight=False,
    )
    for index, table in enumerate(tables):
        if index:
            console.print()
        if table.title:
            console.print(Text(table.title, style="bold"))
        if table.rows:
            console.print(_rich(table, width))
        for line in table.below:
            console.print(Text(line))
        for command in table.commands:
            console.print(Text(f"  {command}"), soft_wrap=True)
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]  # StringIO
    return "\n".join(line.rstrip() for line in lines)


def markdown(tables: list[Table]) -> str:
    """Return tables as GitHub's Markdown, the cells of a column padded to one width."""
    blocks = []
    for table in tables:
        commands = (f"`{command}`" for command in table.commands)
        below = "\n".join(f"- {line}" for line in (*table.below, *commands) if line)
        grid = _grid(table) if table.rows else ""
        title = f"## {table.title}" if table.title else ""
        blocks += [block for block in (title, grid, below) if block]
    return "\n\n".join(blocks)


def _rich(table: Table, width: int) -> RichTable:
    """Lay out with two blanks between columns, or one; fold, and break words, where too wide.

    Words are broken in the columns that may fold first, then in any.
    """
    columns = list(zip(table.header, *table.rows, strict=True))
    least = [_least(column, folds=column[0] in table.folding) for column in columns]
    whole = [_least(column, folds=False) for column in columns]
    tried = ((sum(cells), gap) for cells in (whole, least) for gap in (2, 1))
    gap = next((gap for cells, gap in tried if cells + gap * (len(columns) - 1) <= width), 0)
    broken = [
        min(wide, BROKEN) if name in table.folding else wide
        for name, wide in zip(table.header, least, strict=True)
    ]
    firm = sum(broken) + len(columns) - 1 <= width
    rich = RichTable(box=None, pad_edge=False, padding=(0, gap or 1, 0, 0), header_style="dim")
    rich.show_header = any(map(str.strip, table.header))
    for name in table.header:
        rich.add_column(
            name,
            justify="right" if name in table.right else "left",
            overflow="fold",
            no_wrap=firm and name not in table.folding,
        )
    for row in table.rows:
        rich.add_row(*map(Text, row))
    return rich


def _least(column: tuple[str, ...], *, folds: bool) -> int:
    """Return the width that a column needs: its longest line, or word where it may fold."""
    parts = (part for cell in column for part in (cell.split() if folds else cell.splitlines()))
    return max(map(len, parts), default=0)


def _grid(table: Table) -> str:
    lines_of_cells = (table.header, *table.rows)
    cells = [[c if table.marked else escaped(c) for c in line] for line in lines_of_cells]
    widths = [max(3, *map(len, column)) for column in zip(*cells, strict=True)]
    rule = [
        "-" * (width - 1) + (":" if name in table.right else "-")
        for name, width in zip(table.header, widths, strict=True)
    ]
    lines = []
    for row in (cells[0], rule, *cells[1:]):
        padded = (
            cell.rjust(width) if name in table.right else cell.ljust(width)
            for name, cell, width in zip(table.header, row, widths, strict=True)
        )
        lines.append(f"| {' | '.join(padded)} |")
    return "\n".join(lines)


def escaped(cell: str) -> str:
    """Return a cell as Markdown shows it as it is."""
    return cell.replace("|", "\\|").replace("*", "\\*")
