"""docs/own-keypoints.md, run as a reader runs it: every command, in a folder of its own."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cli.command import INSTALLED, environment

DOC = Path(__file__).parents[1] / "docs" / "own-keypoints.md"
SCRIPT = "example.py"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LEFT_OUT = "…"
# Or a date, a time, or the id of a run.
FIGURE = re.compile(r"(?<![\w@.-])(?:[0-9a-f]{8}|\d{4}-\d\d-\d\d|\d\d:\d\d|\d+(?:\.\d+)?)(?!\w)")


@dataclass(frozen=True, slots=True)
class Command:
    """A command of the tutorial, and the lines that it shows of the answer."""

    line: str
    shown: tuple[str, ...]


def commands(block: str) -> Iterator[Command]:
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        line, *shown = part.splitlines()
        yield Command(line, tuple(said for said in shown if said.strip(f" {LEFT_OUT}")))


def blocks(kind: str) -> list[str]:
    return [text for name, text in BLOCK.findall(DOC.read_text("utf-8")) if name == kind]


def pattern(line: str) -> re.Pattern[str]:
    """What a line may look like elsewhere: other figures, other widths of columns."""
    whole, *more = line.split(LEFT_OUT)
    words = r"\s+".join(map(re.escape, FIGURE.sub("FIGURE", whole).split()))
    figures = words.replace("FIGURE", r"[0-9a-f.:-]+")
    return re.compile(rf"\s*{figures}\s*{'.*' if more else ''}")


def require_shown(command: Command, answer: str) -> None:
    """Check that the lines shown are in the answer, in this order."""
    lines = iter(answer.splitlines())
    for said in command.shown:
        fits = pattern(said).fullmatch
        assert any(fits(line) for line in lines), f"{command.line}\n{said!r} is not in\n{answer}"


def run(folder: Path, line: str, shell: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f"{shell}\n{line}"],
        cwd=folder,
        env=environment({}),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_figures_may_differ_and_words_may_not() -> None:
    shown = Command("", ("NME  49.13 %  lower …", "run  id", "a  deb5dc92"))
    require_shown(shown, "PCK 3 %\nNME   7.00 %   lower   mean\nrun    id\na    12345678\n")
    with pytest.raises(AssertionError, match="'run  id' is not in"):
        require_shown(shown, "NME   7.00 %   lower   mean\na    12345678\n")
    with pytest.raises(AssertionError, match="is not in"):
        require_shown(shown, "NME   7.00 %   higher   mean\n")


def test_the_tutorial_names_no_command_that_is_not_run() -> None:
    assert len(blocks("python")) == 1
    assert {line.split()[1] for block in blocks("console") for line in hrbench_lines(block)} == {
        *("make", "convert", "check", "browse", "run", "report", "sigmas")
    }


def hrbench_lines(block: str) -> list[str]:
    return [command.line for command in commands(block) if command.line.startswith("hrbench ")]


@pytest.mark.slow
def test_every_command_of_the_tutorial_answers_as_it_says(tmp_path: Path) -> None:
    (tmp_path / SCRIPT).write_text(blocks("python")[0], "utf-8")
    shell = f'hrbench() {{ {shlex.join(INSTALLED)} "$@"; }}\n'
    shell += f'python() {{ {shlex.quote(sys.executable)} "$@"; }}'
    for block in blocks("console"):
        for command in commands(block):
            ended = run(tmp_path, command.line, shell)
            assert ended.returncode == 0, f"{command.line}\n{ended.stdout}{ended.stderr}"
            require_shown(command, ended.stdout)
    assert (tmp_path / "dots.html").stat().st_size > 10_000
    assert "## dots, val" in (tmp_path / "report.md").read_text("utf-8")
