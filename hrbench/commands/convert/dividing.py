"""What was converted, divided by what its images share."""

import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hrbench import catalog
from hrbench.convert.labels import DATASET, Summary
from hrbench.convert.specs import BY_IMAGE
from hrbench.data.faults import let_pass
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
GROUP = "(?P<"  # how a named group begins
NAMELESS = ". A regular expression names the group that it divides by: (?P<video>…)"


def there(folder: Path) -> frozenset[str]:
    """Return what a folder has before something is converted into it."""
    return frozenset(path.name for path in folder.iterdir()) if folder.is_dir() else frozenset()


def divide(made: Summary, by: str, before: frozenset[str], allow: Sequence[str]) -> Summary:
    """Let a dataset's file divide its images by a field, or by a pattern of their names.

    Args:
        made: what was converted, a moment ago.
        by: a field, `folder`, or a regular expression with a named group, which is what they
            are divided by.
        before: files that were there before it.
        allow: names of faults that a user lets pass.

    Raises:
        HrbenchError: they cannot be divided so; what was converted is removed again.
    """
    file = made.folder / DATASET
    try:
        text = file.read_text("utf-8")
        if BY_IMAGE not in text:
            raise DataError(f"--split-by {by}: the source has splits of its own, which are kept")
        file.write_text(text.replace(BY_IMAGE, _table(by)), "utf-8")
        dataset = catalog.load_dataset(str(file))
        listing = format_of(dataset, Format).listing
        split = dataset.splits[TRAIN]
        if listing is None:
            raise DataError(f"{file}: --split-by divides images that a file lists")
        listed, faults = listed_by(listing, annotation_file(made.folder, split), dataset, split)
        if wrong := [fault for fault in let_pass(faults, allow) if fault.fatal]:
            hint = NAMELESS if "(" in by and GROUP not in by else ""
            raise DataError(f"--split-by {by}: {wrong[0]}{hint}")
    except HrbenchError:
        for name in there(made.folder) - before:
            path = made.folder / name
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        if not any(made.folder.iterdir()):
            made.folder.rmdir()
        raise
    how = None if listed is None else listed.divided
    return made if how is None else replace(made, notes=(*made.notes, f"divided {how.words}"))


def _table(by: str) -> str:
    """Return the table [split] of a field, or of the first group of a pattern.

    Raises:
        DataError: the pattern is no regular expression.
    """
    _, opens, rest = by.partition(GROUP)
    if not opens:
        return BY.format(by=json.dumps(by, ensure_ascii=False), pattern="")
    try:
        re.compile(by)
    except re.error as error:
        raise DataError(f"--split-by {by}: no regular expression ({error})") from error
    pattern = f"pattern = {json.dumps(by, ensure_ascii=False)}\n"
    return BY.format(by=json.dumps(rest.partition(">")[0], ensure_ascii=False), pattern=pattern)
