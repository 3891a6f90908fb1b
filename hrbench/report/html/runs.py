"""The page of a run: its figures, curves, breakdowns, cases, and what it came out of."""

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hrbench.metrics.registry import METRICS
from hrbench.report import charts, detail, unpacking
from hrbench.report.benchmarks import benchmark
from hrbench.report.beside import Beside, compared, signed
from hrbench.report.charts import Line
from hrbench.report.html import groups, svg, training
from hrbench.report.html.marks import chips, of_protocol
from hrbench.report.html.page import Cell, Chart, Column, Fact, Grid, Link, Page, Section
from hrbench.report.html.pictures import Shown
from hrbench.report.protocols import spelled
from hrbench.report.published import Row
from hrbench.report.record import RunRecord
from hrbench.report.run_folders import SPEC, STATE
from hrbench.report.summary import described, standing, sure
from hrbench.report.table import epochs, interval_words, started, with_unit

INCHES = (4.2, 2.9)  # of a chart
DEFAULTS: Mapping[str, object] = {"device": "auto", "precision": "auto"}
OF_MACHINE = frozenset({"out", "workers", "pictures", "track"})  # options that change no figure
SPELLED = {"overrides": "set"}  # as the command has them
NOTHING: tuple[object, ...] = (None, False, "", [])


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run's page is in the file."""

    id: str
    trail: tuple[Link, ...]


def page(
    record: RunRecord, folder: Path, literature: Sequence[Row], place: Place, shown: Shown
) -> Page:
    """Return the page of a run, with the pictures of its cases.

    Raises:
        RunError: something in its folder is not as the run left it.
    """
    rows = [row for row in literature if row["task"] == record.task]
    said = record.dataset
    sections = (
        _figures(record, rows, place),
        _beside(compared(record, rows), place),
        _curves(record, folder, place),
        *_groups(record, place),
        Section(title="Worst and median cases", pictures=tuple(shown.values())),
        Section(title="Do it again", commands=_commands(record, folder)),
        Section(
            title="Where it comes from",
            grids=(
                _listed(f"{place.id}-source", "Source", detail.provenance(record, folder)),
                _listed(
                    f"{place.id}-protocol",
                    "Protocol",
                    {key.replace("_", " "): spelled(v) for key, v in record.protocol.items()},
                ),
            ),
        ),
        Section(title=f"All that was asked ({SPEC})", text=_text(folder / SPEC), folded=True),
    )
    return Page(
        id=place.id,
        title=f"{record.name} {record.id[:8]}",
        lead=f"A run on {said.name} {said.split}, n = {record.n.words}.",
        trail=place.trail,
        chips=chips(record),
        facts=_facts(record),
        sections=sections,
    )


def _facts(record: RunRecord) -> tuple[Fact, ...]:
    said = [
        Fact(name, value, more) for name in record.metrics for value, more in [_fact(record, name)]
    ]
    trained = epochs(record)
    return (
        *said[:3],
        *([Fact("epochs", trained, f"seed {record.seed}")] if trained else []),
        Fact("started", started(record), "UTC"),
    )


def _fact(record: RunRecord, name: str) -> tuple[str, str]:
    interval = interval_words(record, name)
    return with_unit(record, name), f"95 %: {interval}" if interval else ""


def _figures(record: RunRecord, rows: Sequence[Row], place: Place) -> Section:
    said = described(record)
    lines = tuple(
        (
            Cell(line["metric"], hint=line["meaning"]),
            Cell(line["value"], figure.value),
            *(Cell(words) for key, words in line.items() if key not in {"metric", "value"}),
        )
        for line, figure in zip(said, record.metrics.values(), strict=True)
    )
    columns = tuple(
        Column(name, numbers=name in {"value", "95 %"}, wide=name == "meaning") for name in said[0]
    )
    grid = Grid(f"{place.id}-figures", "All figures", columns, lines)
    return Section(
        title="Figures",
        sentences=(*standing(record, list(rows)), *sure(record)),
        grids=(grid,),
    )


def _beside(near: Sequence[Beside], place: Place) -> Section:
    lines = []
    for one in near:
        metric, row = one.row["metric"], one.row
        interval = ""
        if one.low is not None and one.high is not None:
            interval = f"{signed(metric, one.low)} to {signed(metric, one.high)}"
        lines.append(
            (
                Cell(row["system"], more=f"{row['source_title']}, {row['source_year']}"),
                Cell(metric),
                Cell(f"{row['value']} {row['unit']}", float(row["value"])),
                Cell(signed(metric, one.gap), one.gap, interval),
                Cell(chips=(of_protocol(one.protocol),)),
            )
        )
    columns = (
        Column("system"),
        Column("metric"),
        Column("published", numbers=True),
        Column("ours minus theirs", numbers=True),
        Column("protocol"),
    )
    grid = Grid(f"{place.id}-beside", "Nearest published rows", columns, tuple(lines))
    return Section(title="Beside what is published", grids=(grid,) if lines else ())


def _curves(record: RunRecord, folder: Path, place: Place) -> Section:
    learnt = training.read(folder)
    lines = (("Loss", "step", learnt.loss), ("Validation", "epoch", learnt.validated))
    shown = [
        _line_chart(title, across, line, f"{place.id}-{across}")
        for title, across, line in lines
        if line is not None
    ]
    curve: Any = record.groups.get(detail.DRAWN)
    metric = METRICS.get(str(record.protocol.get("metric")))
    if curve and metric is not None and metric.axes is not None:
        words = f"{metric.axes.up} over {metric.axes.across}, {len(curve) - 1} lines"
        figure = charts.curve(curve, metric.axes, INCHES)
        title = metric.axes.up.capitalize()
        shown.append(Chart(title, words, svg.drawn(figure, f"{place.id}-curve", words)))
    bins: Any = record.groups.get(detail.RELIABILITY)
    if bins:
        words = f"Answers that are right over their score, {len(bins)} bins"
        figure = charts.reliability(bins, INCHES)
        name = f"{place.id}-reliability"
        shown.append(Chart("Scores as probabilities", words, svg.drawn(figure, name, words)))
    return Section(title="Curves", charts=tuple(shown))


def _line_chart(title: str, across: str, line: Line, name: str) -> Chart:
    first, last = line.up[[0, -1]]
    words = f"{line.name} from {first:.4g} to {last:.4g} at {across} {line.across[-1]:g}"
    return Chart(title, words, svg.drawn(charts.learning(line, across, INCHES), name, words))


def _groups(record: RunRecord, place: Place) -> tuple[Section, Section]:
    """Return the groups, and folded those that a chart has shown already."""
    tables = list(groups.grids(record, place.id))
    drawn = [grid for name, grid in tables if name.startswith(detail.RELIABILITY)]
    return (
        Section(title="Where it fails", grids=tuple(g for _, g in tables if g not in drawn)),
        Section(title="Scores as probabilities, in bins", grids=tuple(drawn), folded=True),
    )


def _commands(record: RunRecord, folder: Path) -> tuple[str, ...]:
    """Return the command by what the run was asked, and the one that reads its folder.

    A folder of an archive is no place that a command could read.
    """
    name = str(folder)
    again = () if unpacking.shown(folder) != name else (shlex.join(["hrbench", "run", name]),)
    try:
        options = json.loads((folder / STATE).read_text("utf-8"))["options"]
    except (OSError, ValueError, KeyError, TypeError):
        return again
    if benchmark(record.task) is None or not isinstance(options, dict):
        return again
    return (shlex.join(["hrbench", "run", record.name, *_flags(options)]), *again)


def _flags(options: Mapping[str, Any]) -> list[str]:
    flags = []
    for key, value in options.items():
        flag = f"--{SPELLED.get(key, key).replace('_', '-')}"
        if key == "tta" and value is False:
            flags.append("--no-tta")
        elif key in OF_MACHINE or value in NOTHING or DEFAULTS.get(key) == value:
            continue
        elif value is True:
            flags.append(flag)
        else:
            several = value if isinstance(value, list) else [value]
            flags += [word for one in several for word in (flag, str(one))]
    return flags


def _listed(place: str, caption: str, said: Mapping[str, str]) -> Grid:
    columns = (Column("key"), Column("value"))
    return Grid(place, caption, columns, tuple((Cell(k), Cell(v)) for k, v in said.items()))


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, ValueError):
        return ""
