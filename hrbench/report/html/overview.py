"""The first page of the report: every run in a line, to be sorted and searched."""

from collections.abc import Mapping, Sequence

from hrbench.report.html.marks import chips
from hrbench.report.html.page import Cell, Column, Fact, Grid, Page, Section
from hrbench.report.record import RunRecord
from hrbench.report.table import counted, epochs, interval_words, origin, started, with_unit


def page(
    records: Sequence[RunRecord],
    tasks: Mapping[str, str],
    runs: Mapping[str, str],
    sentences: Sequence[str],
) -> Page:
    """Return the first page.

    Args:
        records: all runs.
        tasks: the ids of tasks' pages, by their names.
        runs: the ids of runs' pages, by the runs' ids.
        sentences: what a reader should know besides.
    """
    latest = max((started(record) for record in records), default="")
    facts = (
        Fact("runs", str(len(records))),
        Fact("tasks", str(len(tasks))),
        *([Fact("latest", latest, "UTC")] if latest else []),
    )
    return Page(
        id="overview",
        title="Overview",
        menu="Overview",
        facts=facts,
        sections=(
            Section(
                title="Runs",
                grids=(_grid(records, tasks, runs),) if records else (),
                sentences=tuple(sentences),
            ),
        ),
    )


def _grid(records: Sequence[RunRecord], tasks: Mapping[str, str], runs: Mapping[str, str]) -> Grid:
    columns = (
        Column("task"),
        Column("run"),
        Column("value", numbers=True),
        Column("95 %", numbers=True),
        Column("n", numbers=True),
        Column("epochs", numbers=True),
        Column("seed", numbers=True),
        Column("weights"),
        Column("started, UTC"),
        Column("marks"),
    )
    return Grid(
        id="overview-runs",
        caption="All runs, the latest first",
        columns=columns,
        rows=tuple(
            _cells(record, tasks, runs)
            for record in sorted(records, key=lambda one: one.started, reverse=True)
        ),
        choices=tuple(tasks),
        by="started, UTC",
        ordered="descending",
    )


def _cells(
    record: RunRecord, tasks: Mapping[str, str], runs: Mapping[str, str]
) -> tuple[Cell, ...]:
    figure = record.metrics[record.headline]
    trained = epochs(record)
    return (
        Cell(record.task, link=tasks[record.task]),
        Cell(record.id[:8], link=runs[record.id], more=record.variant),
        Cell(with_unit(record, record.headline), figure.value, record.headline),
        Cell(interval_words(record, record.headline), figure.low),
        Cell(counted(record), record.n.evaluated),
        Cell(trained, float(trained) if trained else None),
        Cell(str(record.seed), record.seed),
        Cell(origin(record.weights)),
        Cell(started(record)),
        Cell(chips=chips(record)),
    )
