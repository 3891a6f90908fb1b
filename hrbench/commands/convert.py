"""Other programs' annotations as a dataset and a task of one's own."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hrbench import catalog
from hrbench.convert import detect
from hrbench.convert.advising import advised
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


def convert(
    source: Path,
    target: Path,
    allow: Sequence[str] = (),
    images: Path | None = None,
    by: str | None = None,
) -> Summary:
    """Turn annotations into a dataset and a task in `target`; say what this machine can train.

    Args:
        source: what a program has written, a file or a folder.
        target: a folder, made if it is not there.
        allow: names of faults that a user lets pass.
        images: the folder of the images; else they are looked for.
        by: what training and validation may not share: a field, or a pattern of images' names.

    Raises:
        HrbenchError: the annotations are not right, or the target cannot be written.
    """
    before = _there(target)
    made = detect.convert(source, target, allow, images, advise=advised)
    return made if by is None else _divide(made, by, before, allow)


def _there(folder: Path) -> frozenset[str]:
    """Return what a folder has before something is converted into it."""
    return frozenset(path.name for path in folder.iterdir()) if folder.is_dir() else frozenset()


def _divide(made: Summary, by: str, before: frozenset[str], allow: Sequence[str]) -> Summary:
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
            raise DataError(f"--split-by {by}: {wrong[0]}")
    except HrbenchError:
        for name in _there(made.folder) - before:
            path = made.folder / name
            shutil.rmtree(path) if path.is_dir() else path.unlink()
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
