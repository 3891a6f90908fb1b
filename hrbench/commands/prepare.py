"""Images decoded once, as far as a task's crops reach, for all of its runs to come."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from hrbench import catalog
from hrbench.begun.options import Options
from hrbench.data import remarks
from hrbench.data.prepared import Index, Prepared, UnfitError, Wanted, damaged, in_bytes
from hrbench.data.prepared_fit import grown, opened
from hrbench.data.preparing import planned, require_space, write
from hrbench.engine.progress import Steps
from hrbench.engine.runtime import Runtime
from hrbench.errors import DataError, RunError
from hrbench.kinds.contract import TRAINING
from hrbench.kinds.registry import task_of
from hrbench.road import given
from hrbench.road.prepared import folder_of, name_of, point_to
from hrbench.road.reading import located, read
from hrbench.road.resolve import resolve
from hrbench.road.telling import tell
from hrbench.road.training import workers


@dataclass(frozen=True, slots=True, eq=False)
class ImageSet:
    """Images that one part of a run cuts crops from, and where they are prepared."""

    part: str  # training or evaluation
    folder: Path
    index: Index
    there: bool

    def content(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "part": self.part,
            "folder": str(self.folder),
            "images": len(self.index.names),
            "bytes": self.index.bytes,
            "share_of_pixels": self.index.bytes / self.index.whole_bytes,
            "prepared": self.there,
        }

    def text(self) -> str:
        """Return it in a line."""
        size, share = in_bytes(self.index.bytes), self.index.bytes / self.index.whole_bytes
        what = f"{len(self.index.names):,} images, {size} ({share:.0%} of their pixels)"
        where = "prepared in" if self.there else "to be prepared in"
        return f"{self.part}: {what}, {where} {self.folder}"


def prepare(
    name: str,
    options: Options,
    parts: Sequence[str],
    *,
    out: str | None = None,
    size_only: bool = False,
) -> list[ImageSet]:
    """Write the images of parts of a task's runs, where they are not there or no longer right.

    Before, it is said how much that will be. With `size_only`, nothing is written.

    Raises:
        HrbenchError: the data are not right, or there is no room.
    """
    all_wanted = _wanted(name, options, parts)
    sets = [_set(part, wanted, _folder(wanted, out)) for part, wanted in all_wanted.items()]
    if size_only:
        return sets
    missing = [one for one in sets if not one.there]
    for one in missing:
        tell(one.text())
    require_space({one.folder: one.index.bytes for one in missing})
    for one in missing:
        _write(one, all_wanted[one.part], workers(options.workers, 1))
    for one in sets:
        point_to(all_wanted[one.part], one.folder)
    for sentence in remarks.sentences():
        tell(sentence)
    return [replace(one, there=True) for one in sets]


def check(
    name: str, options: Options, parts: Sequence[str], *, out: str | None = None
) -> list[ImageSet]:
    """Read all that is prepared, and compare it with its checksums.

    Raises:
        HrbenchError: nothing is prepared, it does not fit any more, or it is damaged.
    """
    sets = []
    for part, wanted in _wanted(name, options, parts).items():
        folder = _folder(wanted, out)
        if not folder.exists():
            raise RunError(f"{part}: nothing is prepared in {folder}; `hrbench prepare` does it")
        try:
            found = opened(folder, wanted)
        except UnfitError as error:
            raise RunError(f"{folder}: {error}; `hrbench prepare` writes it anew") from error
        _check(part, found)
        sets.append(ImageSet(part, folder, found.index, there=True))
    return sets


def _wanted(name: str, options: Options, parts: Sequence[str]) -> dict[str, Wanted]:
    """Return the images of parts of a task's runs.

    Raises:
        RunError: it has none that can be prepared.
    """
    file = catalog.task_file(name)
    options = given.with_data(file, options)
    spec, dataset = resolve(file, options)
    runtime = Runtime(torch.device("cpu"))
    task = task_of(spec, dataset, located(spec, dataset, options, runtime), options)
    evaluation = read(task, runtime, trains=True)
    training = task.training(evaluation) if TRAINING in parts else None
    found = task.wanted(evaluation, training)
    if not found:
        raise RunError(f"{spec.name}: nothing to prepare, {task.unprepared}")
    return {part: wanted for part, wanted in found.items() if part in parts}


def _folder(wanted: Wanted, out: str | None) -> Path:
    return folder_of(wanted) if out is None else Path(out).absolute() / name_of(wanted)


def _set(part: str, wanted: Wanted, folder: Path) -> ImageSet:
    """Return what is there of a set of images, or what is to be written."""
    try:
        return ImageSet(part, folder, opened(folder, wanted).index, there=True)
    except DataError:
        return ImageSet(part, folder, planned(grown(folder, wanted)), there=False)


def _write(one: ImageSet, wanted: Wanted, readers: int) -> None:
    with Steps(f"preparing {one.part}", len(one.index.names)) as steps:
        for count in write(wanted, one.index, one.folder, readers):
            steps.advance(count)


def _check(part: str, found: Prepared) -> None:
    names = []
    with Steps(f"checking {part}", len(found.index.names)) as steps:
        for name in found.damage():
            steps.advance()
            names += [name] if name else []
    if names:
        raise damaged(found.folder, f"{names[0]}, the first of {len(names)} such images")
