"""Stores read back by the programs that they are of."""

import csv
from pathlib import Path
from typing import Any

FIGURES = ("epoch", "loss", "learning_rate", "samples_per_second", "data_wait_share")


def events(folder: Path) -> Any:
    """What TensorBoard reads of a folder."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    read = EventAccumulator(str(folder), size_guidance={"images": 0, "scalars": 0, "tensors": 0})
    return read.Reload()


def scalars(folder: Path, name: str) -> list[Any]:
    """Steps and values of a curve in event files."""
    return [(one.step, one.value) for one in events(folder).Scalars(name)]


def client() -> Any:
    from mlflow import MlflowClient

    return MlflowClient()


def mlflow_runs(experiment: str) -> list[Any]:
    """All runs of an experiment, the oldest first."""
    known = client().get_experiment_by_name(experiment)
    found = client().search_runs([known.experiment_id], order_by=["attributes.start_time"])
    return list(found)


def history(run: Any, name: str) -> list[Any]:
    """Steps and values of a curve in MLflow."""
    return [(one.step, one.value) for one in client().get_metric_history(run.info.run_id, name)]


def logged(folder: Path, name: str) -> list[Any]:
    """Steps and values of a column of `log.csv`, or of a validated figure in it."""
    with (folder / "log.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if name in FIGURES:
        return [(int(row["step"]), float(row[name])) for row in rows if row["loss"]]
    return [(int(row["step"]), float(row["value"])) for row in rows if row["metric"] == name]
