"""Label Studio's tasks: its own JSON export, and that which sleap-io writes.

Read here, not by sleap-io: that reads what it wrote itself, and not what Label Studio exports,
where a task names its picture and points are in the rectangle that they were drawn in.

Source: labelstud.io, "Label Studio Task Format" and the tag KeyPointLabels.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hrbench.convert import grouping
from hrbench.convert.grouping import Point
from hrbench.convert.labels import SEEN, Box, Labelled, Picture, Source, paired
from hrbench.convert.labelstudio_pictures import images_of, video_of
from hrbench.data.headers import Size
from hrbench.errors import DataError
from hrbench.files.json_rows import NUMBER, POSITIVE

EXPORT = "in Label Studio, export it as JSON or COCO"
POINTS, BOXES = "keypointlabels", "rectanglelabels"
IDS = ("id", "type", "parentID", "from_id", "to_id")  # of a region, or of two that are related
PER_CENT = 100.0


def is_of(content: Any) -> bool:
    """Whether the content of a JSON file is tasks of Label Studio."""
    return (
        isinstance(content, list)
        and bool(content)
        and all(isinstance(task, dict) for task in content)
        and all({"annotations", "completions"} & task.keys() for task in content)
    )


def read(source: Path, tasks: list[Any], images: Path | None = None) -> Source:
    """Return the keypoints of tasks; `tasks` is the file's content.

    Points that lie in a rectangle's region, or are related to it, are an object with that box. Of
    several annotations of a task the first counts that was not skipped.

    Raises:
        DataError: its tasks are of another form, or a picture is not there.
    """
    left_out = Counter[str]()
    results = [_result(source, task, left_out) for task in tasks]
    names = dict.fromkeys(
        name for rows in results for row in rows if row.get("type") == POINTS
        for name in _list(source, row.get("value"), POINTS, str)
    )  # fmt: skip
    if not names:
        raise DataError(f"{source} has tasks of Label Studio, none with keypoints; {EXPORT}")
    annotated: list[tuple[str, dict[str, Any]]] = []
    objects: list[tuple[Labelled, ...]] = []
    sizes: list[Size | None] = []
    for number, (task, rows) in enumerate(zip(tasks, results, strict=True), 1):
        where = f"{source}, task {task.get('id', number)}"
        left_out.update(_others(rows))
        found = _objects(where, task, rows, tuple(names), left_out)
        if found:
            annotated.append((where, task))
            objects.append(found)
            sizes.append(None if video_of(task) else _size(rows))  # sleap-io may not know it
        left_out["tasks without a keypoint"] += not found
    paths, notes = images_of(annotated, source.parent, images)
    pictures = zip(paths, objects, sizes, strict=True)
    return Source(
        [Picture(path, found, size=size) for path, found, size in pictures],
        paired(tuple(names)),
        source.parent,
        f"Label Studio, {source.name}",
        left_out=tuple(f"{count:,} {what}" for what, count in left_out.items() if count),
        notes=notes,
    )


def _objects(
    where: str,
    task: dict[str, Any],
    rows: list[dict[str, Any]],
    names: tuple[str, ...],
    left_out: Counter[str],
) -> tuple[Labelled, ...]:
    """Return the objects of a task; sleap-io draws a rectangle of any size around each."""
    points = _points(where, rows, _related(rows))
    boxes, turned = ([], 0) if video_of(task) else _boxes(where, rows, points)
    left_out["rectangles that are turned"] += turned
    found, empty = grouping.objects(where, points, boxes, names)
    left_out["rectangles without a keypoint"] += empty
    return tuple(found)


def _result(source: Path, task: dict[str, Any], left_out: Counter[str]) -> list[dict[str, Any]]:
    """Return the rows of the annotation of a task that counts."""
    key = "annotations" if task.get("annotations") else "completions"
    made = [one for one in _list(source, task, key) if not one.get("was_cancelled")]
    left_out["further annotations of a task"] += max(0, len(made) - 1)
    rows = _list(source, made[0], "result") if made else []
    if odd := {key for row in rows for key in IDS if isinstance(row.get(key), list | dict)}:
        raise DataError(f"{source}: {', '.join(sorted(odd))} of a region is no text; {EXPORT}")
    return rows


def _others(rows: list[dict[str, Any]]) -> Iterator[str]:
    """Yield in words what of a task is left out."""
    for row in rows:
        if row.get("type") not in {POINTS, BOXES, "relation"}:
            yield f"regions of the type {row.get('type')}"
        if row.get("type") == POINTS and not row["value"].get(POINTS):
            yield "keypoints without a label"


def _points(where: str, rows: list[dict[str, Any]], related: dict[Any, Any]) -> list[Point]:
    """Return the keypoints of a task, each with the region that it is in or related to."""
    points = []
    for row in rows:
        if row.get("type") == POINTS:
            x, y = _shares(where, row, ("x", "y"))
            group = row.get("parentID") or related.get(row.get("id"))
            points += [
                Point(name, (x, y, SEEN), group) for name in (row["value"].get(POINTS) or ())[:1]
            ]
    return points


def _boxes(
    where: str, rows: list[dict[str, Any]], points: list[Point]
) -> tuple[list[tuple[Any, Box]], int]:
    """Return the rectangles, each with its id where points name it, and how many are turned."""
    groups, boxes, turned = {point.group for point in points}, [], 0
    for row in rows:
        if row.get("type") == BOXES:
            x, y, width, height = _shares(where, row, ("x", "y", "width", "height"))
            turned += bool(row["value"].get("rotation"))
            group = row.get("id") if row.get("id") in groups else None
            if not row["value"].get("rotation"):
                boxes.append((group, (x, y, width, height)))
    return boxes, turned


def _related(rows: list[dict[str, Any]]) -> dict[Any, Any]:
    """Return the rectangle that each region is related to, by their ids."""
    boxes = {row.get("id") for row in rows if row.get("type") == BOXES}
    ends = [(r.get("from_id"), r.get("to_id")) for r in rows if r.get("type") == "relation"]
    return {a: b for pair in ends for a, b in (pair, pair[::-1]) if b in boxes}


def _shares(where: str, row: dict[str, Any], keys: tuple[str, ...]) -> list[float]:
    """Return numbers of a region in pixels, which the file has in per cent of the picture.

    Raises:
        DataError: they are none, or the picture's size is not there.
    """
    value, size = row.get("value"), _size([row])
    numbers: list[Any] = [value.get(key) for key in keys] if isinstance(value, dict) else [None]
    if size is None or not all(map(NUMBER.fits, numbers)):
        raise DataError(
            f"{where}: a region has no numbers {', '.join(keys)}, or no 'original_width' and "
            f"'original_height'; {EXPORT}"
        )
    return [share * size[place % 2] / PER_CENT for place, share in enumerate(numbers)]


def _size(rows: list[dict[str, Any]]) -> Size | None:
    """Return how large the picture is, as the first of its regions says."""
    said: list[Any] = [(row.get("original_width"), row.get("original_height")) for row in rows]
    return next((size for size in said if all(map(POSITIVE.fits, size))), None)


def _list(source: Path, row: Any, key: str, of: type = dict) -> list[Any]:
    """Return a list of a row of a task; an empty one where there is none."""
    if isinstance(row, dict):
        rows = row.get(key)
        if rows is None:
            return []
        if isinstance(rows, list) and all(isinstance(one, of) for one in rows):
            return rows
    what = "objects" if of is dict else "names"
    raise DataError(f"{source}: '{key}' of a task is no list of {what}; {EXPORT}")
