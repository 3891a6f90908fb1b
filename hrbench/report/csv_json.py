"""Runs and published rows for other programs: long CSV, nested JSON."""

import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from hrbench.metrics.ranks import Rank
from hrbench.report import folds
from hrbench.report.beside import Beside, beside, compared
from hrbench.report.protocols import MATCHED, against_task, told
from hrbench.report.published import COLUMNS, Row
from hrbench.report.ranking import all_ranks, folders_of
from hrbench.report.record import RunRecord
from hrbench.report.repeats import repeats, trained_epochs
from hrbench.report.runs import Runs

RUN_COLUMNS = (  # of runs alone; `kind` tells these from published rows
    *("kind", "id", "folder", "started", "variant", "task_version", "modified", "synthetic"),
    *("complete", "expected", "evaluated", "seed", "epochs", "fingerprint", "weights"),
    *("weights_sha256", "init", "code", "commit", "low", "high", "rank_best", "rank_worst"),
    "reason",
    *("beside_system", "beside_value", "gap", "protocol"),
)

WHOLE = ("input_height", "input_width", "mission", "source_year")  # numbers of a published row
TRUTHS = ("higher_is_better", "official")


def as_csv(runs: Runs, literature: Sequence[Row], *, everything: bool) -> str:
    """Return one line per metric of each run (kind `run`) and per row (kind `published`).

    The rows are those that hrbench is measured against, or all. `protocol` is the mark of a run
    beside the row, in words, and of a row beside its task.
    """
    places = all_ranks(repeats(runs.records), folders_of(runs))
    lines = [
        line
        for folder, record in zip(runs.folders, runs.records, strict=True)
        for line in _lines(folder, record, literature, places.get(record.id))
    ]
    shown = literature if everything else _mission(literature)
    lines += [{"kind": "published", "protocol": against_task(row).mark, **row} for row in shown]
    columns = dict.fromkeys((*RUN_COLUMNS, *COLUMNS, *(key for line in lines for key in line)))
    table = pd.DataFrame(lines, columns=list(columns), dtype=object)  # no 5000.0
    return table.to_csv(index=False, lineterminator="\n")[:-1]


def as_json(runs: Runs, literature: Sequence[Row], *, everything: bool) -> str:
    """Return {"runs", "experiments", "mission"} and, with `everything`, all rows as "published".

    A run is its record with its folder and the row it stands `beside`; an experiment the runs
    that differ in their seed, with mean and standard deviation, and the places that these may have
    in their table; of the mission are the rows that
    hrbench is measured against, each with the runs that stand beside it. A published row has the
    mark of its `protocol` beside its task's; numbers are numbers in it, `printed` has the digits.
    """
    listed = [
        {
            **record.content(),
            "folder": str(folder),
            "beside": _beside_content(beside(record, literature)),
        }
        for folder, record in zip(runs.folders, runs.records, strict=True)
    ]
    near = [(record, one) for record in runs.records for one in compared(record, literature)]
    content: dict[str, object] = {
        "runs": listed,
        "experiments": _experiments(runs),
        "mission": [
            {
                **_marked(row),
                "runs": [{"id": r.id, **_comparison(one)} for r, one in near if one.row is row],
            }
            for row in _mission(literature)
        ],
    }
    if everything:
        content["published"] = list(map(_marked, literature))
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)


def _marked(row: Row) -> dict[str, object]:
    return {**_typed(row), "protocol": against_task(row).content()}


def _typed(row: Row) -> dict[str, object]:
    """Return a published row with numbers and truths as JSON has them, null where it is silent.

    The keys of its protocol stay words, for not all of them are one kind of value.
    """
    made: dict[str, object] = {**row, "value": float(row["value"]), "printed": row["value"]}
    whole = {key: int(row[key]) if row[key] else None for key in WHOLE}
    return made | whole | {key: row[key] == "true" for key in TRUTHS}


def _mission(literature: Sequence[Row]) -> list[Row]:
    return [row for row in literature if row["mission"]]


def _lines(
    folder: Path, record: RunRecord, literature: Sequence[Row], rank: Rank | None
) -> list[dict[str, object]]:
    shared = {**_run(folder, record), **_network(record), **_protocol(record)}
    lines = []
    near = {one.row["metric"]: one for one in reversed(compared(record, literature))}
    for name, figure in record.metrics.items():
        line = {**shared, "metric": name, **figure.model_dump()}
        if name in near:
            line |= {
                "beside_system": near[name].row["system"],
                "beside_value": near[name].row["value"],
                "gap": near[name].gap,
                "protocol": near[name].protocol.words,
            }
        lines.append(line)
    if rank is not None:
        lines[0] |= {"rank_best": rank.best, "rank_worst": rank.worst}
    return lines


def _run(folder: Path, record: RunRecord) -> dict[str, object]:
    return {
        "kind": "run",
        "id": record.id,
        "folder": str(folder),
        "started": record.started.isoformat(),
        "task": record.task,
        "variant": record.variant,
        "task_version": record.task_version,
        "modified": record.modified,
        "synthetic": record.synthetic,
        "complete": record.complete,
        "expected": record.n.expected,
        "evaluated": record.n.evaluated,
        "seed": record.seed,
        "epochs": trained_epochs(record),
        "dataset": record.dataset.name,
        "split": record.dataset.split,
        "fingerprint": record.dataset.fingerprint,
        "weights": record.weights.origin,
        "weights_sha256": record.weights.sha256,
        "init": record.weights.init,
        "code": record.code.version,
        "commit": record.code.commit,
        "system": record.name,
    }


def _network(record: RunRecord) -> dict[str, object]:
    model = record.spec.get("model")
    if not isinstance(model, dict):
        return {}
    size = model.get("input")
    height, width = size if isinstance(size, list) else (None, None)
    return {"backbone": model.get("backbone"), "input_height": height, "input_width": width}


def _protocol(record: RunRecord) -> dict[str, object]:
    """Return the protocol as published.csv spells it, what only records say included."""
    return {key: value for key, value in told(record).items() if key not in MATCHED}


def _experiments(runs: Runs) -> list[dict[str, object]]:
    every = repeats(runs.records)
    places = all_ranks(every, folders_of(runs))
    return [
        {
            "name": one.record.name,
            "runs": [run.id for run in one.runs],
            "seeds": [run.seed for run in one.runs],
            **({"folds": [folds.fold_of(run) for run in one.runs]} if one.folds else {}),
            "metrics": one.spreads(),
            "rank": _rank_content(places.get(one.latest.id)),
        }
        for one in every
    ]


def _rank_content(rank: Rank | None) -> dict[str, int] | None:
    return None if rank is None else {"best": rank.best, "worst": rank.worst}


def _beside_content(near: Beside | None) -> dict[str, object] | None:
    return None if near is None else {"row": _typed(near.row), **_comparison(near)}


def _comparison(near: Beside) -> dict[str, object]:
    return {
        "gap": near.gap,
        "low": near.low,
        "high": near.high,
        "protocol": near.protocol.content(),
    }
