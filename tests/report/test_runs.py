import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from report.records import record

from hrbench.errors import RunError
from hrbench.report.runs import load, read, run_folder
from hrbench.report.seal import digest


def test_a_record_reads_back_as_it_was_written(tmp_path: Path) -> None:
    written = record(notes=("started from random weights",))
    written.write(tmp_path)
    assert read(tmp_path) == written


def test_a_run_folder_is_named_by_time_and_id() -> None:
    started = datetime(2026, 1, 2, 4, 4, 5, tzinfo=timezone(timedelta(hours=1)))
    folder = run_folder(Path("out"), "coco-pose", started, "0123456789abcdef")
    assert folder == Path("out", "coco-pose", "20260102T030405Z-01234567")


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
        (
            {"seed": 1},
            r"was changed after the run, its seal no .* `hrbench verify .* says what; `hrbench run",
        ),
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

    def days(*names: str) -> list[int]:
        return [r.started.day for r in load(names, tmp_path).records]

    assert days() == [1, 2]
    assert days(str(late), str(tmp_path)) == [1, 2]
    assert days(str(late)) == [2]
    assert days("coco-pose") == [1, 2]
    assert load([], tmp_path).folders == (early, late)


def test_what_is_unfinished_or_damaged_in_a_folder_is_listed(tmp_path: Path) -> None:
    whole, begun, spoilt = (tmp_path / "coco-pose" / name for name in ("a", "b", "c"))
    for folder in (whole, begun, spoilt):
        folder.mkdir(parents=True)
    record().write(whole)
    (begun / "run.json").write_text("{}")
    _changed(spoilt, seed=1)
    runs = load([], tmp_path)
    assert runs.folders == (whole,)
    assert runs.unfinished == (begun,)
    assert len(runs.damaged) == 1
    assert runs.damaged[0].startswith(f"{spoilt}/record.json: was changed after the run")
    with pytest.raises(RunError, match="was changed after the run"):
        load([], tmp_path, strict=True)
    with pytest.raises(RunError, match="was changed after the run"):
        load([str(spoilt)], tmp_path)


def test_no_runs_yet_is_no_error(tmp_path: Path) -> None:
    assert load([], tmp_path / "runs").records == ()


def test_an_unfinished_run_is_an_error_when_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "spec.toml").touch()
    with pytest.raises(RunError, match="has not finished"):
        load([str(tmp_path)], tmp_path)


def test_a_record_of_an_older_version_has_its_seal_as_id(tmp_path: Path) -> None:
    content = record().content()
    del content["seal"], content["left_out"]
    content["id"] = digest(content)
    (tmp_path / "record.json").write_text(json.dumps(content))
    assert read(tmp_path).id == content["id"]
    (tmp_path / "record.json").write_text(json.dumps(content | {"seed": 1}))
    with pytest.raises(RunError, match="was changed after the run"):
        read(tmp_path)


def test_the_id_of_a_run_cannot_be_exchanged(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(json.dumps({"id": "a" * 64}))
    _changed(tmp_path, id="a" * 64)
    assert read(tmp_path).id == "a" * 64
    _changed(tmp_path, id="b" * 64)
    with pytest.raises(RunError, match="was changed after the run"):
        read(tmp_path)
