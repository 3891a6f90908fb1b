import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from report.records import record

from hrbench.errors import RunError
from hrbench.report.runs import load_records, read, run_folder


def test_a_record_reads_back_as_it_was_written(tmp_path: Path) -> None:
    written = record(notes=("started from random weights",))
    written.write(tmp_path)
    assert read(tmp_path) == written


def test_a_run_folder_is_named_by_time_and_spec() -> None:
    started = datetime(2026, 1, 2, 4, 4, 5, tzinfo=timezone(timedelta(hours=1)))
    short = hashlib.sha256(b'{"seed":3,"spec":{"a":1,"b":2}}').hexdigest()[:8]
    folder = run_folder(Path("out"), "coco-pose", started, {"b": 2, "a": 1}, 3)
    assert folder == Path("out", "coco-pose", f"20260102T030405Z-{short}")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"gone: no such run folder\. `hrbench report` lists"):
        read(tmp_path / "gone")


def test_a_run_that_has_not_finished(tmp_path: Path) -> None:
    (tmp_path / "spec.toml").touch()
    with pytest.raises(RunError, match=r"has not finished.*`hrbench run --resume "):
        read(tmp_path)


def test_a_folder_that_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"is not the folder of a run .*, nor is there one in it"):
        read(tmp_path)


def _changed(folder: Path, **changed: Any) -> None:
    path = record().write(folder)
    content = json.loads(path.read_text("utf-8")) | changed
    kept = {key: value for key, value in content.items() if value != "dropped"}
    path.write_text(json.dumps(kept), "utf-8")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"schema": 2}, r"has schema 2, this hrbench reads 1\. Read it with"),
        ({"seed": "dropped"}, r"lacks the key 'seed'\. `hrbench run .*spec\.toml` repeats"),
        ({"n": {"expected": 1}}, r"lacks the key 'n\.evaluated'"),
        ({"extra": 1}, r"has an unknown key 'extra'"),
        ({"seed": "1"}, r"'seed': input should be a valid integer"),
        ({"seed": 1}, r"was changed after the run, its id no longer fits"),
        ({"spec": {"lr": float("nan")}}, r"is not JSON \(NaN is not a JSON value\)"),
    ],
)
def test_a_record_that_cannot_be_relied_upon(
    tmp_path: Path, changed: dict[str, Any], message: str
) -> None:
    _changed(tmp_path, **changed)
    with pytest.raises(RunError, match=message) as caught:
        read(tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b'{"schema": 1', b"\xff\xfe"])
def test_a_file_that_is_not_json(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "record.json").write_bytes(content)
    with pytest.raises(RunError, match=r"record\.json: is not JSON \("):
        read(tmp_path)


def test_json_that_is_no_object(tmp_path: Path) -> None:
    (tmp_path / "record.json").write_text("[]")
    with pytest.raises(RunError, match=r"has schema None"):
        read(tmp_path)


def test_runs_come_oldest_first_and_once(tmp_path: Path) -> None:
    late, early = tmp_path / "coco-pose" / "a", tmp_path / "coco-pose" / "b"
    for folder, day in ((late, 2), (early, 1)):
        folder.mkdir(parents=True)
        record(started=datetime(2026, 1, day, tzinfo=UTC)).write(folder)
    (tmp_path / "coco-pose" / "unfinished").mkdir()
    assert [r.started.day for r in load_records([], tmp_path)] == [1, 2]
    assert [r.started.day for r in load_records([late, tmp_path], tmp_path)] == [1, 2]
    assert [r.started.day for r in load_records([late], tmp_path)] == [2]


def test_no_runs_yet_is_no_error(tmp_path: Path) -> None:
    assert load_records([], tmp_path / "runs") == []


def test_an_unfinished_run_is_an_error_when_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "spec.toml").touch()
    with pytest.raises(RunError, match="has not finished"):
        load_records([tmp_path], tmp_path)
