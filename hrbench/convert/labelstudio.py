"""Label Studio's own JSON, where its tasks name image files as sleap-io reads and writes them."""

from pathlib import Path
from typing import Any

from hrbench.convert import sleap
from hrbench.convert.labels import Advise, Summary, paired
from hrbench.convert.writing import write
from hrbench.errors import DataError

EXPORT = "in Label Studio, export it as COCO and convert that file"
LABELS = "keypointlabels"


def convert(source: Path, tasks: Any, target: Path, *, advise: Advise | None = None) -> Summary:
    """Turn tasks with keypoints into COCO keypoints; `tasks` is the file's content.

    Raises:
        RunError: sleap-io is not installed; or the target has such files already, or cannot be
            written.
        DataError: its tasks are of another form.
    """
    reader, names = sleap.library("Label Studio's tasks"), _names(source, tasks)
    if not names:
        raise DataError(f"{source} has tasks of Label Studio, none with keypoints; {EXPORT}")
    try:
        labels = reader.load_labelstudio(str(source), skeleton=list(names))
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise DataError(
            f"{source} has tasks of Label Studio that do not say which image file they are of; "
            f"{EXPORT}"
        ) from error
    made_from = f"Label Studio, {source.name}"
    pictures = sleap.pictures(source, labels)
    return write(pictures, paired(names), source.parent, target, made_from, advise=advise)


def _names(source: Path, tasks: Any) -> tuple[str, ...]:
    """Return the names of the keypoints, in the order in which they are first seen.

    Raises:
        DataError: a list of a task is none.
    """
    labels = [
        name
        for task in tasks
        for made in _list(source, task, "annotations" if task.get("annotations") else "completions")
        for datum in _list(source, made, "result")
        if datum.get("type") == LABELS
        for name in _list(source, datum.get("value", {}), LABELS, str)
    ]
    return tuple(dict.fromkeys(labels))


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
