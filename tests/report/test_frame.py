import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from report.records import of_task, record, with_interval

import hrbench
from hrbench.errors import RunError
from hrbench.report.record import RunRecord


def put(folder: Path, *records: RunRecord) -> Path:
    for number, one in enumerate(records):
        run = folder / one.task / str(number)
        run.mkdir(parents=True)
        one.write(run)
    return folder


def test_a_run_is_a_row_with_its_figures_its_protocol_and_its_folder(tmp_path: Path) -> None:
    ours = record(metrics=with_interval(74.4, 73.4, 75.5), seed=3)
    (row,) = hrbench.runs(put(tmp_path, ours)).to_dict("records")
    assert (row["AP"], row["AP.low"], row["AP.high"], row["seed"]) == (74.4, 73.4, 75.5, 3)
    assert (row["task"], row["variant"]) == ("coco-pose", "w32-256x192")
    assert (row["protocol.boxes"], row["protocol.extra_data"]) == ("det", [])
    assert (row["dataset.split"], row["weights.origin"]) == ("val2017", "trained")
    assert (row["spec.model.input"], row["times.predict"]) == ([256, 192], 2.0)
    assert row["started"] == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert row["folder"] == str(tmp_path / "coco-pose" / "0")


def test_runs_of_several_tasks_share_a_frame(tmp_path: Path) -> None:
    table = hrbench.runs(put(tmp_path, record(74.3), of_task("300w", {"NME": 3.4})))
    assert table.set_index("task")["NME"].dropna().to_dict() == {"300w": 3.4}
    assert table.set_index("task")["AP"].dropna().to_dict() == {"coco-pose": 74.3}
    assert pd.isna(table["AP.low"]).all()


def test_runs_begin_at_moments_or_in_older_records_at_seconds(tmp_path: Path) -> None:
    second = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    moments = [second, second.replace(microsecond=250000)]
    put(tmp_path, *(record(started=moment) for moment in moments))
    assert hrbench.runs(tmp_path)["started"].to_list() == moments


def test_runs_are_asked_for_by_name(tmp_path: Path) -> None:
    put(tmp_path, record(seed=1), record(seed=2))
    assert hrbench.runs(tmp_path / "coco-pose" / "1")["seed"].to_list() == [2]
    assert hrbench.runs(tmp_path)["seed"].to_list() == [1, 2]


def test_without_runs_there_is_a_frame_without_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    table = hrbench.runs()
    assert (len(table), table.columns[0]) == (0, "id")


def test_a_damaged_record_is_an_error_or_a_warning(tmp_path: Path) -> None:
    put(tmp_path, record(seed=1), record(seed=2))
    (tmp_path / "coco-pose" / "1" / "record.json").write_text("{", "utf-8")
    with pytest.raises(RunError, match="is not JSON"):
        hrbench.runs(tmp_path)
    with pytest.warns(UserWarning, match="is not JSON"):
        assert len(hrbench.runs(tmp_path, strict=False)) == 1


def test_a_frame_takes_no_torch_and_stays_a_function(tmp_path: Path) -> None:
    put(tmp_path, record())
    code = (
        "import sys, hrbench\n"
        f"hrbench.runs({str(tmp_path)!r})\n"
        "print('torch' in sys.modules)\n"
        "import hrbench.begun.options, hrbench.report.runs\n"
        f"print(len(hrbench.runs({str(tmp_path)!r})))\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert ended.stdout.split() == ["False", "1"]
