"""A dataset's file that was written, divided by what its images have alike."""

import json
from dataclasses import replace
from pathlib import Path

from hrbench import catalog
from hrbench.convert.labels import ANNOTATIONS, DATASET, TASK, Summary
from hrbench.convert.specs import BY_IMAGE
from hrbench.errors import DataError, HrbenchError
from hrbench.formats.contract import Format
from hrbench.formats.registry import format_of
from hrbench.formats.split_files import annotation_file, listed_by

BY = """\
[split]                      # docs/splits.md; recorded with every run
by = {by}
{pattern}validation = 0.2             # of the images
test = 0.0                   # kept out of both; a split with part = "test" measures it
seed = 0
"""
TRAIN = "train"


def there(folder: Path) -> frozenset[str]:
    """Return which of the files that a conversion may write a folder has before it."""
    return frozenset(name for name in (DATASET, TASK, ANNOTATIONS) if (folder / name).exists())


def divide(made: Summary, by: str, before: frozenset[str]) -> Summary:
    """Let a dataset's file divide its images by a field, or by a pattern of their names.

    Args:
        made: what was converted, a moment ago.
        by: a field, `folder`, or a regular expression with a named group, which is what they
            are divided by.
        before: files that were there before it.

    Raises:
        HrbenchError: they cannot be divided so; what was converted is removed again.
    """
    file = made.folder / DATASET
    try:
        file.write_text(file.read_text("utf-8").replace(BY_IMAGE, _table(by)), "utf-8")
        dataset = catalog.load_dataset(str(file))
        listing = format_of(dataset, Format).listing
        split = dataset.splits[TRAIN]
        if listing is None:
            raise DataError(f"{file}: --split-by divides images that a file lists")
        listed, faults = listed_by(listing, annotation_file(made.folder, split), dataset, split)
        if wrong := [fault for fault in faults if fault.fatal]:
            raise DataError(f"--split-by {by}: {wrong[0]}")
    except HrbenchError:
        for name in there(made.folder) - before:
            (made.folder / name).unlink()
        if not any(made.folder.iterdir()):
            made.folder.rmdir()
        raise
    how = None if listed is None else listed.divided
    return made if how is None else replace(made, notes=(*made.notes, f"divided {how.words}"))


def _table(by: str) -> str:
    """Return the table [split] of a field, or of the first group of a pattern."""
    _, opens, rest = by.partition("(?P<")
    if not opens:
        return BY.format(by=json.dumps(by, ensure_ascii=False), pattern="")
    pattern = f"pattern = {json.dumps(by, ensure_ascii=False)}\n"
    return BY.format(by=json.dumps(rest.partition(">")[0], ensure_ascii=False), pattern=pattern)
