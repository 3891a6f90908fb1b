"""`hrbench bench` as it is called: what it prints, writes and refuses."""

import json
from pathlib import Path

import click
import pytest

from hrbench import catalog
from hrbench.cli import main
from hrbench.commands.bench import sections
from hrbench.commands.bench.sections import Section

MEASURES = """
import os
with open(os.environ["HRBENCH_BENCH_ROWS"], "a") as file:
    file.write('{"what": "a sum", "unit": "s", "hrbench": 0.25}\\n')
print("a sum: hrbench 250 ms")
"""


@pytest.fixture
def one_section(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the one script that there is to run."""
    (tmp_path / "sums.py").write_text(MEASURES, "utf-8")
    monkeypatch.setattr(catalog, "folder", lambda _: tmp_path)
    monkeypatch.setattr(sections, "ON_CPU", (Section("sums", "sums.py", 60),))
    return tmp_path


def test_figures_are_printed_as_they_come_and_kept_as_json(
    one_section: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written = one_section / "speed.json"
    main(["bench", "--json", "-o", str(written)], standalone_mode=False)
    printed = capsys.readouterr()
    assert "  a sum: hrbench 250 ms\n" in printed.err
    told = json.loads(printed.out)
    assert told == json.loads(written.read_text("utf-8"))
    assert told["peer"] is None
    assert told["machine"]["cpu"]
    (section,) = told["sections"]
    assert section["rows"] == [{"what": "a sum", "unit": "s", "hrbench": 0.25}]


def test_without_json_it_ends_with_the_table(
    one_section: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["bench", "--only", "sums"], standalone_mode=False)
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2].split() == ["a", "sum", "250", "ms"]
    assert lines[-1] == f"  python {one_section / 'sums.py'}"


def test_a_file_that_is_there_is_kept_and_no_section_begins(
    one_section: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = one_section / "speed.json"
    kept.write_text("mine", "utf-8")
    with pytest.raises(click.ClickException, match="--force replaces it"):
        main(["bench", "-o", str(kept)], standalone_mode=False)
    assert kept.read_text("utf-8") == "mine"
    assert capsys.readouterr().err == ""
