"""`hrbench report --format html`: where the file is, and what is refused."""

import subprocess
import sys
from pathlib import Path

import pytest
from cli.command import called
from report.html.folders import left

RUNS = Path("results", "runs", "coco-pose")


def test_the_file_is_report_html_unless_one_says_where(tmp_path: Path) -> None:
    left(tmp_path / RUNS / "a")
    ended = called(tmp_path, "report", "--format", "html")
    assert (ended.status, ended.new, ended.out) == (0, ("report.html",), "")
    assert ended.err == "report: report.html\n"
    assert "<!doctype html>" in (tmp_path / "report.html").read_text("utf-8")
    elsewhere = called(tmp_path, "report", "--format", "html", "-o", "other.html")
    assert elsewhere.new == ("other.html",)


@pytest.mark.parametrize("form", ["csv", "latex", "html"])
def test_every_form_says_where_the_file_is(form: str, tmp_path: Path) -> None:
    left(tmp_path / RUNS / "a")
    ended = called(tmp_path, "report", "--format", form, "-o", "a.txt")
    assert (ended.new, ended.out, ended.err) == (("a.txt",), "", "report: a.txt\n")


def test_a_file_that_is_there_is_kept_unless_one_says_so(tmp_path: Path) -> None:
    left(tmp_path / RUNS / "a")
    (tmp_path / "report.html").write_text("mine", "utf-8")
    ended = called(tmp_path, "report", "--format", "html")
    assert ended.status == 1
    assert "report.html: is there already; --force replaces it" in ended.err
    assert (tmp_path / "report.html").read_text("utf-8") == "mine"
    assert called(tmp_path, "report", "--format", "html", "--force").status == 0


def test_one_run_alone_has_its_pages_and_no_others(tmp_path: Path) -> None:
    asked = left(tmp_path / RUNS / "a")
    other = left(tmp_path / RUNS / "b", seed=1)
    assert called(tmp_path, "report", str(RUNS / "a"), "--format", "html").status == 0
    text = (tmp_path / "report.html").read_text("utf-8")
    assert f'class="page" id="run-{asked.id[:12]}"' in text
    assert other.id[:12] not in text


def test_an_unknown_form_is_told_of_this_one(tmp_path: Path) -> None:
    ended = called(tmp_path, "report", "--format", "htm")
    assert ended.status == 1
    assert "no format is called 'htm'. Did you mean 'html'?" in ended.err


def test_a_report_is_made_without_torch(tmp_path: Path) -> None:
    left(tmp_path / RUNS / "a", pictures=1)
    program = (
        "import sys; from hrbench.cli import main\n"
        "main(['report', '--format', 'html'], standalone_mode=False)\n"
        "assert 'matplotlib' in sys.modules; assert 'torch' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
