"""Published rows as tables: those of a task that a reader looks for first, and the best of all."""

from collections.abc import Collection, Iterable, Sequence

from hrbench.report.benchmarks import Benchmark
from hrbench.report.protocols import against_task
from hrbench.report.published import Row, best, selection, standing
from hrbench.report.text_table import Table, terminal

NUMBERS = frozenset({"value"})
OF_TASK = (
    "Protocol: against that of the task's main variant. Best first, but figures of protocols that "
    "differ, or are unknown to agree, are in no order."
)


def published_tables(
    literature: Sequence[Row], tasks: Collection[str] | None = None
) -> list[Table]:
    """Return one table a task of the rows that a reader looks for first, best first.

    Each row's protocol is marked beside its task's. `tasks` are those that something here may be
    compared with (None: all); of the others one line says where their rows are.
    """
    tables, elsewhere = [], []
    for task in dict.fromkeys(row["task"] for row in literature):
        everything = [row for row in literature if row["task"] == task]
        if tasks is None or task in tasks:
            tables.append(_published_table(task, selection(everything), len(everything)))
        else:
            elsewhere.append(f"Published results of {task}: hrbench report --task {task}")
    return [*tables, *([Table("", (), (), below=tuple(elsewhere))] if elsewhere else [])]


def tasks(known: Iterable[Benchmark], literature: Sequence[Row]) -> list[dict[str, str]]:
    """Return a line for each task: name, title, dataset, split, metric, published best, source.

    A figure of another protocol than the task's is marked. What no published row says is empty.
    """
    lines = []
    for about in known:
        row = best(literature, about.task, about.split)
        lines.append(
            {
                "task": about.task,
                "title": about.title,
                "dataset": about.dataset,
                "split": about.split,
                "metric": about.headline,
                "published": _figure(row) if row else "",
                "source": cited(row) if row else "",
            }
        )
    return lines


def _figure(row: Row) -> str:
    """Return a row's figure in words, and in what its protocol is known to be another."""
    keys = ", ".join(one.name for one in against_task(row).differing)
    other = f" (protocol differs: {keys})" if keys else ""
    return f"{row['value']} {row['unit']}, {row['system']}{other}"


def tasks_text(lines: Sequence[dict[str, str]], width: int, *, colour: bool) -> str:
    """Return the tasks for a terminal; the published figures are of plain HRNets."""
    shown = ("task", "dataset", "split", "metric", "published", "source")
    table = Table(
        title="Tasks, each with the best published figure of a plain HRNet or lifter",
        header=shown,
        rows=tuple(tuple(line[key] for key in shown) for line in lines),
        folding=frozenset({"published", "source"}),
        below=("Run one: hrbench run TASK; its variants: hrbench list variants",),
    )
    return terminal([table], width, colour=colour)


def _published_table(task: str, shown: Sequence[Row], total: int) -> Table:
    ordered = sorted(shown, key=_rank)
    sources = {key: n for n, key in enumerate(dict.fromkeys(map(cited, ordered)), start=1)}
    left = total - len(shown)
    lines = [_published_cells(row, sources[cited(row)]) for row in ordered]
    columns = lines[0] if lines else {}
    header = [name for name in columns if any(line[name] for line in lines)]
    return Table(
        title=f"Published: {task}",
        header=tuple(header),
        rows=tuple(tuple(line[name] for name in header) for line in lines),
        right=NUMBERS,
        folding=frozenset({"system", "protocol"}),
        below=(
            OF_TASK,
            *(f"[{n}] {source}" for source, n in sources.items()),
            f"{left} more: hrbench report --task {task} --format csv --published",
        ),
    )


def _published_cells(row: Row, source: int) -> dict[str, str]:
    """Return a row by column, with those keys of the protocol that tell figures apart."""
    return {
        "split": row["split"],
        "metric": row["metric"],
        "value": f"{row['value']} {row['unit']}",
        "system": row["system"],
        "input": sized(row),
        "boxes": row["boxes"],
        "keypoints": row["keypoints"],
        "frames": row["frames"],
        "crop": row["crop_share"],
        "source": f"[{source}]",
        "protocol": against_task(row).mark,
    }


def _rank(row: Row) -> tuple[str, str, float]:
    return row["split"], row["metric"], standing(row)


def sized(row: Row) -> str:
    """Return the size of a row's crops, height first; nothing where its source tells none."""
    return f"{row['input_height']}x{row['input_width']}" if row["input_width"] else ""


def cited(row: Row) -> str:
    """Return who printed a row, and when."""
    return f"{row['source_title']}, {row['source_year']}"
