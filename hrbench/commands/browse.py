"""A page of samples that a task is trained on: as annotated, as augmented, with their targets."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
from PIL import Image

from hrbench import catalog
from hrbench.begun.options import Options
from hrbench.draw.browsed import Browsed, Shown, chosen
from hrbench.engine.progress import Steps
from hrbench.engine.runtime import Runtime
from hrbench.errors import RunError, UnknownNameError
from hrbench.kinds.contract import AnyTask
from hrbench.kinds.registry import kind_of, task_of
from hrbench.report import run_folders
from hrbench.report.html.page import Cell, Column, Fact, Grid, Page, Section
from hrbench.report.html.pictures import MOST, Room, fitted
from hrbench.report.html.report import written
from hrbench.report.protocols import spelled
from hrbench.road import given
from hrbench.road.reading import located
from hrbench.road.resolve import resolve
from hrbench.spec.tables import dotted
from hrbench.spec.task_file import TaskFile

TITLE, FIRST = "hrbench browse", "overview"  # the file's, and the id of the page it opens at
ROOM = Room(MOST)


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """Samples of a split that are to be shown."""

    task: AnyTask  # that is trained on it
    browsed: Browsed
    rows: Sequence[int]


@dataclass(frozen=True, slots=True)
class Looked:
    """What a page shows of a split."""

    task: str
    split: str
    samples: int
    odd: int
    shown: tuple[str, ...]  # ids

    def content(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {**asdict(self), "shown": list(self.shown)}


def looked_up(
    name: str,
    options: Options,
    typed: Collection[str],
    splits: Sequence[str],
    ids: Sequence[str],
    count: int,
) -> list[Chosen]:
    """Return which samples of some splits are to be shown; nothing is drawn yet.

    Args:
        name: a task, its file, a dataset or its file, for a task that is measured on it, or a RUN.
        options: the seed draws the samples and their augmentation, as a run's does.
        typed: the names of those that are asked for; the others are a RUN's own.
        splits: names of annotated ones; none is the one that is trained on.
        ids: of samples; without one they are drawn, the odd ones first.
        count: how many are drawn of each split.

    Raises:
        HrbenchError: the data are not right, or no sample is called so.
    """
    if (run := run_folders.run_of(name)) is not None:
        name, options = given.again(run, options, typed)
    file = catalog.task_file(_task_named(name))
    options = given.with_data(file, options)
    found = []
    for split in splits or [""]:
        task = _task(file, options, split)
        browsed = kind_of(task.spec).browsed(task)
        rows = _called(browsed, ids) if ids else chosen(browsed, count, options.seed)
        found.append(Chosen(task, browsed, rows))
    return found


def drawn(found: Sequence[Chosen]) -> tuple[str, list[Looked]]:
    """Return a file of HTML with some samples, and what is in it."""
    pages, looked = [], []
    for number, one in enumerate(found):
        task, browsed = one.task, one.browsed
        shown = _shown(browsed, one.rows)
        ids = tuple(s.id for s in shown)
        split = task.spec.protocol.train_split
        looked.append(Looked(task.spec.name, split, browsed.count, len(browsed.odd), ids))
        place = FIRST if not number else f"split-{number}"
        pages.append(_page(task, browsed, dict(zip(one.rows, shown, strict=True)), place))
    return written(TITLE, pages if len(pages) > 1 else [replace(pages[0], menu="")]), looked


def _task_named(name: str) -> str:
    """Return a task that is trained on the published dataset of a name; of others the name."""
    tasks = catalog.names("tasks")
    if name not in catalog.names("datasets") or name in tasks:
        return name
    return next((t for t in tasks if catalog.load_task(t).dataset == name), name)


def _task(file: TaskFile, options: Options, split: str) -> AnyTask:
    """Return a task that is trained on a split; without a name on its own.

    Raises:
        UnknownNameError: there is no annotated split called so.
    """
    keys = [f'protocol.train_split="{split}"'] if split else []
    options = replace(options, overrides=(*options.overrides, *keys))
    spec, dataset = resolve(file, options)
    annotated = [name for name, one in dataset.splits.items() if one.annotated]
    if spec.protocol.train_split not in annotated:
        raise UnknownNameError(
            f"annotated split of {dataset.name}", spec.protocol.train_split, annotated
        )
    data_root = located(spec, dataset, options, Runtime(torch.device("cpu")))
    return task_of(spec, dataset, data_root, options)


def _called(browsed: Browsed, ids: Sequence[str]) -> list[int]:
    """Return the rows of samples by their ids.

    Raises:
        RunError: none is called so.
    """
    found = {name: browsed.called(name) for name in ids}
    if missing := [name for name, rows in found.items() if not len(rows)]:
        raise RunError(
            f"--id {missing[0]}: none of the {browsed.count:,} {browsed.what} is called so"
        )
    return [row for rows in found.values() for row in rows]


def _shown(browsed: Browsed, rows: Sequence[int]) -> list[Shown]:
    shown = []
    with Steps("drawing samples", len(rows)) as steps:
        for row in rows:
            shown.append(browsed.show(row))
            steps.advance()
    return shown


def _page(task: AnyTask, browsed: Browsed, shown: Mapping[int, Shown], place: str) -> Page:
    spec, split, odd = task.spec, task.spec.protocol.train_split, set(browsed.odd.tolist())
    variant = f"@{spec.variant}" if spec.variant else ""
    doubt = [Fact("in doubt", f"{len(odd):,}", browsed.why)] if browsed.why else []
    return Page(
        id=place,
        title=f"{spec.name}{variant} on {task.dataset.name} {split}",
        menu=split,
        lead=f"Samples as they are annotated, and as a training with seed {task.options.seed} "
        "gets them.",
        facts=(
            Fact(
                browsed.what, f"{browsed.count:,}", "synthetic" if task.data_root.synthetic else ""
            ),
            Fact("shown", str(len(shown)), "those in doubt first" if odd else ""),
            *doubt,
        ),
        sections=(
            Section(title="What is to be seen", sentences=browsed.key),
            Section(title="Augmentation", grids=_augmentation(spec, place), folded=True),
            *(_section(one, browsed.why if row in odd else "") for row, one in shown.items()),
        ),
    )


def _augmentation(spec: Any, place: str) -> tuple[Grid, ...]:
    """Return what a file says of augmentation; a recipe of lifting has only the mirror."""
    said = spec.plain()
    keys = dotted({"augment": said.get("augment", {})})
    if "flip" in said["recipe"]:
        keys["recipe.flip"] = said["recipe"]["flip"]
    rows = tuple((Cell(key), Cell(spelled(value))) for key, value in keys.items())
    return (Grid(f"{place}-augment", "Of the task", (Column("key"), Column("value")), rows),)


def _section(one: Shown, doubt: str) -> Section:
    pictures = tuple(
        fitted(Image.fromarray(pixels[..., ::-1]), f"{one.id}, {words}", words, ROOM)
        for words, pixels in one.pictures.items()
    )
    sentences = (*([f"In doubt: {doubt}."] if doubt else []), *([one.file] if one.file else []))
    return Section(title=one.id, sentences=sentences, pictures=pictures)
