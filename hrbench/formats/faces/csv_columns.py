"""Which columns of a CSV file of faces are which: by their names, or as the official code has it.

The official code goes by position. A file that was saved again by another program may have its
columns in another order, more of them, or other marks between them; then the names in its first
line count, if all that are needed are there.
"""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hrbench.data.faults import Fault, fault_of, said_of, stated
from hrbench.errors import DataError
from hrbench.files.paths import with_slashes

MARKS = "\t;,"  # between columns; commas may be in numbers where another one is
IMAGE, SCALE, BOX, CENTER = "image_name", "scale", "box_size", ("center_w", "center_h")
_POINT = re.compile(r"original_(\d+)_([xy])")
_WIDE = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}  # by the mark of byte order


@dataclass(frozen=True, slots=True)
class Cells:
    """The texts of a file's faces in the official order of columns."""

    places: list[str]  # (N,) where each face stands, in words
    images: list[str]  # (N,)
    numbers: list[list[str]]  # (N, C) scale, box_size where there is one, centre, points
    columns: list[int]  # (C,) the column of each number in the file, counted from 1
    others: dict[str, list[str]]  # (N,) of each further column that is asked for, by its name


Examined = tuple[Cells | None, list[Fault]]  # no cells where columns cannot be told


def read(
    path: Path, num_keypoints: int, *, box_column: bool, further: Sequence[str] = ()
) -> Examined:
    """Return the texts of a file, and what is strange about its columns.

    `further` are columns besides that count, as far as the file has them.

    Raises:
        DataError: it cannot be read, or is no CSV.
    """
    mark, lines, rows = _rows(path)
    names = [IMAGE, SCALE, *([BOX] if box_column else []), *CENTER]
    order, faults = _order(rows, names, num_keypoints, further)
    if order is None:
        return None, faults
    width = len(rows[0])
    pairs = list(zip(lines, rows, strict=True))[1:]
    odd = [f"line {line} has {len(row)}" for line, row in pairs if len(row) != width]
    if odd:
        return None, [*faults, *fault_of(f"rows that have not {width} columns", odd)]
    point = "." if mark == "," else ","
    numbers = [[row[at].strip().replace(point, ".") for at in order[1:]] for _, row in pairs]
    return Cells(
        places=[f"line {line}" for line, _ in pairs],
        images=[with_slashes(row[order[0]].strip()) for _, row in pairs],
        numbers=numbers,
        columns=[at + 1 for at in order[1:]],
        others={
            name: [row[at].strip() for _, row in pairs]
            for at, name in enumerate(map(str.strip, rows[0]))
            if name in further
        },
    ), faults


def read_text(path: Path) -> str:
    """Return the text of a file, or say in one sentence why there is none."""
    try:
        content = path.read_bytes()
        return content.decode(_WIDE.get(content[:2], "utf-8-sig"))
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        words = f"{error.reason} at byte {error.start}; fetch the file again"
        raise DataError(f"{path} is not text in UTF-8: {words}") from error


def _rows(path: Path) -> tuple[str, list[int], list[list[str]]]:
    """Return the mark between columns, the numbers of the lines, and their cells."""
    text = "\n".join(read_text(path).splitlines())
    first = next((line for line in text.splitlines() if line.strip()), "")
    mark = next((mark for mark in MARKS if mark in first), ",")
    reader = csv.reader(io.StringIO(text), delimiter=mark)
    try:
        rows = [(reader.line_num, row) for row in reader if row]
    except csv.Error as error:
        raise DataError(f"{path} is not CSV: {error} in line {reader.line_num}") from error
    if rows and rows[0][1][0].startswith("sep="):  # Excel's own line
        rows = rows[1:]
    return mark, [line for line, _ in rows], [row for _, row in rows]


def _order(
    rows: Sequence[Sequence[str]],
    names: Sequence[str],
    num_keypoints: int,
    further: Sequence[str],
) -> tuple[list[int] | None, list[Fault]]:
    """Return the columns in the official order, and what is strange about them."""
    if not rows:
        return None, [stated("the file is empty")]
    said = [cell.strip().lower() for cell in rows[0]]
    first, width = len(names), len(names) + 2 * num_keypoints
    points = _points(said)
    known = points is not None and all(said.count(name) == 1 for name in names)
    if points is not None and known and len(points) == 2 * num_keypoints:
        order = [*map(said.index, names), *points]
        faults = _strange(rows[0], said, order, further)
    elif len(said) == width:
        order, faults = list(range(width)), []
    else:
        return None, [stated(_misfit(said, names, points, first, num_keypoints))]
    if 2 * sum(is_number(cell.replace(",", ".")) for cell in said) > len(said):
        return None, [stated("line 1 is a face; the names of the columns should stand there")]
    if not rows[1:]:
        return None, [stated("it has the names of the columns, and no face")]
    return order, faults


def _points(said: Sequence[str]) -> list[int] | None:
    """Return the columns of the points by their numbers, x before y; None without one of each."""
    numbered: dict[tuple[int, str], int] = {}
    for place, name in enumerate(said):
        if match := _POINT.fullmatch(name):
            key = int(match[1]), match[2]
            if key in numbered:
                return None
            numbered[key] = place
    numbers = sorted({number for number, _ in numbered})
    wanted = [(number, axis) for number in numbers for axis in "xy"]
    gapless = numbers and numbers[-1] - numbers[0] + 1 == len(numbers)
    return [numbered[key] for key in wanted] if gapless and set(wanted) == set(numbered) else None


def _strange(
    head: Sequence[str], said: Sequence[str], used: Sequence[int], further: Sequence[str]
) -> list[Fault]:
    """Return whether columns that are needed stand in another order, and which others there are."""
    moved = [
        head[at].strip() for at, before in zip(used, sorted(used), strict=True) if at != before
    ]
    spare = [at for at in range(len(said)) if not (at in used or head[at].strip() in further)]
    others = [f"column {at + 1}, '{head[at].strip()}'" for at in spare]
    kind = "columns in another order than the official one, read by their names in line 1"
    return [
        *said_of(kind, moved),
        *fault_of("columns that nothing is made of", others, fatal=False),
    ]


def _misfit(
    said: Sequence[str],
    names: Sequence[str],
    points: Sequence[int] | None,
    first: int,
    num_keypoints: int,
) -> str:
    """Return in words why columns can be read neither by their names nor by their places."""
    count, rest = divmod(len(said) - first, 2)
    if points is not None:
        count, rest = len(points) // 2, 0
    if count > 0 and not rest and count != num_keypoints:
        return f"it has {count} points a face, this dataset has {num_keypoints}"
    words = (
        f"line 1 has {len(said)} columns, not the {first + 2 * num_keypoints} of {num_keypoints} "
        "points"
    )
    missing = [name for name in names if said.count(name) != 1]
    if points is not None and missing:
        words += f", and none or several are called '{missing[0]}'"
    return words


def is_number(text: str) -> bool:
    """Whether a text is a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True
