"""docs/records.md says what is there: the columns of CSV and frames, and an example that runs."""

import re
from pathlib import Path

import pytest
from report.records import record

import hrbench
from hrbench.report import csv_json, frame
from hrbench.report.published import COLUMNS
from hrbench.report.record import Counts

TEXT = (Path(__file__).parents[2] / "docs" / "records.md").read_text("utf-8")


def section(title: str) -> str:
    return TEXT.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def named(title: str) -> set[str]:
    """The names in the first cells of a section's table."""
    lines = [line for line in section(title).splitlines() if line.startswith("| `")]
    return {name for line in lines for name in re.findall(r"`([^`]+)`", line.split(" | ")[0])}


def test_every_column_of_csv_is_told_and_no_other() -> None:
    assert named("CSV") == {*csv_json.RUN_COLUMNS, *COLUMNS}


def test_every_column_of_a_frame_is_told(tmp_path: Path) -> None:
    one = record()
    one.write(tmp_path)
    told = named("In Python")
    assert set(frame.FIRST) <= told
    for column in set(hrbench.runs(tmp_path).columns) - {"AP", "AP.low", "AP.high"}:
        assert column in told or f"{column.partition('.')[0]}.*" in told, column


def test_the_example_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for seed, ap in enumerate((74.0, 76.0)):
        folder = tmp_path / "results" / "runs" / "coco-pose" / str(seed)
        folder.mkdir(parents=True)
        record(ap, seed=seed).write(folder)
    partial = tmp_path / "results" / "runs" / "coco-pose" / "partial"
    partial.mkdir()
    record(10.0, complete=False, n=Counts(expected=5000, evaluated=20)).write(partial)
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    exec(compile(code, "records.md", "exec"), {})  # noqa: S102  our own page
    assert "75.0  1.414214      2" in capsys.readouterr().out
