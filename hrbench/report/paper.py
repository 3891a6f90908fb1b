"""Runs beside published rows as papers print them: one table, units in its header, footnotes."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import count
from string import ascii_lowercase

from hrbench.report import folds
from hrbench.report.benchmarks import benchmark
from hrbench.report.beside import compared, may_stand_beside_published
from hrbench.report.definitions import define, rounded
from hrbench.report.literature import cited, sized
from hrbench.report.printed import Line, Paper, Printed
from hrbench.report.protocols import Agreement, against_task, between, told, with_row
from hrbench.report.published import Row, is_headline, selection
from hrbench.report.ranking import Folders, ranking
from hrbench.report.record import RunRecord
from hrbench.report.repeats import TRAINED, Repeats
from hrbench.report.table import counted, marks, origin

# Columns of a row that say which row of its source it is, and not which of its figures.
OF_FIGURE = frozenset(
    {
        *("metric", "value", "unit", "higher_is_better", "mission", "mission_confidence"),
        *("source_locator", "checked", "protocol_note"),
    }
)
TOLD = ("boxes", "keypoints", "frames")  # keys of a protocol that have columns
FACTS = ("input", *TOLD, "weights", "n", "rank")
BOLD = (
    "Bold: the best of the rows of whole splits without a known difference in protocol, and what a "
    "95 % interval does not tell from it."
)
INTERVALS = "[low, high]: 95 % interval, by images drawn anew."
SPREADS = "±: standard deviation over seeds."


def papers(
    experiments: Sequence[Repeats], literature: Sequence[Row], folders: Folders
) -> list[Paper]:
    """Return a table for each task and split; where there are no runs, of what is published.

    Runs on data that hrbench made, or on a part of a split, stand beside no published row, nor
    the one beside the other.
    """
    groups: dict[tuple[str, str, bool, bool], list[Repeats]] = {}
    for one in experiments:
        record = one.record
        apart = (may_stand_beside_published(record), record.synthetic)
        groups.setdefault((*_place(record), *apart), []).append(one)
    if not experiments:
        shown = selection(literature)
        groups = {(row["task"], row["split"], True, False): [] for row in shown}
    return [
        _paper(
            sorted(own, key=lambda one: not one.record.complete),
            [row for row in literature if (row["task"], row["split"]) == (task, split)],
            folders,
            comparable=comparable,
        )
        for (task, split, comparable, _), own in groups.items()
    ]


def _paper(
    experiments: Sequence[Repeats], rows: Sequence[Row], folders: Folders, *, comparable: bool
) -> Paper:
    first = experiments[0].record if experiments else None
    task, split = (rows[0]["task"], rows[0]["split"]) if first is None else _place(first)
    shown = _shown(rows, experiments) if comparable else []
    published = [_published(row, rows, first) for row in shown]
    metrics = _metrics(first, dict.fromkeys(row["metric"] for row in rows))
    published.sort(key=lambda line: (line.aside, _standing(metrics[0], line)))
    places = ranking(experiments, folders)
    sizes = {one.record.n.words for one in experiments}
    sized = len(sizes) > 1 or not all(one.record.complete for one in experiments)
    ours = [_own(one, experiments, places.of(one), sized=sized) for one in experiments]
    lines = _lettered(_bold([*published, *ours], metrics))
    about = benchmark(task)
    kind = _kind(first)
    notes = {k: w for line in lines for k, w in zip(line.letters, line.notes, strict=True)}
    return Paper(
        name="-".join((task, split, *kind)),
        title=", ".join((about.title if about else task, split, *kind)),
        facts=tuple(name for name in FACTS if any(line.facts.get(name) for line in lines)),
        metrics=metrics,
        published=tuple(line for line in lines if line.source),
        ours=tuple(line for line in lines if not line.source),
        notes=tuple(notes.items()),
        sources=tuple(dict.fromkeys(line.source for line in lines if line.source)),
        below=(*_below(lines, experiments), *places.below),
    )


def _kind(first: RunRecord | None) -> tuple[str, ...]:
    """Return in a word what keeps all runs of a table from standing beside published rows."""
    if first is None or (first.complete and not first.synthetic):
        return ()
    return ("synthetic",) if first.synthetic else ("partial",)


def _place(record: RunRecord) -> tuple[str, str]:
    return record.task, record.dataset.split


def _shown(rows: Sequence[Row], experiments: Iterable[Repeats]) -> list[Row]:
    """Return the rows of systems that a reader looks for first, and those beside our runs."""
    near = [beside.row for one in experiments for beside in compared(one.record, rows)]
    chosen = [*(row for row in selection(rows) if is_headline(row)), *near]
    return list({_system(row): row for row in reversed(chosen)}.values())[::-1]


def _system(row: Row) -> tuple[str, ...]:
    """Return what the figures of one row of a source have in common."""
    return tuple(value for key, value in row.items() if key not in OF_FIGURE)


def _published(row: Row, rows: Sequence[Row], first: RunRecord | None) -> Line:
    agreement = against_task(row) if first is None else with_row(told(first), row)
    own = {
        other["metric"]: Printed(other["value"])
        for other in reversed(rows)
        if _system(other) == _system(row)
    }
    return Line(
        system=row["system"],
        facts={"input": sized(row), **{key: row[key] for key in TOLD}},
        figures=own,
        aside=bool(agreement.differing),
        notes=_notes(agreement),
        source=cited(row),
    )


def _own(one: Repeats, experiments: Sequence[Repeats], rank: str, *, sized: bool) -> Line:
    record, first = one.record, experiments[0].record
    agreement = between(first, record)
    model, said = record.spec.get("model"), told(record)
    size = model.get("input") if isinstance(model, dict) else None
    alike = [other for other in experiments if other.record.name == record.name]
    words = marks(record)
    return Line(
        system=record.name if len(alike) == 1 else f"{record.name} {one.label}",
        facts={
            "input": "x".join(map(str, size)) if isinstance(size, list) else "",
            **{key: said.get(key, "") for key in TOLD},
            "weights": "" if record.weights.origin == TRAINED else origin(record.weights),
            "n": counted(record) if sized else "",
            "rank": rank,
        },
        figures={name: _printed(one, name) for name in record.metrics if _has(record, name)},
        aside=bool(agreement.differing) or not record.complete,
        notes=(*_notes(agreement), *([words] if words else [])),
        source="",
    )


def _printed(one: Repeats, name: str) -> Printed:
    figure, spread = one.record.metrics[name], one.spread(name)
    return Printed(
        text=rounded(name, figure.value or 0.0),
        low=figure.low,
        high=figure.high,
        spread=rounded(name, spread.deviation) if spread and not one.whole else "",
    )


def _has(record: RunRecord, name: str) -> bool:
    return record.metrics[name].value is not None


def _notes(agreement: Agreement) -> tuple[str, ...]:
    """Return in words how a row's protocol is another than the first run's, or may be."""
    differing = ", ".join(f"{one.name} {one.theirs}" for one in agreement.differing)
    unknown = ", ".join(one.name for one in agreement.unknown)
    return (
        *([f"other protocol: {differing}"] if differing else []),
        *([f"not known to agree: {unknown}"] if unknown else []),
    )


def _metrics(first: RunRecord | None, printed: Iterable[str]) -> tuple[str, ...]:
    """Return the columns of figures: those that papers print, the headline first.

    Where nothing is published of a task, they are all but the median errors.
    """
    names = list(printed)
    if first is None:
        return tuple(names)
    others = [name for name in first.metrics if name != first.headline]
    known = [name for name in others if name in names]
    own = [name for name in others if not name.startswith("median_error")]
    return (first.headline, *(known if names else own))


def _standing(metric: str, line: Line) -> float:
    known, figure = define(metric), line.figures.get(metric)
    if figure is None:
        return float("inf")
    return -figure.value if known is not None and known.higher_is_better else figure.value


def _bold(lines: Sequence[Line], metrics: Sequence[str]) -> list[Line]:
    """Return rows with the best figures in bold, and what an interval does not tell from them."""
    found = list(lines)
    for metric in metrics:
        fair = [line for line in lines if metric in line.figures and not line.aside]
        best = min(fair, key=lambda line: _standing(metric, line), default=None)
        if best is None or len(fair) == 1 or define(metric) is None:
            continue
        top = best.figures[metric]
        for place, line in enumerate(found):
            own = line.figures.get(metric)
            if own is None or line.aside:
                continue
            if own.value == top.value or _within(top, own) or _within(own, top):
                figures = {**line.figures, metric: replace(own, bold=True)}
                found[place] = replace(line, figures=figures)
    return found


def _within(figure: Printed, other: Printed) -> bool:
    """Whether a figure lies in the interval of another one."""
    if other.low is None or other.high is None:
        return False
    return other.low <= figure.value <= other.high


def _lettered(lines: Sequence[Line]) -> list[Line]:
    """Return rows with the letters of their notes, each note once."""
    words = dict.fromkeys(note for line in lines for note in line.notes)
    letters = dict(zip(words, map(_letter, count()), strict=False))
    return [replace(line, letters=tuple(letters[note] for note in line.notes)) for line in lines]


def _letter(number: int) -> str:
    """Return a, b, ..., z, aa, ab, ..."""
    before, last = divmod(number, len(ascii_lowercase))
    return (_letter(before - 1) if before else "") + ascii_lowercase[last]


def _below(lines: Sequence[Line], experiments: Sequence[Repeats]) -> tuple[str, ...]:
    figures = [figure for line in lines for figure in line.figures.values()]
    drawn = [one for one in experiments if not one.folds]
    return (
        *([BOLD] if any(figure.bold for figure in figures) else []),
        *([INTERVALS] if drawn and any(figure.low is not None for figure in figures) else []),
        *([SPREADS] if any(figure.spread for figure in figures) else []),
        *([folds.WORDS] if any(one.folds for one in experiments) else []),
    )
