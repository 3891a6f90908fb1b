"""Runs as one HTML file that needs no other, and asks for none."""

import base64
import hashlib
import re
import shlex
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from markupsafe import Markup

import hrbench
from hrbench import catalog
from hrbench.errors import UnknownNameError
from hrbench.report import cases
from hrbench.report.html import alike, comparisons, leaderboards, overview, pictures, runs
from hrbench.report.html.alike import Alike
from hrbench.report.html.page import Link, Page, Report
from hrbench.report.html.pairs import shared
from hrbench.report.html.pictures import Room, Shown
from hrbench.report.html.runs import Place
from hrbench.report.published import Row
from hrbench.report.ranking import folders_of
from hrbench.report.record import RunRecord
from hrbench.report.repeats import repeats
from hrbench.report.runs import Runs

TEMPLATES = "templates"
NO_RUNS = (
    "There is no run yet: hrbench run TASK makes one, hrbench list names the tasks. What is "
    "published of them is on their pages."
)


def report(
    found: Runs, literature: Sequence[Row], *, task: str | None = None, each: bool = False
) -> str:
    """Return the file: an overview, a page of each task, a page of each run.

    Args:
        found: the runs.
        literature: all published rows.
        task: one task only.
        each: every run by itself in the leaderboards, not one row for all seeds.

    Raises:
        UnknownNameError: there is no such task.
        RunError: something in a run's folder is not as the run left it.
    """
    pairs = _chosen(found, task)
    records = [record for record, _ in pairs]
    tasks = list(dict.fromkeys(record.task for record in records)) or _published(literature, task)
    places = _ids("task", tasks)
    pages = {record.id: f"run-{record.id[:12]}" for record in records}
    unfinished = {
        name: [run for run in found.unfinished if run.parent.name == name] for name in tasks
    }
    folders = folders_of(found)
    boards = [
        leaderboards.page(
            name,
            places[name],
            repeats([record for record in records if record.task == name], each=each),
            [row for row in literature if row["task"] == name],
            pages,
            folders,
            [f"hrbench run --resume {shlex.quote(str(run))}" for run in unfinished[name]],
        )
        for name in tasks
    ]
    whole, spoilt = alike.kept(pairs)
    groups = alike.grouped(whole)
    shown = _shown([folder for _, folder in pairs], groups)
    compared = [
        comparisons.page(
            group,
            f"comparison-{number}",
            pages,
            Link(group.runs[0].record.task, places[group.runs[0].record.task]),
            shown,
        )
        for number, group in enumerate(groups, start=1)
    ]
    details = [
        runs.page(record, folder, literature, _place(record, places, pages), shown[folder])
        for record, folder in pairs
    ]
    sentences = (*found.left_out, *spoilt, *([] if records else [NO_RUNS]))
    first = overview.page(records, places, pages, sentences)
    return written("hrbench report", (first, *boards, *compared, *details))


def written(title: str, pages: Sequence[Page]) -> str:
    """Return pages as one file of HTML; whatever comes out of files is escaped.

    The first is called `overview`, where the title leads to.
    """
    import jinja2  # noqa: PLC0415  only this form needs it

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("hrbench.report.html", TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC by hrbench {hrbench.__version__}"
    script = _file("page.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return environment.get_template("report.html.j2").render(
        report=Report(title, made, tuple(pages)),
        menu=_menu(pages),
        style=Markup(_file("page.css")),  # noqa: S704  ours
        script=Markup(script),  # noqa: S704
        digest=digest,
    )


def _chosen(found: Runs, task: str | None) -> list[tuple[RunRecord, Any]]:
    known = {*catalog.names("tasks"), *(record.task for record in found.records)}
    if task and task not in known:
        raise UnknownNameError("task", task, known)
    pairs = zip(found.records, found.folders, strict=True)
    return [(record, folder) for record, folder in pairs if task in {None, record.task}]


def _published(literature: Sequence[Row], task: str | None) -> list[str]:
    """Return the tasks that have a page where none has a run."""
    return [task] if task else list(dict.fromkeys(row["task"] for row in literature))


def _shown(folders: Sequence[Path], groups: Sequence[Alike]) -> dict[Path, Shown]:
    """Return the pictures of runs' cases, by the runs' folders; all find room in one file."""
    left = {folder: cases.read(folder) for folder in folders}
    both = [
        len(shared(*(left[run.folder] for run in two))) for group in groups for two in group.pairs
    ]
    room = Room.of(sum(map(len, left.values())) + 2 * sum(both))
    return {folder: pictures.of_cases(folder, own, room) for folder, own in left.items()}


def _place(record: RunRecord, places: Mapping[str, str], pages: Mapping[str, str]) -> Place:
    trail = (Link("Overview", "overview"), Link(record.task, places[record.task]))
    return Place(pages[record.id], trail)


def _ids(kind: str, names: Sequence[str]) -> dict[str, str]:
    """Return an id for each name, that is no other's and has no odd letter."""
    found: dict[str, str] = {}
    for name in names:
        plain = f"{kind}-{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')}"
        found[name] = f"{plain}-{len(found)}" if plain in found.values() else plain
    return found


def _menu(pages: Sequence[Page]) -> dict[str, list[Page]]:
    """Return the pages that the menu has, below their headings."""
    groups: dict[str, list[Page]] = {}
    for page in pages:
        if page.menu:
            groups.setdefault(page.group, []).append(page)
    return groups


def _file(name: str) -> str:
    return files("hrbench.report.html").joinpath(TEMPLATES, name).read_text("utf-8")
