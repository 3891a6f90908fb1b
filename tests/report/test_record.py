import json
import math
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError
from report.records import record

from hrbench.errors import RunError
from hrbench.report.record import MetricValue, Times, measured

KEYS = [  # cli.md, in its order
    *(
        "schema",
        "id",
        "seal",
        "task",
        "variant",
        "task_version",
        "modified",
        "synthetic",
        "complete",
    ),
    *("n", "metrics", "groups", "protocol", "spec", "dataset", "weights", "code"),
    *("environment", "hardware", "seed", "times", "started", "left_out", "notes"),
    *("uncertainty", "group_intervals", "files", "execution"),
]


def test_the_file_holds_the_keys_of_the_contract(tmp_path: Path) -> None:
    written = json.loads(record().write(tmp_path).read_text("utf-8"))
    assert list(written) == KEYS
    assert written["schema"] == 1
    assert written["n"] == {"expected": 5000, "evaluated": 5000}
    assert written["started"] == "2026-01-02T03:04:05Z"
    assert written["metrics"]["AP"] == {
        "value": 74.3,
        "unit": "%",
        "higher_is_better": True,
        "low": None,
        "high": None,
    }


def test_nothing_but_the_record_is_left_in_the_folder(tmp_path: Path) -> None:
    record().write(tmp_path)
    record(ap=70.0).write(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["record.json"]


def test_a_folder_that_is_a_file_is_one_sentence(tmp_path: Path) -> None:
    blocked = tmp_path / "run"
    blocked.write_text("")
    with pytest.raises(RunError, match=r"record\.json: cannot be written .*--out\.$"):
        record().write(blocked)


def test_the_seal_ignores_when_and_where_it_ran() -> None:
    elsewhere = record(
        started=datetime(2027, 1, 1, tzinfo=UTC),
        times=Times(train=9.0, predict=9.0, score=9.0),
        hardware={"cpu": "another", "cores": 64, "device": "cuda"},
        environment={"python": "3.13.0"},
    )
    assert elsewhere.seal == record().seal
    assert len(elsewhere.seal) == 64


@pytest.mark.parametrize("changed", [{"ap": 74.4}, {"seed": 1}, {"modified": True}])
def test_the_seal_follows_what_came_out_and_what_of(changed: dict[str, float]) -> None:
    assert record(**changed).seal != record().seal
    assert record(**changed, id="a" * 64).id == "a" * 64


def test_nan_becomes_null_with_a_reason() -> None:
    nothing = measured(math.nan, "%", higher_is_better=True, reason="no person of that size")
    content = record(metrics={"APM": nothing}).content()["metrics"]["APM"]
    assert (content["value"], content["reason"]) == (None, "no person of that size")


def test_nan_in_a_group_becomes_null() -> None:
    groups = record(groups={"keypoint": {"nose": math.nan, "ears": [1.0, math.nan]}}).groups
    assert groups == {"keypoint": {"nose": None, "ears": [1.0, None]}}


def test_nan_in_a_protocol_is_refused() -> None:
    with pytest.raises(ValueError, match="finite number"):
        record(protocol={"padding": math.nan})


@pytest.mark.parametrize(
    ("value", "reason"), [(None, None), (None, ""), (1.0, "why"), (math.nan, None)]
)
def test_a_metric_is_a_number_or_a_reason(value: float | None, reason: str | None) -> None:
    with pytest.raises(ValidationError):
        MetricValue(value=value, unit="%", higher_is_better=True, reason=reason)


def test_the_first_metric_is_the_headline() -> None:
    metrics = {name: measured(1.0, "%", higher_is_better=True) for name in ("AR", "AP")}
    assert record(metrics=metrics).headline == "AR"


def test_unknown_keys_and_wrong_types_are_refused() -> None:
    with pytest.raises(ValidationError, match="surprise"):
        record(surprise=1)
    with pytest.raises(ValidationError, match="seed"):
        record(seed="0")


def test_an_unsealed_record_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="sealed"):
        record().model_copy(update={"seal": ""}).write(tmp_path)
