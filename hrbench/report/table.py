"""Tables of runs, a line for each experiment."""

from collections.abc import Iterator, Sequence
from datetime import UTC

from hrbench.report import folds
from hrbench.report.benchmarks import benchmark
from hrbench.report.beside import compared, verdict
from hrbench.report.definitions import rounded
from hrbench.report.protocols import between
from hrbench.report.published import Row
from hrbench.report.ranking import Folders, ranking, tables
from hrbench.report.record import RunRecord, Weights
from hrbench.report.repeats import TRAINED, Repeats, trained_epochs
from hrbench.report.text_table import Table

FOLDING = frozenset({"started", "weights", "marks"})
NUMBERS = frozenset({"n", "epochs", "seed"})
COMMITS = "Runs of one row are of several commits of hrbench."
SPREAD = "±: standard deviation over the runs of one experiment; each: hrbench report --each"


def record_tables(
    experiments: Sequence[Repeats], literature: Sequence[Row], folders: Folders
) -> list[Table]:
    """Return a table for each task, split and headline metric, oldest runs first, parts last.

    Below it is a sentence for each published row that an experiment has.
    """
    return [_table(*key, group, literature, folders) for key, group in tables(experiments).items()]


def marks(record: RunRecord) -> str:
    """Return in words what keeps a record from passing for the published recipe of today."""
    return ", ".join(mark_words(record))


def mark_words(record: RunRecord) -> tuple[str, ...]:
    """Return each of the words that keep a record from passing for today's published recipe."""
    about = benchmark(record.task)
    older = about is not None and record.task_version < about.version
    said = (
        ("synthetic", record.synthetic),
        ("partial", not record.complete),
        ("modified", record.modified),
        (f"task version {record.task_version}, now {about.version if about else ''}", older),
    )
    return tuple(word for word, holds in said if holds)


def standing_apart(record: RunRecord) -> tuple[bool, bool]:
    """Return what puts a run below the others: data that hrbench made, a part of the split."""
    return record.synthetic, not record.complete


def started(record: RunRecord) -> str:
    """Return when a run was started, in UTC as the name of its folder has it."""
    return f"{record.started.astimezone(UTC):%Y-%m-%d %H:%M}"


def epochs(record: RunRecord) -> str:
    """Return how many a run has trained; nothing where it was given its weights."""
    known = trained_epochs(record)
    return "" if known is None else str(known)


def counted(record: RunRecord) -> str:
    """Return how many samples were measured, of a part of the data also of how many."""
    n = record.n
    return str(n.evaluated) if record.complete else f"{n.evaluated}/{n.expected}"


def what_is_given(record: RunRecord) -> str:
    """Return what a column is called that says where boxes, or keypoints to lift, come from."""
    return "keypoints" if "keypoints" in record.protocol else "boxes"


def given(record: RunRecord) -> str:
    """Return where the boxes come from that keypoints are found in, or the keypoints lifted."""
    return str(record.protocol.get("boxes") or record.protocol.get("keypoints") or "")


def origin(weights: Weights) -> str:
    """Return where weights come from, in a few words."""
    if weights.origin == TRAINED or not weights.sha256:
        return weights.origin
    return f"{weights.origin} {weights.sha256[:8]}"


def value_words(one: Repeats, metric: str) -> str:
    """Return a figure of an experiment as the literature rounds it, with its spread if any."""
    figure, spread = one.record.metrics[metric], one.spread(metric)
    if figure.value is None:
        return "none"
    value = rounded(metric, figure.value)
    return f"{value} ± {rounded(metric, spread.deviation)}" if spread else value


def with_unit(record: RunRecord, metric: str) -> str:
    """Return a figure of a run as the literature rounds it, with its unit."""
    figure = record.metrics[metric]
    return "none" if figure.value is None else f"{rounded(metric, figure.value)} {figure.unit}"


def _table(
    task: str,
    split: str,
    metric: str,
    experiments: Sequence[Repeats],
    literature: Sequence[Row],
    folders: Folders,
) -> Table:
    value = f"{metric}, {experiments[0].record.metrics[metric].unit}"
    places = ranking(experiments, folders)
    ordered = sorted(experiments, key=lambda one: standing_apart(one.record))
    lines = [_cells(one, value, places.of(one)) for one in ordered]
    header = [name for name in lines[0] if any(line[name] for line in lines)]
    return Table(
        title=f"Runs of {task} on {split}",
        header=tuple(header),
        rows=tuple(tuple(line[name] for name in header) for line in lines),
        right=NUMBERS | {value},
        folding=FOLDING,
        below=(
            *places.below,
            *_spread_words(experiments),
            *_protocols([one.record for one in experiments]),
            *_verdicts(experiments, literature),
        ),
    )


def _protocols(records: Sequence[RunRecord]) -> tuple[str, ...]:
    """Return in a sentence what protocols of runs in one table differ in; nothing if they agree."""
    keys = (one.name for other in records for one in between(records[0], other).differences)
    names = ", ".join(dict.fromkeys(keys))
    return (f"Protocols of these runs differ: {names}. They are in no order.",) if names else ()


def _spread_words(experiments: Sequence[Repeats]) -> tuple[str, ...]:
    older = sum(len(one.repeated) for one in experiments)
    words = f"{older} older run{'s' * (older != 1)} of the same seeds or folds left out: "
    return (
        *([SPREAD] if any(one.several for one in experiments) else []),
        *([folds.WORDS] if any(one.folds for one in experiments) else []),
        *([COMMITS] if any(one.commits > 1 for one in experiments) else []),
        *([f"{words}hrbench report --each"] if older else []),
    )


def _verdicts(experiments: Sequence[Repeats], literature: Sequence[Row]) -> Iterator[str]:
    for one in experiments:
        for near in compared(one.record, literature):
            yield verdict(one.record, near, one.label)


def _cells(one: Repeats, value: str, rank: str) -> dict[str, str]:
    record = one.record
    metric = record.headline
    return {
        "started": started(record),
        "id": one.label,
        "variant": record.variant,
        value: value_words(one, metric),
        "95 %": interval_words(record, metric),
        "rank": rank,
        "n": counted(record),
        "epochs": epochs(record),
        "seed": one.seeds,
        what_is_given(record): given(record),
        "weights": origin(record.weights),
        "marks": marks(record),
    }


def interval_words(record: RunRecord, metric: str) -> str:
    """Return the interval of a figure, low-high; nothing where there is none."""
    figure = record.metrics[metric]
    if figure.low is None or figure.high is None:
        return ""
    return f"{rounded(metric, figure.low)}-{rounded(metric, figure.high)}"
