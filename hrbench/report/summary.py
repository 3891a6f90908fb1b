"""What a run says at its end: its figures, what they may be compared with, what comes next."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from hrbench.report.beside import compared, may_stand_beside_published, verdict
from hrbench.report.definitions import define
from hrbench.report.literature import published_tables
from hrbench.report.published import Row, rows
from hrbench.report.record import RunRecord
from hrbench.report.table import interval_words, marks, with_unit
from hrbench.report.text_table import Table, terminal

PICTURES = (  # that a run may leave
    *("predictions.png", "worst.png", "training.png", "curve.png", "reliability.png"),
)
SYNTHETIC = (
    "This result is synthetic, on data that hrbench made itself: it is comparable with nothing "
    "published."
)


def summary(
    record: RunRecord,
    published: Sequence[Row],
    run_folder: Path,
    *,
    example: Sequence[str] = (),
    width: int = 80,
    colour: bool = False,
) -> str:
    """Return the figures of a run, published rows in their own block, and what comes next.

    Where nothing published may be compared, one line says where it stands. `example` are arguments
    that `hrbench predict` can be tried with.
    """
    literature = rows(published, [record.task])
    comparable = [record.task] if may_stand_beside_published(record) else []
    tables = [
        figures(record, standing(record, literature)),
        *published_tables(literature, comparable),
        next_steps(run_folder, example),
    ]
    return terminal(tables, width, colour=colour)


def sure(record: RunRecord) -> tuple[str, ...]:
    """Return in sentences how intervals came about, and what they do not say."""
    how = record.uncertainty
    if how is None:
        return ()
    what = f"{how.units:,} {how.unit}{'s' * (how.units != 1)}"
    words = (
        f"{100 * how.level:.0f} % intervals: {what} drawn anew {how.replicates:,} times "
        "(docs/intervals.md)."
    )
    return (words, *how.notes)


def standing(record: RunRecord, literature: list[Row]) -> tuple[str, ...]:
    """Return the sentences that say what a result may be compared with."""
    sentences = list(record.notes)
    if not record.complete:
        sentences.append(
            f"This result is partial: {record.n.evaluated} of {record.n.expected} samples; it is "
            "set beside no published row."
        )
    if record.synthetic:
        sentences.append(SYNTHETIC)
    sentences += [verdict(record, near) for near in compared(record, literature)]
    return tuple(sentences)


def next_steps(run_folder: Path, example: Sequence[str]) -> Table:
    """Return what to look at, and commands that can be pasted as they stand."""
    run = str(run_folder)
    tried = (*map(_near, example), "--weights", run)
    return Table(
        title="Next",
        header=(),
        rows=(),
        commands=(
            *pictures(run_folder),
            *([f"hrbench predict {shlex.join(tried)}"] if example else []),
            *(f"hrbench {verb} {shlex.quote(run)}" for verb in ("report", "score", "check")),
        ),
    )


def pictures(run_folder: Path) -> tuple[str, ...]:
    """Return in words which pictures a run has left."""
    there = [name for name in PICTURES if (run_folder / name).is_file()]
    return tuple(f"look at: {run_folder / name}" for name in there)


def _near(argument: str) -> str:
    """Return a path below the current folder as it is named from there."""
    path = Path(argument)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else argument


def described(record: RunRecord) -> list[dict[str, str]]:
    """Return every metric of a run with what is told of it, by the heads of columns."""
    has_intervals = any(figure.low is not None for figure in record.metrics.values())
    lines = []
    for name, figure in record.metrics.items():
        known = define(name)
        interval = {"95 %": interval_words(record, name)} if has_intervals else {}
        lines.append(
            {
                "metric": name,
                "value": with_unit(record, name),
                **interval,
                "better": "higher" if figure.higher_is_better else "lower",
                "meaning": figure.reason or (known.meaning if known else ""),
            }
        )
    return lines


def figures(record: RunRecord, sentences: tuple[str, ...]) -> Table:
    """Return every metric of a run with its unit, direction and meaning."""
    said, below = marks(record), (*sentences, *sure(record))
    lines = described(record)
    return Table(
        title=f"{record.name} on {record.dataset.name} {record.dataset.split}, "
        f"n = {record.n.words}" + (f" ({said})" if said else ""),
        header=tuple(lines[0]),
        rows=tuple(tuple(line.values()) for line in lines),
        right=frozenset({"value"}),
        folding=frozenset({"meaning"}),
        below=("", *below) if below else (),
    )
