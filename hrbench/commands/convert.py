"""Other programs' annotations as a dataset and a task of one's own."""

from collections.abc import Sequence
from pathlib import Path

from hrbench.convert import detect
from hrbench.convert.advising import advised
from hrbench.convert.dividing import divide, there
from hrbench.convert.labels import Summary


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
        by: what the images of training and validation may not share, as `divide` takes it.

    Raises:
        HrbenchError: the annotations are not right, or the target cannot be written.
    """
    before = there(target)
    made = detect.convert(source, target, allow, images, advise=advised)
    return made if by is None else divide(made, by, before)
