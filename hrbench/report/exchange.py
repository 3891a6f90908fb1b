"""Runs in the shapes that other programs share results in: model cards, and lm-eval's files.

Figures stay in their unit, which stands beside them: per cent, pixels, millimetres.

Source: Hugging Face, modelcard.md in hub-docs; EleutherAI, lm-evaluation-harness.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hrbench.errors import RunError
from hrbench.metrics import bootstrap
from hrbench.metrics.registry import METRICS
from hrbench.report import outcomes
from hrbench.report.published import Row
from hrbench.report.record import RunRecord
from hrbench.report.runs import Runs

NO_ERROR = "N/A"  # as lm-eval writes it


def as_model_index(runs: Runs, _: Sequence[Row], *, everything: bool) -> str:
    """Return the `model-index` of a model card, a model for each run; its JSON is YAML too."""
    del everything
    return _text({"model-index": [model(record) for record in runs.records]})


def as_lm_eval(runs: Runs, _: Sequence[Row], *, everything: bool) -> str:
    """Return the results of one run as lm-eval's file has them.

    Raises:
        RunError: there are several runs, or none.
    """
    del everything
    if len(runs.records) != 1:
        words = f"a file of lm-eval's format has one run, not {len(runs.records)}; name one RUN"
        raise RunError(f"--format lm-eval: {words}")
    return _text(_results(runs.folders[0], runs.records[0]))


def model(record: RunRecord) -> dict[str, Any]:
    """Return what a `model-index` says of one run."""
    marks = {"synthetic": record.synthetic, "complete": record.complete}
    return {
        "name": f"{record.name} {record.id[:8]}",
        "results": [
            {
                "task": {"type": card_type(record), "name": record.task},
                "dataset": {
                    "type": record.dataset.name,
                    "name": record.dataset.name,
                    "split": record.dataset.split,
                    "revision": record.dataset.fingerprint,
                    "args": {**record.protocol, **marks, "samples": record.n.evaluated},
                },
                "metrics": [
                    {
                        "type": name,
                        "name": f"{name}, {figure.unit}",
                        "value": figure.value,
                        "args": _interval(record, name),
                    }
                    for name, figure in record.metrics.items()
                    if figure.value is not None
                ],
            }
        ],
    }


def card_type(record: RunRecord) -> str:
    """Return what model cards call a task that is told by such a figure."""
    told = (
        metric for metric in METRICS.values() if any(f.of(record.headline) for f in metric.figures)
    )
    return next((metric.card for metric in told), "other")


def _interval(record: RunRecord, name: str) -> dict[str, Any]:
    figure = record.metrics[name]
    said = {"unit": figure.unit, "higher_is_better": figure.higher_is_better}
    if figure.low is None or record.uncertainty is None:
        return said
    return {**said, "low": figure.low, "high": figure.high, "level": record.uncertainty.level}


def _results(folder: Path, record: RunRecord) -> dict[str, Any]:
    task, errors = record.name, _standard_errors(folder, record)
    figures: dict[str, Any] = {"alias": task}
    for name, figure in record.metrics.items():
        if figure.value is not None:
            figures[f"{name},none"] = figure.value
            figures[f"{name}_stderr,none"] = errors.get(name, NO_ERROR)
    return {
        "results": {task: figures},
        "configs": {
            task: {
                "task": task,
                "dataset_path": record.dataset.name,
                "test_split": record.dataset.split,
                "metadata": {
                    "version": record.task_version,
                    "units": {name: figure.unit for name, figure in record.metrics.items()},
                    "protocol": record.protocol,
                    "fingerprint": record.dataset.fingerprint,
                    "synthetic": record.synthetic,
                },
            }
        },
        "versions": {task: record.task_version},
        "n-shot": {task: 0},
        "higher_is_better": {
            task: {name: figure.higher_is_better for name, figure in record.metrics.items()}
        },
        "n-samples": {task: {"original": record.n.expected, "effective": record.n.evaluated}},
        "config": {
            "model": "hrbench",
            "model_args": {"weights": record.weights.origin, "sha256": record.weights.sha256},
            "device": record.hardware.get("device"),
            "bootstrap_iters": record.uncertainty.replicates if record.uncertainty else 0,
            "random_seed": record.seed,
        },
        "git_hash": record.code.commit,
        "date": record.started.timestamp(),
        "model_source": "hrbench",
        "model_name": f"{record.name} {record.id[:8]}",
    }


def _standard_errors(folder: Path, record: RunRecord) -> dict[str, float]:
    """Return the bootstrap's of each figure; none of a run that kept no outcomes."""
    if record.uncertainty is None or not (folder / outcomes.FILE).is_file():
        return {}
    kept = outcomes.read(folder, record)
    drawn = bootstrap.replicated(kept, record.uncertainty.replicates, record.uncertainty.seed)
    errors = {name: float(np.std(values, ddof=1)) for name, values in drawn.items()}
    return {name: error for name, error in errors.items() if np.isfinite(error)}


def _text(content: Mapping[str, Any]) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
