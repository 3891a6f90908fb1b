"""Records and published rows for other programs: long CSV, nested JSON."""

import json
from collections.abc import Sequence

import pandas as pd

from hrbench.report.beside import Beside, beside
from hrbench.report.published import COLUMNS, Row
from hrbench.report.record import RunRecord

RECORD_COLUMNS = (
    *("kind", "id", "variant", "modified", "synthetic", "complete", "expected", "evaluated"),
    *("low", "high", "beside_system", "beside_value", "gap", "same_protocol", "differing"),
)


def as_csv(records: Sequence[RunRecord], literature: Sequence[Row]) -> str:
    """Return one line per metric of each record (kind `run`) and per row (kind `published`)."""
    lines = [line for record in records for line in _metric_lines(record, literature)]
    lines += [{"kind": "published", **row} for row in literature]
    columns = [*RECORD_COLUMNS, *COLUMNS]
    return pd.DataFrame(lines, columns=columns).to_csv(index=False, lineterminator="\n").rstrip()


def as_json(records: Sequence[RunRecord], literature: Sequence[Row]) -> str:
    """Return {"runs": records, each with the row it stands `beside`, "published": rows}."""
    runs = [
        {**record.content(), "beside": _beside_content(beside(record, literature))}
        for record in records
    ]
    content = {"runs": runs, "published": list(literature)}
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)


def _metric_lines(record: RunRecord, literature: Sequence[Row]) -> list[dict[str, object]]:
    shared = {
        "kind": "run",
        "id": record.id,
        "task": record.task,
        "variant": record.variant,
        "dataset": record.dataset.name,
        "split": record.dataset.split,
        "modified": record.modified,
        "synthetic": record.synthetic,
        "complete": record.complete,
        "expected": record.n.expected,
        "evaluated": record.n.evaluated,
    }
    lines: list[dict[str, object]] = [
        {**shared, "metric": name, **figure.model_dump(exclude={"reason"})}
        for name, figure in record.metrics.items()
    ]
    near = beside(record, literature)
    if near:
        lines[0] |= {
            "beside_system": near.row["system"],
            "beside_value": near.row["value"],
            "gap": near.gap,
            "same_protocol": near.same_protocol,
            "differing": "; ".join(map(str, near.differences)),
        }
    return lines


def _beside_content(near: Beside | None) -> dict[str, object] | None:
    if near is None:
        return None
    return {
        "row": near.row,
        "gap": near.gap,
        "low": near.low,
        "high": near.high,
        "same_protocol": near.same_protocol,
        "differing": [
            {"key": d.key, "ours": d.ours, "published": d.published} for d in near.differences
        ],
    }
