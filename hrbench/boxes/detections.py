"""Files of boxes, read in one way by run, check and predict.

They are COCO's results, as one list or with one object a line, or COCO's annotations.

Letters: N boxes.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import chain
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrbench.data.faults import Fault, fault_of, stated
from hrbench.errors import DataError
from hrbench.files import json_rows
from hrbench.files.json_files import no_collection, parse
from hrbench.files.json_rows import FLAG, TEXT, WHOLE, Kind, Rows
from hrbench.lints.boxes import in_words

ROW = '{"image_id": 139, "category_id": 1, "bbox": [x, y, width, height], "score": 0.9}'
ADVICE = f"in pixels a box is {ROW}"
BOX = "four finite numbers x, y, width, height"
NO_LIST = f"the detections are no list of boxes in COCO's results format: [{ROW}, …]"
EMPTY = "boxes without width and height"
LONGEST = 40  # characters of a value in a message
NO_SIZE = (0, 0)
NUMBER_OR_NAME = Kind("a number or a name", lambda value: WHOLE.fits(value) or TEXT.fits(value))


@dataclass(frozen=True, slots=True)
class Category:
    """What a file of boxes calls a kind of object."""

    name: str
    keypoints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """The N boxes of a file, column by column, in its order."""

    rows: NDArray[np.int64]  # (N,) places in the file's list
    images: tuple[int | str, ...]  # (N,) the name of its image where the file says one, else its id
    frames: tuple[int | None, ...]  # (N,) of a video
    boxes: NDArray[np.float64]  # (N, 4) x, y, width, height
    scores: NDArray[np.float64] | None  # (N,); None where no box has one
    categories: NDArray[np.int64] | None  # (N,) ids; None where no box has one
    crowd: NDArray[np.bool_]  # (N,) of a group, as COCO's annotations mark it
    names: Mapping[int, Category] = field(default_factory=dict)  # by id, where the file says them
    ids: Mapping[str, int] = field(default_factory=dict)  # of its images, by their names
    sizes: Mapping[str, tuple[int, int]] = field(default_factory=dict)  # width, height, likewise

    def __len__(self) -> int:
        return len(self.rows)

    def chosen(self, kept: NDArray[np.bool_]) -> "Detections":
        """Return some of the boxes."""
        places = np.flatnonzero(kept).tolist()
        columns: dict[str, Any] = {}
        for column in (one.name for one in fields(self)):
            values = getattr(self, column)
            if isinstance(values, tuple):
                columns[column] = tuple(values[place] for place in places)
            elif isinstance(values, np.ndarray):
                columns[column] = values[kept]
        return replace(self, **columns)


def read(path: Path) -> tuple[Detections, list[Fault]]:
    """Return the boxes of a file, and what may be wrong with them.

    Raises:
        DataError: it cannot be read, is not JSON, or holds something else.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from error
    table, faults = examined(parsed(content, path))
    if table is None:
        raise DataError(f"{path}: {faults[0]}; {ADVICE}")
    return table, faults


@no_collection()
def parsed(content: bytes, path: Path) -> Any:
    """Return what a JSON file says, or the list of what each line says where each is JSON.

    Raises:
        DataError: neither is so.
    """
    try:
        return parse(content, path)
    except DataError:
        lines = [line for line in content.splitlines() if line.strip()]
        if len(lines) < 2:
            raise
        try:
            return [json.loads(line) for line in lines]
        except ValueError:
            pass
        raise


@no_collection()
def examined(content: Any) -> tuple[Detections | None, list[Fault]]:
    """Return the boxes that a file's content has, and what is wrong with it."""
    about = content if isinstance(content, dict) else {}
    content = about.get("annotations") if about else content
    if not isinstance(content, list):
        return None, [stated(NO_LIST)]
    faults = json_rows.objects(content, "detections") or [
        *_column(content, "bbox", BOX, _is_box),
        *_column(content, "score", "a finite number", _is_number, optional=True),
        *_column(content, "category_id", WHOLE.words, WHOLE.fits, optional=True),
        *_images(content),
        *_crowd(content),
    ]
    if any(fault.fatal for fault in faults):
        return None, faults
    images = [row for row in _list(about, "images") if _is_image(row)]
    table = _columns(content, {row["id"]: row["file_name"] for row in images})
    table = replace(
        table,
        names=_categories(_list(about, "categories")),
        ids={row["file_name"]: int(row["id"]) for row in images if WHOLE.fits(row["id"])},
        sizes={row["file_name"]: size for row in images if (size := _size(row)) != NO_SIZE},
    )
    return table, [*faults, *_extents(table)]


def _columns(rows: Rows, names: Mapping[Any, str]) -> Detections:
    def numbers(key: str, dtype: type) -> NDArray[Any] | None:
        if rows and key not in rows[0]:
            return None
        return np.array([row[key] for row in rows], dtype=dtype)

    boxes = np.fromiter(chain.from_iterable(row["bbox"] for row in rows), np.float64)
    return Detections(
        rows=np.arange(len(rows)),
        images=tuple(_image(row, names) for row in rows),
        frames=tuple(row.get("frame") for row in rows),
        boxes=boxes.reshape(-1, 4),
        scores=numbers("score", np.float64),
        categories=numbers("category_id", np.int64),
        crowd=np.array([bool(row.get("iscrowd", 0)) for row in rows], dtype=bool),
    )


def _image(row: dict[str, Any], names: Mapping[Any, str]) -> int | str:
    """Return the name of a row's image where the file says one, else its id."""
    if "file_name" in row:
        return str(row["file_name"])
    image = row["image_id"]
    if image in names:
        return names[image]
    return image if isinstance(image, str) else int(image)


def _column(
    rows: Rows, key: str, words: str, fits: Callable[[Any], bool], *, optional: bool = False
) -> list[Fault]:
    """Return the rows in which a value is missing or another than `words` say."""
    there = [place for place, row in enumerate(rows) if key in row]
    without = sorted(set(range(len(rows))) - set(there)) if len(there) < len(rows) else []
    missing = [] if optional and not there else [f"box {place}" for place in without]
    odd = [
        f"box {place}: {shown(rows[place][key])}" for place in there if not fits(rows[place][key])
    ]
    return [
        *fault_of(f"detected boxes without '{key}'", missing),
        *fault_of(f"detected boxes whose '{key}' is not {words}", odd),
    ]


def _images(rows: Rows) -> list[Fault]:
    named = [row.get("file_name", row.get("image_id")) for row in rows]
    odd = [place for place, value in enumerate(named) if not NUMBER_OR_NAME.fits(value)]
    frames = [place for place, row in enumerate(rows) if not _is_frame(row.get("frame"))]
    kind = "detected boxes without an 'image_id' or 'file_name' that is a number or a name"
    examples = [f"box {place}: {shown(named[place])}" for place in odd]
    return [
        *fault_of(kind, examples),
        *fault_of(
            "detected boxes whose 'frame' is not a whole number",
            [f"box {place}: {shown(rows[place]['frame'])}" for place in frames],
        ),
    ]


def _crowd(rows: Rows) -> list[Fault]:
    marked = [(place, row["iscrowd"]) for place, row in enumerate(rows) if "iscrowd" in row]
    odd = [f"box {place}: {shown(value)}" for place, value in marked if not FLAG.fits(value)]
    return fault_of(f"detected boxes whose 'iscrowd' is not {FLAG.words}", odd)


def _extents(table: Detections) -> list[Fault]:
    negative, none = np.asarray((table.boxes[:, 2:] < 0).any(axis=1)), empty(table)
    flat = np.asarray((table.boxes[:, 2:] == 0).any(axis=1) & ~none & ~negative)
    return [
        *fault_of("detected boxes of a negative width or height", examples(table, negative)),
        *fault_of(f"detected {EMPTY}", examples(table, none), fatal=False),
        *fault_of(
            "detected boxes without one of width and height, which count as in the official codes",
            examples(table, flat),
            fatal=False,
        ),
    ]


def empty(table: Detections) -> NDArray[np.bool_]:
    """Return which boxes have no extent at all; of one side the aspect ratio gives the other."""
    return np.asarray((table.boxes[:, 2:] == 0).all(axis=1))


def examples(table: Detections, odd: NDArray[np.bool_]) -> list[str]:
    """Return boxes in words, by their places in the file."""
    return in_words(table.boxes[odd], table.rows[odd].tolist())


def _categories(rows: Sequence[Any]) -> dict[int, Category]:
    listed = [row for row in rows if isinstance(row, dict) and WHOLE.fits(row.get("id"))]
    return {
        int(row["id"]): Category(str(row.get("name", row["id"])), _words(row.get("keypoints")))
        for row in listed
    }


def _words(value: Any) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()


def _list(content: dict[str, Any], key: str) -> list[Any]:
    value = content.get(key)
    return value if isinstance(value, list) else []


def _size(image: dict[str, Any]) -> tuple[int, int]:
    width, height = (image.get(key, 0) for key in ("width", "height"))
    return (int(width), int(height)) if WHOLE.fits(width) and WHOLE.fits(height) else NO_SIZE


def _is_image(row: Any) -> bool:
    return (
        isinstance(row, dict)
        and isinstance(row.get("id"), int | str)
        and isinstance(row.get("file_name"), str)
    )


def _is_box(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 4 and all(map(_is_number, value))


def _is_number(value: Any) -> bool:
    return isfinite(value) if type(value) is float else type(value) is int and WHOLE.fits(value)


def _is_frame(value: Any) -> bool:
    return value is None or (type(value) is int and value >= 0)


def shown(value: Any) -> str:
    """Return a value in a message, not too long."""
    words = json.dumps(value, ensure_ascii=False, default=str)
    return words if len(words) <= LONGEST else f"{words[:LONGEST]}…"
