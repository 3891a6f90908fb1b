"""Other programs' annotations as a dataset and a task of one's own, and datasets for them."""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hrbench import catalog
from hrbench.commands.convert.dividing import divide, there
from hrbench.commands.convert.handing import hand
from hrbench.convert import detect
from hrbench.convert.advising import advised
from hrbench.convert.handing import Handed
from hrbench.convert.labels import DATASET, Summary
from hrbench.whole import whole_folder


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
    before = there(target)
    made = detect.convert(source, target, allow, images, advise=advised)
    return made if by is None else divide(made, by, before, allow)


def convert_to(
    to: str,
    source: str,
    target: Path,
    allow: Sequence[str] = (),
    images: Path | None = None,
    by: str | None = None,
    data: str | None = None,
) -> Handed:
    """Write annotations, or a dataset of hrbench's, into a folder for other programs.

    Args:
        to: COCO's or YOLO's format, by its name.
        source: what a program has written; or a dataset, a task on it, or a TOML file.
        target: a folder that is not there, or empty.
        allow: names of faults that a user lets pass.
        images: the folder of a program's images; else they are looked for.
        by: what training and validation may not share, of a program's annotations.
        data: the folder of hrbench's datasets.

    Raises:
        HrbenchError: they are not right, or the target cannot be written.
    """
    with whole_folder(target) as draft:
        if is_dataset(source):
            return replace(hand(source, data, draft, to, allow), folder=target)
        with tempfile.TemporaryDirectory(dir=draft) as scratch:
            made = convert(Path(source), Path(scratch) / target.name, allow, images, by)
            handed = hand(str(made.folder / DATASET), None, draft, to, allow)
    return replace(
        handed,
        folder=target,
        left_out=(*made.left_out, *handed.left_out),
        notes=(*made.notes, *handed.notes),
    )


def is_dataset(source: str) -> bool:
    """Whether a source is a dataset of hrbench's: its TOML, or its name where no file has that."""
    known = {*catalog.names("datasets"), *catalog.names("tasks")}
    return source.endswith(".toml") or (source in known and not Path(source).exists())
