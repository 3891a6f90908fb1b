"""Images that `hrbench prepare` has put down: where they are, and a run that takes them."""

import hashlib
import os
import re
from pathlib import Path
from typing import Any

from hrbench import cache
from hrbench.backbone.weights import Checkpoint
from hrbench.data.evaluation import Evaluation
from hrbench.data.prepared import Prepared, Wanted
from hrbench.data.prepared_fit import opened
from hrbench.errors import DataError
from hrbench.kinds.contract import AnyTask, Training
from hrbench.road.telling import tell

ELSEWHERE = ".txt"  # the ending of a file that names the folder, where --out has


def name_of(wanted: Wanted) -> str:
    """Return what the folder of some images is called: by what they are, and where the data lie."""
    place = hashlib.sha256(os.fsencode(wanted.root.resolve())).hexdigest()[:8]
    return f"{re.sub(r'[^A-Za-z0-9._-]', '_', wanted.title)}-{place}"


def folder_of(wanted: Wanted) -> Path:
    """Return the folder that some images are prepared in, or would be without --out."""
    default = _folders() / name_of(wanted)
    pointer = default.with_name(default.name + ELSEWHERE)
    try:
        return Path(pointer.read_text("utf-8"))
    except OSError:
        return default


def _folders() -> Path:
    return cache.folder() / "prepared"


def point_to(wanted: Wanted, folder: Path) -> None:
    """Let runs find images in a folder that is not the default one.

    Raises:
        DataError: it cannot be written down.
    """
    default = _folders() / name_of(wanted)
    pointer = default.with_name(default.name + ELSEWHERE)
    try:
        if folder == default:
            pointer.unlink(missing_ok=True)
            return
        pointer.parent.mkdir(parents=True, exist_ok=True)
        pointer.write_text(str(folder), "utf-8")
    except OSError as error:
        raise DataError(
            f"{pointer} cannot be written ({error.strerror}); name a folder for it with "
            "$HRBENCH_CACHE"
        ) from error


def with_prepared(
    task: AnyTask, evaluation: Any, start: Checkpoint | Training, *, said: bool
) -> tuple[Evaluation, Checkpoint | Training, tuple[str, ...]]:
    """Return what is measured and trained on: of prepared images, where there are any that fit.

    The parts that there were some for come last.

    Args:
        task: whose images they are.
        evaluation: what is measured.
        start: what is trained on, or the weights that are given.
        said: whether to say which are used, and why others are not.
    """
    if not _folders().is_dir():  # nothing ever was
        return evaluation, start, ()
    training = start if isinstance(start, Training) else None
    found: dict[str, Prepared] = {}
    for part, wanted in task.wanted(evaluation, training).items():
        folder = folder_of(wanted)
        if not folder.exists():
            continue
        try:
            found[part] = opened(folder, wanted)
            words = f"{part}: images are read as prepared in {folder}"
        except DataError as error:
            words = (
                f"{part}: the images prepared in {folder} are not used: {error}. "
                "`hrbench prepare` writes them anew"
            )
        if said:
            tell(words)
    evaluation, training = task.from_prepared(evaluation, training, found)
    return evaluation, training or start, tuple(sorted(found))
