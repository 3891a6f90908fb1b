"""The page of a task: its runs beside what is published."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hrbench.report import folds
from hrbench.report.benchmarks import benchmark
from hrbench.report.beside import beside, may_stand_beside_published
from hrbench.report.definitions import define
from hrbench.report.html.bars import Ends, Scale, scale
from hrbench.report.html.marks import chips, of_protocol
from hrbench.report.html.page import Cell, Chip, Column, Grid, Link, Page, Section
from hrbench.report.protocols import Agreement, against_task, told, with_row
from hrbench.report.published import Row, selection
from hrbench.report.ranking import Folders, Ranking, ranking, tables
from hrbench.report.repeats import Repeats
from hrbench.report.table import (
    counted,
    epochs,
    given,
    interval_words,
    origin,
    started,
    value_words,
    what_is_given,
    with_unit,
)

ORDER = (
    "Best first. Figures whose protocols differ, or are not known to agree, are in no order: the "
    "marks say which."
)
OURS = Chip("ours", "ours")
SPREAD = "±: standard deviation over the runs of one experiment, which differ in their seed."


@dataclass(frozen=True, slots=True)
class Board:
    """What one leaderboard is of, and what its cells tell of."""

    id: str
    split: str
    metric: str
    unit: str
    higher_is_better: bool
    literature: Sequence[Row]  # the task's published rows
    pages: Mapping[str, str]  # ids of runs' pages, by the runs' ids
    folders: Folders  # of the runs

    def order(self, value: float) -> float:
        """Return a number that is lower for the better of two values."""
        return -value if self.higher_is_better else value


def page(
    task: str,
    place: str,
    experiments: Sequence[Repeats],
    literature: Sequence[Row],
    pages: Mapping[str, str],
    folders: Folders,
    commands: Sequence[str],
) -> Page:
    """Return the page of a task.

    Args:
        task: its name.
        place: the page's id.
        experiments: the task's.
        literature: the task's published rows.
        pages: the ids of runs' pages, by the runs' ids.
        folders: of the runs.
        commands: by which its interrupted runs go on.
    """
    about = benchmark(task)
    boards = tables(experiments)
    shown = [row for row in selection(literature) if row["task"] == task]
    sections = []
    for number, ((_, split, metric), group) in enumerate(boards.items()):
        figure, own = group[0].record.metrics[metric], f"{place}-{number}"
        facts = split, metric, figure.unit, figure.higher_is_better
        board = Board(own, *facts, literature, pages, folders)
        theirs = [r for r in shown if (r["split"], r["metric"]) == (split, metric)]
        sections += list(_sections(board, group, theirs))
        shown = [row for row in shown if row not in theirs]
    rest = _others(shown, f"{place}-rest")
    command = f"hrbench report --task {task} --format csv --published"
    if literature:
        sections.append(
            Section(
                title="Published, of other splits or figures" if boards else "Published",
                grids=(rest,) if shown else (),
                sentences=(f"All {len(literature)} published rows: {command}",),
                folded=bool(boards),
            )
        )
    sections.append(Section(title="Interrupted runs go on with", commands=tuple(commands)))
    return Page(
        id=place,
        title=about.title if about else task,
        menu=task,
        group="Tasks",
        lead=f"{task}: measured on {about.dataset} {about.split}." if about else "",
        trail=(Link("Overview", "overview"),),
        sections=tuple(sections),
    )


def _sections(
    board: Board, experiments: Sequence[Repeats], theirs: Sequence[Row]
) -> Iterator[Section]:
    comparable = [one for one in experiments if may_stand_beside_published(one.record)]
    others = [one for one in experiments if one not in comparable]
    title = f"{board.metric} on {board.split}"
    known = define(board.metric)
    meaning = (f"{board.metric}: {known.meaning}.",) if known else ()
    if comparable:
        grid = _grid(f"{board.id}-board", "Leaderboard", board, comparable, theirs)
        yield Section(title=title, sentences=(*meaning, ORDER), grids=(grid,))
    if others:
        words = "Comparable with nothing published: synthetic, or of a part of the data."
        caption = "Runs that stand alone" if comparable else "Runs"
        grid = _grid(f"{board.id}-alone", caption, board, others, ())
        yield Section(
            title=f"{title}: {caption.lower()}",
            sentences=(words,) if comparable else (*meaning, words),
            grids=(grid,),
        )
    if theirs and not comparable:
        grid = _grid(f"{board.id}-theirs", "Published", board, (), theirs)
        yield Section(title=f"{title}: published", grids=(grid,), sentences=(ORDER,), folded=True)


def _grid(
    place: str, caption: str, board: Board, ours: Sequence[Repeats], theirs: Sequence[Row]
) -> Grid:
    printed: list[Ends] = [(float(row["value"]), None, None) for row in theirs]
    over = scale(board.metric, [*map(_ends, ours), *printed])
    best = min(ours, key=lambda one: board.order(_ends(one)[0]), default=None) if theirs else None
    places = ranking(ours, board.folders)
    lines = [
        *((_ends(one)[0], _our_cells(one, board, over, places)) for one in ours),
        *((float(r["value"]), _their_cells(r, over, best)) for r in theirs),
    ]
    lines.sort(key=lambda line: board.order(line[0]))
    columns = (
        Column("system"),
        Column(f"{board.metric}, {board.unit}", numbers=True),
        Column("95 %", numbers=True),
        *([Column("", scale=over.ends, hint="the value with its 95 % interval")] if over else []),
        Column("rank", numbers=True, hint="the places that a row may have among runs here"),
        Column("protocol", hint="beside the nearest published row, and of those beside our best"),
        Column("n", numbers=True),
        Column("epochs", numbers=True),
        Column("seed", numbers=True),
        Column(_given(ours, theirs), hint="where they come from"),
        Column("from"),
    )
    cells = [line for _, line in lines]
    kept = [at for at, column in enumerate(zip(*cells, strict=True)) if any(map(_is_full, column))]
    below = (
        *([SPREAD] if any(one.several for one in ours) else []),
        *([folds.WORDS] if any(one.folds for one in ours) else []),
    )
    return Grid(
        id=place,
        caption=f"{caption}: {board.metric} on {board.split}",
        columns=tuple(columns[at] for at in kept),
        rows=tuple(tuple(line[at] for at in kept) for line in cells),
        below=(*places.below, *below),
        by=f"{board.metric}, {board.unit}",
        ordered="descending" if board.higher_is_better else "ascending",
    )


def _given(ours: Sequence[Repeats], theirs: Sequence[Row]) -> str:
    if ours:
        return what_is_given(ours[0].record)
    return "keypoints" if any(row["keypoints"] for row in theirs) else "boxes"


def _is_full(cell: Cell) -> bool:
    return bool(cell.words or cell.more or cell.bar or cell.chips)


def _ends(one: Repeats) -> Ends:
    """Return an experiment's figure with its interval; of several runs with their range."""
    record = one.record
    figure = record.metrics[record.headline]
    return figure.value or 0.0, figure.low, figure.high


def _our_cells(one: Repeats, board: Board, over: Scale | None, places: Ranking) -> tuple[Cell, ...]:
    record, value = one.record, _ends(one)
    runs = tuple(
        Link(f"{one.named(run)}: {with_unit(run, run.headline)}", board.pages[run.id])
        for run in one.runs
        if one.several
    )
    near = beside(record, board.literature)
    marked = (of_protocol(near.protocol),) if near else ()
    words = f"beside {near.row['value']} of {near.row['system']}" if near else ""
    return (
        Cell(
            f"{record.variant or record.task} {one.label}",
            link="" if one.several else board.pages[one.runs[0].id],
            links=runs,
            chips=(OURS, *chips(record)),
        ),
        Cell(value_words(one, board.metric), value[0]),
        Cell(interval_words(record, board.metric), value[1]),
        *([Cell(bar=over.bar(value))] if over else []),
        Cell(places.of(one), places.ranks[record.id].best if record.id in places.ranks else -1),
        Cell(more=words, chips=marked),
        Cell(counted(record), record.n.evaluated),
        Cell(epochs(record), float(epochs(record) or -1)),
        Cell(one.seeds, record.seed),
        Cell(given(record)),
        Cell(origin(record.weights), more=f"{started(record)} UTC"),
    )


def _their_cells(row: Row, over: Scale | None, best: Repeats | None) -> tuple[Cell, ...]:
    value = float(row["value"])
    size = f"{row['input_height']} x {row['input_width']}" if row["input_width"] else ""
    against: Agreement = against_task(row) if best is None else with_row(told(best.record), row)
    return (
        Cell(row["system"], more=size),
        Cell(row["value"], value),
        Cell(),
        *([Cell(bar=over.bar((value, None, None), ours=False))] if over else []),
        Cell(),
        Cell(chips=(of_protocol(against),)),
        Cell(),
        Cell(),
        Cell(),
        Cell(row["boxes"] or row["keypoints"]),
        Cell(more=f"{row['source_title']}, {row['source_year']}"),
    )


def _others(rows: Sequence[Row], place: str) -> Grid:
    """Return published rows beside no run: of other splits or figures than the runs here."""
    columns = (
        Column("system"),
        Column("split"),
        Column("metric"),
        Column("value", numbers=True),
        Column("protocol", hint="beside that of the task's main variant"),
        Column("from"),
    )
    lines = tuple(
        (
            Cell(row["system"]),
            Cell(row["split"]),
            Cell(row["metric"]),
            Cell(f"{row['value']} {row['unit']}", float(row["value"])),
            Cell(chips=(of_protocol(against_task(row)),)),
            Cell(more=f"{row['source_title']}, {row['source_year']}"),
        )
        for row in rows
    )
    return Grid(place, "Published figures", columns, lines)
