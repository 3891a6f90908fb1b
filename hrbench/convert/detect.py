"""Which program wrote some annotations, told by what they are called."""

from collections.abc import Callable, Sequence
from pathlib import Path

from hrbench.convert import coco, deeplabcut, sleap
from hrbench.convert.labels import Summary
from hrbench.errors import DataError

READERS: dict[str, Callable[[Path, Path], Summary]] = {
    ".csv": deeplabcut.convert,
    ".slp": sleap.convert,
}
COCO = ".json"
KNOWN = "name a DeepLabCut project or its .csv, a SLEAP .slp, or a .json in COCO's format"


def convert(source: Path, target: Path, allow: Sequence[str] = ()) -> Summary:
    """Turn any annotations that are known here into a dataset of one's own in `target`.

    `allow` has the names of faults that a user lets pass.

    Raises:
        DataError: they are not there, not known, or have a fault.
        RunError: the target has such files already, or cannot be written; or a library is missing.
    """
    if not source.exists():
        raise DataError(f"{source} does not exist; {KNOWN}")
    suffix = source.suffix.lower()
    if source.is_dir():
        return deeplabcut.convert(source, target)
    if suffix == COCO:
        return coco.convert(source, target, allow)
    if suffix not in READERS:
        raise DataError(f"{source} is of a kind that cannot be converted; {KNOWN}")
    return READERS[suffix](source, target)
