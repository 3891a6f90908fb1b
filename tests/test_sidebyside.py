"""What a benchmark prints of two ways, and the lines of JSON that `hrbench bench` reads."""

import json
import time
from functools import partial
from pathlib import Path

import pytest
import sidebyside


@pytest.fixture
def rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "rows.jsonl"
    monkeypatch.setenv(sidebyside.ROWS, str(path))
    return path


def test_a_race_notes_medians_and_the_range_of_ratios_without_its_first_round(
    rows: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seconds = iter([9, 9, 4, 2, 6, 2, 5, 1])  # of the official way and ours, in turn
    monkeypatch.setattr(sidebyside, "clock", lambda *_: next(seconds))
    result = sidebyside.race("a sum", list, list, 3, peer="NumPy")
    assert (result.official, result.ours, result.ratio, result.shortest) == (5, 2, 3, 4)
    (line,) = rows.read_text("utf-8").splitlines()
    assert json.loads(line) == {
        "what": "a sum",
        "unit": "s",
        "peer": "NumPy",
        "official": 5,
        "hrbench": 2,
        "ratio": 3,
        "low": 2,
        "high": 5,
        "shortest": 4,
        "rounds": 3,
    }
    shown = "a sum: NumPy 5.00 s, hrbench 2.00 s, ratio 3.00 (2.00 to 5.00 in 3 rounds)"
    shown += ", of the shortest calls 4.00\n"
    assert capsys.readouterr().out == shown


def test_a_figure_is_noted_alone_or_beside_its_peer(rows: Path) -> None:
    sidebyside.figure("copies", "GB/s", 12.5)
    sidebyside.figure("feed", "images/s", 60, 20)
    sidebyside.figure("peak memory", "MB", 50, 100, peer="official code")
    alone, faster, smaller = (json.loads(line) for line in rows.read_text("utf-8").splitlines())
    assert alone == {"what": "copies", "unit": "GB/s", "hrbench": 12.5}
    assert (faster["peer"], faster["ratio"]) == ("plain equivalent", 3)
    assert (smaller["peer"], smaller["ratio"]) == ("official code", 2)


def test_nothing_is_written_where_no_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(sidebyside.ROWS, raising=False)
    monkeypatch.chdir(tmp_path)
    sidebyside.figure("copies", "GB/s", 12.5)
    assert not list(tmp_path.iterdir())


def test_results_that_differ_stop_a_benchmark() -> None:
    with pytest.raises(SystemExit, match="loss: the two ways disagree"):
        sidebyside.agree("loss", [1.0, 2.0], [1.0, 2.1], 0.01)


def test_what_leads_to_a_call_comes_before_each_and_is_not_timed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    taken = {"made": 100, "theirs": 4, "ours": 2}  # seconds
    done: list[str] = []
    monkeypatch.setattr(time, "perf_counter", lambda: sum(taken[name] for name in done))
    theirs, ours, made = (partial(done.append, name) for name in ("theirs", "ours", "made"))
    result = sidebyside.race("a sum", theirs, ours, 1, before=made)
    assert done == ["made", "theirs", "made", "ours"] * 2
    assert (result.official, result.ours) == (4, 2)
