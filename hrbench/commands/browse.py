"""A page of samples that a task is trained on: as annotated, as augmented, with their targets."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from hrbench import catalog
from hrbench.begun.options import Options
from hrbench.draw.browsed import Browsed, Shown, chosen
from hrbench.engine.progress import Steps
from hrbench.engine.runtime import Runtime
from hrbench.errors import RunError, SpecError, UnknownNameError
from hrbench.kinds.contract import AnyTask
from hrbench.kinds.registry import kind_of, task_of
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
BESIDE = "task.toml"  # what `hrbench convert` writes beside a dataset's file


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


def browse(
    name: str, options: Options, splits: Sequence[str], ids: Sequence[str], count: int
) -> tuple[str, list[Looked]]:
    """Return a file of HTML with samples of some splits, and what is in it.

    Args:
        name: a task, its file, or a dataset or its file, for a task that is measured on it.
        options: the seed draws the samples and their augmentation, as a run's does.
        splits: names of annotated ones; none is the one that is trained on.
        ids: of samples; without one they are drawn, the odd ones first.
        count: how many are drawn of each split.

    Raises:
        HrbenchError: the data are not right, or no sample is called so.
    """
    file = catalog.task_file(_task_named(name))
    options = given.with_data(file, options)
    pages, looked = [], []
    for number, split in enumerate(splits or [""]):
        task = _task(file, options, split)
        browsed = kind_of(task.spec).browsed(task)
        rows = _called(browsed, ids) if ids else chosen(browsed, count, options.seed)
        shown = _shown(browsed, rows)
        drawn_from = task.spec.protocol.train_split
        looked.append(
            Looked(
                task.spec.name,
                drawn_from,
                browsed.count,
                len(browsed.odd),
                tuple(s.id for s in shown),
            )
        )
        place = FIRST if not number else f"split-{number}"
        pages.append(_page(task, browsed, dict(zip(rows, shown, strict=True)), place))
    return written(TITLE, pages if len(pages) > 1 else [replace(pages[0], menu="")]), looked


def _task_named(name: str) -> str:
    """Return the task that a name or file stands for; of a dataset, one that is trained on it.

    Raises:
        SpecError: nothing says what a dataset is trained for.
    """
    if name in catalog.names("datasets") and name not in catalog.names("tasks"):
        tasks = catalog.names("tasks")
        return next((t for t in tasks if catalog.load_task(t).dataset == name), name)
    if not name.endswith(".toml") or "splits" not in catalog.dataset_file(name)[1]:
        return name
    path, _ = catalog.dataset_file(name)
    if path != Path(name):  # of the task that is named
        return name
    if not (beside := path.with_name(BESIDE)).is_file():
        raise SpecError(
            f"{name} is a dataset's file, and {beside} is not there; name the file of a task, "
            "which says how the dataset is trained on"
        )
    return str(beside)


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
