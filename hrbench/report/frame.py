"""Runs as a data frame, for notebooks: one row each, all that their records say in flat columns."""

from typing import Any

import pandas as pd

from hrbench.report.record import RunRecord
from hrbench.report.runs import Runs

FIRST = (  # columns that are always there, in this order
    *("id", "task", "variant", "seed", "started", "folder"),
    *("complete", "synthetic", "modified"),
)
APART = ("metrics", "groups", "group_intervals", "schema")  # of a record, that are no such column


def frame(runs: Runs) -> pd.DataFrame:
    """Return a row for each run, oldest first.

    After FIRST come the metrics: `AP`, `AP.low` and `AP.high`, NaN where there is none; then what
    the record says, a nested key by its path: `protocol.boxes`, `dataset.fingerprint`,
    `weights.origin`, `spec.recipe.lr`, `environment.torch`. Lists stay lists; figures by keypoint
    and the like are not in it.
    """
    lines = [
        {**_record(record), "folder": str(folder)}
        for folder, record in zip(runs.folders, runs.records, strict=True)
    ]
    table = pd.json_normalize(lines)
    metrics = dict.fromkeys(name for record in runs.records for name in _metrics(record))
    given = [name for name in table.columns if name not in FIRST and name not in metrics]
    table = table.reindex(columns=[*FIRST, *metrics, *given])
    return table.assign(started=pd.to_datetime(table["started"], utc=True, format="ISO8601"))


def _record(record: RunRecord) -> dict[str, Any]:
    said = {key: value for key, value in record.content().items() if key not in APART}
    return {**said, **_metrics(record)}


def _metrics(record: RunRecord) -> dict[str, float | None]:
    return {
        key: value
        for name, figure in record.metrics.items()
        for key, value in (
            (name, figure.value),
            (f"{name}.low", figure.low),
            (f"{name}.high", figure.high),
        )
    }
