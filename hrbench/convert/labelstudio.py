"""Label Studio's own JSON, where its tasks name image files as sleap-io reads and writes them."""

from pathlib import Path
from typing import Any

from hrbench.convert import sleap
from hrbench.convert.labels import Advise, Summary, paired, write
from hrbench.errors import DataError

EXPORT = "in Label Studio, export it as COCO and convert that file"


def convert(source: Path, tasks: Any, target: Path, *, advise: Advise | None = None) -> Summary:
    """Turn tasks with keypoints into COCO keypoints; `tasks` is the file's content.

    Raises:
        RunError: sleap-io is not installed; or the target has such files already, or cannot be
            written.
        DataError: its tasks are of another form.
    """
    reader, names = sleap.library("Label Studio's tasks"), _names(tasks)
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
    found = sleap.pictures(source, labels)
    return write(found, paired(names), source.parent, target, made_from, advise=advise)


def _names(tasks: Any) -> tuple[str, ...]:
    """Return the names of the keypoints, in the order in which they are first seen."""
    labels = [
        name
        for task in tasks
        for made in task.get("annotations") or task.get("completions") or ()
        for datum in made.get("result", ())
        if datum.get("type") == "keypointlabels"
        for name in datum.get("value", {}).get("keypointlabels", ())
    ]
    return tuple(dict.fromkeys(labels))
