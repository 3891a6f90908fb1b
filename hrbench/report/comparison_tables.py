"""A comparison in words and tables, for a terminal or Markdown."""

import math
from pathlib import Path
from shlex import quote

from hrbench.report.comparison import Comparison, Figure, Group, Line, Pair, Side, Standing
from hrbench.report.definitions import finer, rounded, with_sign
from hrbench.report.table import epochs, given, origin, started, what_is_given
from hrbench.report.text_table import Table
from hrbench.report.unpacking import shown

SAME, UNSURE = "not distinguishable", "unsure among so many"
MANY = 1_000_000  # units, beyond which nobody counts them
MOST = 60  # rows of a group
CHANGED = 10  # units that are told
LEFT = frozenset({"figure", "run", "words"})  # columns of no numbers
OF_P = "p is that of each row alone, if there were no difference."
OF_HOLM = "adjusted: p after Holm, for as many rows as the group has; the words beside it go by it."
OF_RANKS = "rank: the places that a run may have, shared by those that nothing tells apart."
OF_GROUPS = "By group: two runs at a time, or --format csv."
OF_DRAWS = "Drawn as wholes: the {} groups of the {}s, as the split has them (docs/splits.md)."
OF_UNITS = (
    "Sure is meant of {}s, not of training: another seed of the same recipe moves the figures "
    "too, and single runs do not show how far."
)


def tables(comparison: Comparison) -> list[Table]:
    """Return the runs, the rank of each where there are more than two, and every pair."""
    alone = len(comparison.pairs) == 1
    made = [_runs(comparison), *([] if alone else [_ranks(comparison)])]
    for pair in comparison.pairs:
        made += [_figures(pair, comparison)] if pair.figures else []
        if alone:
            made += [_group(group, pair, comparison) for group in pair.groups]
            made += [_changed(pair, comparison)] if pair.changed and _is_asked(pair) else []
    grouped = any(pair.groups for pair in comparison.pairs)
    of_groups = [OF_HOLM if alone else OF_GROUPS] if grouped else []
    drawn = [OF_DRAWS.format(comparison.groups, comparison.unit)] if comparison.groups else []
    below = (OF_P, *of_groups, *drawn, OF_UNITS.format(comparison.unit))
    return [*made, Table("", (), (), below=below)]


def verdict(line: Line, pair: Pair, comparison: Comparison) -> str:
    """Return in a sentence whether two runs differ in a figure, and by how much."""
    first, second, found = pair.first.letter, pair.second.letter, line.difference
    label, unit = line.figure.label, line.figure.unit
    sample = sample_words(comparison)
    if math.isnan(found.value):
        return f"{label} of {second} minus {first} is not known on these {sample}."
    of = f"{label} of {second} minus {first} is {signed(line.figure, found.value)} {unit}".rstrip()
    if math.isnan(found.p):
        return f"{of}; the {sample} do not tell how sure that is."
    interval = f"95 %: {interval_words(line.figure, found.low, found.high)}, {p_words(found.p)}"
    if line.is_sure:
        said = outcome(line, pair).replace(" better", f" is better than {_other(line, pair)}")
        return f"{said} on these {sample}: {of} ({interval})."
    return f"{first} and {second} are {SAME} on these {sample}: {of} ({interval})."


def power(line: Line, comparison: Comparison) -> str:
    """Return in a sentence what a sample of this size shows; nothing where that is unknown."""
    found, figure = line.difference, line.figure
    if math.isnan(found.smallest):
        return ""
    least = f"{rounded(figure.label, found.smallest)} {figure.unit}".rstrip()
    words = f"least: {sample_words(comparison)} show a difference of {least} in 80 % of samples"
    if math.isinf(found.needed):
        return f"{words}."
    return f"{words}; needs: one as large as is seen takes {needed_words(line)}."


def outcome(line: Line, pair: Pair) -> str:
    """Return in two or three words which of two runs is better in a figure, if that is sure."""
    found = line.difference
    if math.isnan(found.p):
        return "not known"
    if not line.is_sure:
        return UNSURE if found.is_sure else SAME
    if line.second_is_better is None:
        return f"{(pair.second if found.value > 0 else pair.first).letter} higher"
    return f"{(pair.second if line.second_is_better else pair.first).letter} better"


def sample_words(comparison: Comparison) -> str:
    """Return what was drawn anew: "600 images"."""
    return f"{comparison.units:,} {comparison.unit}{'s' * (comparison.units != 1)}"


def interval_words(figure: Figure, low: float, high: float) -> str:
    """Return the ends of a difference's interval, with their signs."""
    return f"{signed(figure, low)} to {signed(figure, high)}" if not math.isnan(low) else ""


def signed(figure: Figure, value: float) -> str:
    """Return a difference with its sign, a digit finer than the figures; nothing if unknown."""
    return "" if math.isnan(value) else with_sign(finer(figure.label, value))


def least_words(line: Line) -> str:
    """Return the smallest difference that so many units show; nothing where that is unknown."""
    smallest = line.difference.smallest
    return "" if math.isnan(smallest) else rounded(line.figure.label, smallest)


def needed_words(line: Line) -> str:
    """Return how many units would show the difference that is seen; nothing where no number do."""
    needed = line.difference.needed
    if not math.isfinite(needed):
        return ""
    return f"{needed:,.0f}" if needed <= MANY else f">{MANY:,}"


def ends_words(label: str, ends: tuple[float, float]) -> str:
    """Return the interval of a figure; nothing where its units do not tell."""
    return "" if any(map(math.isnan, ends)) else "-".join(rounded(label, end) for end in ends)


def every_line(pair: Pair, comparison: Comparison) -> str:
    """Return the command that gives all lines of a pair."""
    runs = " ".join(quote(shown(Path(side.folder))) for side in (pair.first, pair.second))
    return f"hrbench compare {runs}{' --force' if comparison.unlike else ''} --format csv"


def figure_words(label: str, value: float) -> str:
    """Return a figure as the literature rounds it, if it is known."""
    return "none" if math.isnan(value) else rounded(label, value)


def p_words(p: float) -> str:
    """Return a p-value as papers print it."""
    return "p < 0.001" if p < 0.001 else f"p {p:.3f}"


def _runs(comparison: Comparison) -> Table:
    cells = [_of_run(side) for side in comparison.sides]
    header = [name for name in cells[0] if any(cell[name] for cell in cells)]
    below = [f"Not measured alike: {', '.join(comparison.unlike)}."] if comparison.unlike else []
    first = comparison.sides[0].record
    on = f"on {sample_words(comparison)} of {first.dataset.name} {first.dataset.split}"
    return Table(
        title=f"{', '.join(side.letter for side in comparison.sides)} {on}",
        header=tuple(header),
        rows=tuple(tuple(cell[name] for name in header) for cell in cells),
        folding=frozenset({"weights"}),
        below=tuple(below),
    )


def _of_run(side: Side) -> dict[str, str]:
    record = side.record
    return {
        "": side.letter,
        "task": record.name,
        "id": record.id[:8],
        "started": started(record),
        "epochs": epochs(record),
        "seed": str(record.seed),
        what_is_given(record): given(record),
        "weights": origin(record.weights),
    }


def _ranks(comparison: Comparison) -> Table:
    rows = [
        row for standing in comparison.standings for row in _standing_rows(standing, comparison)
    ]
    return Table(
        title="Ranks",
        header=("figure", "run", "value", "95 %", "rank"),
        rows=tuple(rows),
        right=frozenset({"value"}),
        below=(OF_RANKS,),
    )


def _standing_rows(standing: Standing, comparison: Comparison) -> list[tuple[str, ...]]:
    label, higher = standing.figure.label, standing.figure.higher_is_better
    places = range(len(standing.figures))
    unknown = -math.inf if higher else math.inf  # last
    values = [unknown if math.isnan(value) else value for value in standing.figures]
    order = sorted(places, key=values.__getitem__, reverse=bool(higher))
    return [
        (
            label,
            comparison.sides[place].letter,
            figure_words(label, standing.figures[place]),
            ends_words(label, standing.intervals[place]),
            str(standing.ranks[place]) if standing.ranks else "",
        )
        for place in order
    ]


def _figures(pair: Pair, comparison: Comparison) -> Table:
    first = pair.figures[0]
    said = (verdict(first, pair, comparison), power(first, comparison))
    return Table(
        title=f"{pair.second.letter} beside {pair.first.letter}",
        header=("figure", *_header(pair), ""),
        rows=tuple(
            (_titled(line.figure), *_cells(line), outcome(line, pair)) for line in pair.figures
        ),
        right=frozenset(_header(pair)),
        folding=frozenset({"figure", ""}),
        below=tuple(filter(None, said)),
    )


def _group(group: Group, pair: Pair, comparison: Comparison) -> Table:
    header = (group.name, *_header(pair)[:-2], "adjusted", "")
    left = len(group.lines) - MOST
    return Table(
        title=f"By {group.name}: {_titled(group.lines[0].figure)}",
        header=header,
        rows=tuple(
            (line.figure.row, *_cells(line)[:-2], _p(line.adjusted), outcome(line, pair))
            for line in group.lines[:MOST]
        ),
        right=frozenset(header[1:-1]),
        folding=frozenset({group.name, ""}),
        below=(f"{left} more:",) if left > 0 else (),
        commands=(every_line(pair, comparison),) if left > 0 else (),
    )


def _is_asked(pair: Pair) -> bool:
    """Whether the headline is among the figures that are asked for."""
    return any(line.figure == pair.headline for line in pair.figures)


def _changed(pair: Pair, comparison: Comparison) -> Table:
    first, second, unit = pair.first.letter, pair.second.letter, comparison.unit
    label = pair.headline.label
    same = comparison.units - pair.better - pair.worse
    return Table(
        title=f"Changed most: {label} of each {unit} by itself",
        header=(unit, first, second),
        rows=tuple(
            (one.unit, figure_words(label, one.first), figure_words(label, one.second))
            for one in pair.most_changed(CHANGED)
        ),
        right=frozenset({first, second}),
        below=(f"{second} is better in {pair.better}, worse in {pair.worse}, the same in {same}.",),
    )


def _header(pair: Pair) -> tuple[str, ...]:
    first, second = pair.first.letter, pair.second.letter
    return (first, second, f"{second} - {first}", "95 %", "p", "least", "needs")


def _cells(line: Line) -> tuple[str, ...]:
    figure, found = line.figure, line.difference
    return (
        figure_words(figure.label, line.first),
        figure_words(figure.label, line.second),
        signed(figure, found.value),
        interval_words(figure, found.low, found.high),
        _p(found.p),
        least_words(line),
        needed_words(line),
    )


def _titled(figure: Figure) -> str:
    return f"{figure.label}, {figure.unit}" if figure.unit else figure.label


def _other(line: Line, pair: Pair) -> str:
    return (pair.first if line.second_is_better else pair.second).letter


def _p(p: float) -> str:
    return "" if math.isnan(p) else "<0.001" if p < 0.001 else f"{p:.3f}"
