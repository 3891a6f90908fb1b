"""Records to test with, all from one template; keyword arguments replace what they name."""

from datetime import UTC, datetime
from typing import Any

from hrbench import catalog
from hrbench.report.definitions import define
from hrbench.report.published import COLUMNS
from hrbench.report.record import (
    Code,
    Counts,
    Dataset,
    MetricValue,
    RunRecord,
    Times,
    Weights,
    measured,
)

OFFICIAL: dict[str, Any] = {  # the protocol of the official val2017 table
    "split": "val2017",
    "train_split": "train2017",
    "extra_data": [],
    "boxes": "det",
    "box_threshold": 0.0,
    "padding": 1.25,
    "flip_test": True,
    "flip_shift": 1,
    "decoder": "quarter",
    "keypoint_threshold": 0.2,
    "nms": "oks",
    "nms_threshold": 0.9,
    "precision": "fp32",
}


def record(ap: float = 74.3, **replaced: Any) -> RunRecord:
    facts: dict[str, Any] = {
        "schema": 1,
        "task": "coco-pose",
        "variant": "w32-256x192",
        "task_version": 1,
        "modified": False,
        "synthetic": False,
        "complete": True,
        "n": Counts(expected=5000, evaluated=5000),
        "metrics": {"AP": measured(ap, "%", higher_is_better=True)},
        "groups": {"keypoint": {"nose": 80.0}},
        "protocol": OFFICIAL,
        "spec": {"model": {"backbone": "hrnet-w32", "input": [256, 192]}},
        "dataset": Dataset(name="coco", split="val2017", fingerprint="f" * 64),
        "weights": Weights(origin="trained", sha256=None, seen_datasets=("coco",), init="random"),
        "code": Code(version="0.1.0", commit=None, dirty=None),
        "environment": {"python": "3.11.0", "torch": None},
        "hardware": {"cpu": "two slow cores", "cores": 2, "device": "cpu"},
        "seed": 0,
        "times": Times(train=None, predict=2.0, score=1.0),
        "started": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    }
    return RunRecord(**(facts | replaced)).sealed()


def of_task(task: str, figures: dict[str, float], *overrides: str) -> RunRecord:
    """A complete record of a published task, as if measured on real data."""
    spec = catalog.load_task(task, overrides)
    plain = spec.plain()
    return record(
        task=spec.name,
        variant=spec.variant,
        metrics={name: _measured(name, value) for name, value in figures.items()},
        protocol=plain["protocol"],
        spec=plain,
        dataset=Dataset(name=spec.dataset, split=spec.protocol.split, fingerprint="f" * 64),
    )


def _measured(name: str, value: float) -> MetricValue:
    known = define(name)
    assert known is not None
    return measured(value, known.unit, higher_is_better=known.higher_is_better)


def with_interval(value: float, low: float, high: float) -> dict[str, MetricValue]:
    return {"AP": MetricValue(value=value, unit="%", higher_is_better=True, low=low, high=high)}


def row(**replaced: str) -> dict[str, str]:
    """Return the official HRNet-W32 256x192 row of val2017."""
    return (
        dict.fromkeys(COLUMNS, "")
        | {
            "task": "coco-pose",
            "dataset": "coco",
            "split": "val2017",
            "metric": "AP",
            "value": "74.4",
            "unit": "%",
            "higher_is_better": "true",
            "system": "pose_hrnet_w32",
            "backbone": "hrnet-w32",
            "input_height": "256",
            "input_width": "192",
            "train_split": "train2017",
            "extra_data": "none",
            "boxes": "det",
            "box_threshold": "0",
            "padding": "1.25",
            "flip_test": "true",
            "flip_shift": "1",
            "decoder": "quarter",
            "keypoint_threshold": "0.2",
            "nms": "oks",
            "nms_threshold": "0.9",
            "precision": "fp32",
            "source_title": "Official HRNet pose repository",
            "source_year": "2019",
            "official": "true",
            "checked": "read",
        }
        | replaced
    )
