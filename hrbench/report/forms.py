"""Runs beside published rows, in every form that is text: tables, Markdown, LaTeX, CSV, JSON."""

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from hrbench import catalog
from hrbench.errors import UnknownNameError
from hrbench.report.beside import may_stand_beside_published
from hrbench.report.csv_json import as_csv, as_json
from hrbench.report.exchange import as_lm_eval, as_model_index
from hrbench.report.literature import published_tables
from hrbench.report.paper import papers
from hrbench.report.paper_latex import latex
from hrbench.report.paper_markdown import markdown
from hrbench.report.published import Row, rows
from hrbench.report.ranking import folders_of
from hrbench.report.repeats import repeats
from hrbench.report.runs import Runs
from hrbench.report.table import record_tables
from hrbench.report.text_table import Table, terminal

TABLE = "table"
PAPERS = {"markdown": markdown, "latex": latex}
OTHERS: Mapping[str, Callable[..., str]] = {
    "csv": as_csv,
    "json": as_json,
    "model-index": as_model_index,
    "lm-eval": as_lm_eval,
}
FORMS = (TABLE, *PAPERS, *OTHERS)
HTML = "html"  # the other one, a file of pages: `html.report` makes it


def report(
    runs: Runs,
    published: Sequence[Row],
    *,
    task: str | None = None,
    form: str = TABLE,
    each: bool = False,
    everything: bool = False,
    width: int = 80,
    colour: bool = False,
) -> str:
    """Return runs and the published rows of their tasks.

    `task` keeps one task; without it, and without records, every published task is shown; where
    no record may be compared with them and nobody asks for a task, one line says where they are.
    Runs that differ in their seed are one row, unless `each` is asked for. CSV and JSON hold the
    rows that hrbench is measured against, and with `everything` all that are published; the
    others those that a reader looks for first.

    Raises:
        UnknownNameError: no such task, or format.
    """
    if form not in FORMS:
        raise UnknownNameError("format", form, (*FORMS, HTML))
    kept = _of_task(runs, task)
    if form in OTHERS:
        literature = rows(published, [task]) if task else list(published)
        return OTHERS[form](kept, literature, everything=everything)
    tasks = {task} if task else {one.task for one in kept.records} or set(catalog.names("tasks"))
    literature = rows(published, tasks)
    experiments = repeats(kept.records, each=each)
    folders = folders_of(kept)
    if form in PAPERS:
        made = papers(experiments, literature, folders)
        return PAPERS[form](made) if made else _nothing(task)
    comparable = {one.task for one in kept.records if may_stand_beside_published(one)}
    tables = [
        *record_tables(experiments, literature, folders),
        *_unfinished_table(kept.unfinished),
        *published_tables(literature, comparable if kept.records and not task else None),
    ]
    if not tables:
        return _nothing(task)
    none = not (kept.records or kept.unfinished or kept.damaged)
    return terminal([*([_no_run(task)] if none else []), *tables], width, colour=colour)


def _no_run(task: str | None) -> Table:
    of = f" of {task}" if task else ""
    words = f"No run{of} is here yet; hrbench run {task or 'TASK'} makes one."
    return Table("", (), (), below=(words,))


def _nothing(task: str | None) -> str:
    return f"No run of {task} is here, and no published figure is comparable with one."


def _of_task(runs: Runs, task: str | None) -> Runs:
    known = {*catalog.names("tasks"), *(record.task for record in runs.records)}
    if task and task not in known:
        raise UnknownNameError("task", task, known)
    pairs = zip(runs.folders, runs.records, strict=True)
    kept = [pair for pair in pairs if task in {None, pair[1].task}]
    kept.sort(key=lambda pair: (pair[1].task, pair[1].started))
    return replace(
        runs,
        folders=tuple(folder for folder, _ in kept),
        records=tuple(record for _, record in kept),
        unfinished=tuple(run for run in runs.unfinished if task in {None, run.parent.name}),
    )


def _unfinished_table(folders: Sequence[Path]) -> list[Table]:
    commands = tuple(f"hrbench run --resume {shlex.quote(str(folder))}" for folder in folders)
    title = "Not ended: under way, or interrupted. An interrupted one goes on with"
    return [Table(title, (), (), commands=commands)] if commands else []
