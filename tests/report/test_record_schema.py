"""The schema in docs/ is the model's, and records are what it says."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
import record_schema
from jsonschema import Draft202012Validator, FormatChecker
from report.records import record
from worlds import SMALL, ran, small_world

from hrbench.report.record import Counts, measured

SCHEMA = json.loads(record_schema.PAGE.read_text("utf-8"))


def faults(content: Any) -> list[str]:
    checker = Draft202012Validator(SCHEMA, format_checker=FormatChecker())
    return [error.json_path for error in checker.iter_errors(content)]


def test_the_schema_in_the_documents_is_the_one_of_now() -> None:
    assert record_schema.PAGE.read_text("utf-8") == record_schema.text(), (
        "python docs/record_schema.py writes it anew"
    )
    Draft202012Validator.check_schema(SCHEMA)


def test_a_record_is_what_the_schema_says() -> None:
    none = measured(math.nan, "%", higher_is_better=True)
    several = Counts(expected=5, evaluated=5, images=5, objects=9)
    assert faults(record().content()) == []
    assert faults(record(metrics={"AP": none}, n=several).content()) == []


def test_a_record_of_before_without_what_came_later_is_too() -> None:
    later = ("seal", "left_out", "notes", "uncertainty", "group_intervals", "files")
    content = {key: value for key, value in record().content().items() if key not in later}
    assert faults(content) == []


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"seed": "0"}, "$.seed"),
        ({"schema": 2}, "$.schema"),
        ({"metrics": {}}, "$.metrics"),
        ({"metrics": {"AP": {"value": 1.0}}}, "$.metrics.AP"),
        ({"another": 1}, "$"),
        ({"n": {"expected": 5.5, "evaluated": 5}}, "$.n.expected"),
        ({"files": {"spec.toml": 1}}, "$.files['spec.toml']"),
    ],
)
def test_what_is_no_record_is_refused_at_its_place(change: dict[str, Any], place: str) -> None:
    assert set(faults(record().content() | change)) == {place}


@pytest.mark.slow
@pytest.mark.parametrize("task", ["coco-pose@tiny", "300w@tiny"])
def test_the_record_of_a_run_is_what_the_schema_says(tmp_path: Path, task: str) -> None:
    dataset = {"coco-pose@tiny": "coco"}.get(task, "300w")
    _, folder = ran(task, tmp_path, data=str(small_world(dataset=dataset)), overrides=SMALL)
    assert faults(json.loads((folder / "record.json").read_text("utf-8"))) == []
