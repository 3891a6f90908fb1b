"""What a page of the report is made of; the templates write these, and know nothing else."""

from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

Tone = Literal["same", "differs", "unknown", "ours", "plain"]


@dataclass(frozen=True, slots=True)
class Link:
    """Words that lead to another place of the file."""

    words: str
    to: str  # the id of that place


@dataclass(frozen=True, slots=True)
class Chip:
    """A short mark; `details` are shown when one points at it or opens it."""

    words: str
    tone: Tone = "plain"
    details: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """A value with its interval on its column's scale: 0 at the left, 1 at the right."""

    value: float
    low: float | None = None
    high: float | None = None
    zero: float | None = None  # where 0 is, of differences
    ours: bool = True


@dataclass(frozen=True, slots=True)
class Part:
    """A share of a whole, from where the parts before it end; both from 0 to 1."""

    name: str
    start: float
    share: float


@dataclass(frozen=True, slots=True)
class Cell:
    """One place of a table."""

    words: str = ""
    order: float | None = None  # what numbers are sorted by
    more: str = ""  # in smaller letters
    link: str = ""  # the id of the place that `words` lead to
    links: tuple[Link, ...] = ()
    chips: tuple[Chip, ...] = ()
    bar: Bar | None = None
    parts: tuple[Part, ...] = ()
    hint: str = ""  # what it means


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table, by its head."""

    name: str
    numbers: bool = False
    hint: str = ""  # what it means
    scale: tuple[str, str] | None = None  # what the ends of its bars are
    parts: tuple[str, ...] = ()  # what the parts of its bars are
    wide: bool = False  # left out on narrow screens


@dataclass(frozen=True, slots=True)
class Grid:
    """A table; the first column names its rows."""

    id: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    below: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()  # of the first column, to show the rows of one only
    ordered: str = ""  # "ascending", "descending": how the column `by` is sorted by now
    by: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing of lines."""

    title: str
    words: str  # what is on it, for who cannot see it
    svg: Markup


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that is part of the file."""

    source: str  # data:image/jpeg;base64,…
    words: str  # what is on it
    caption: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Fact:
    """A figure that is read first."""

    name: str
    value: str
    more: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of a page, below a heading of its own."""

    title: str
    sentences: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    grids: tuple[Grid, ...] = ()
    charts: tuple[Chart, ...] = ()
    pictures: tuple[Picture, ...] = ()
    text: str = ""  # of a file, as it stands
    folded: bool = False  # until one opens it

    @property
    def is_empty(self) -> bool:
        """Whether nothing is in it."""
        parts = (self.sentences, self.commands, self.grids, self.charts, self.pictures, self.text)
        return not any(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What is shown at a time; without scripts, and on paper, one page follows the other."""

    id: str
    title: str
    menu: str = ""  # what the menu calls it; "" is not in the menu
    group: str = ""  # the menu's heading that it stands below
    lead: str = ""
    trail: tuple[Link, ...] = ()  # the pages above it
    chips: tuple[Chip, ...] = ()
    facts: tuple[Fact, ...] = ()
    sections: tuple[Section, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """The whole file."""

    title: str
    made: str  # when, and by what
    pages: tuple[Page, ...]
