"""What a shell offers: by click's own classes, and at the TAB of a bash."""

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.shell_completion import CompletionItem, ShellComplete

from hrbench import catalog
from hrbench.cli import compare, main, predict, report
from hrbench.draw import predicted
from hrbench.report import comparison_forms, forms

BASH = shutil.which("bash")
OLD, NEW = "20260101T000000Z-1a2b3c4d", "20260102T000000Z-5e6f7a8b"
SECONDS = 60.0  # after which a shell hangs


def offered(line: str) -> list[CompletionItem]:
    """What is offered at the end of a line; what is behind its last space is begun."""
    *before, begun = line.split(" ")
    return ShellComplete(main, {}, "hrbench", "_HRBENCH_COMPLETE").get_completions(before, begun)


def values(line: str) -> list[str]:
    return [item.value for item in offered(line)]


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two runs where runs lie, and one elsewhere."""
    for place in (f"results/runs/coco-pose/{OLD}", f"results/runs/wflw/{NEW}", f"mine/x/{OLD}"):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "spec.toml").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "command", ["run", "show", "prepare", "profile", "export", "predict --task"]
)
def test_tasks_and_their_variants_are_offered(command: str) -> None:
    assert values(f"{command} ") == catalog.names("tasks")
    assert values(f"{command} coco") == ["coco-pose"]
    wide = [f"coco-pose@{name}" for name in catalog.variants("coco-pose") if name[:3] == "w32"]
    assert values(f"{command} coco-pose@w32") == wide
    assert len(wide) > 2


def test_suites_that_come_along_are_offered() -> None:
    assert values("suite ") == catalog.names("suites") == ["mission", "synthetic"]


@pytest.mark.parametrize("command", ["check", "fetch", "make", "shard"])
def test_datasets_are_offered_and_where_none_fits_tasks(command: str) -> None:
    assert values(f"{command} ") == catalog.names("datasets")
    assert values(f"{command} coco-") == ["coco-pose"]


@pytest.mark.parametrize(
    "command",
    [
        *("score", "report", "compare", "compare x", "verify", "bundle", "publish"),
        "run --resume",
        *("run --weights", "run --init", "export --weights", "predict --weights"),
    ],
)
def test_runs_are_offered_with_their_tasks(command: str, runs: Path) -> None:
    del runs
    found = {item.value: item.help for item in offered(f"{command} ")}
    assert found == {"latest": None, NEW: "wflw", OLD: "coco-pose"}
    assert [*found] == ["latest", NEW, OLD]
    assert values(f"{command} 20260101") == [OLD]
    assert values(f"{command} 5e6") == ["5e6f7a8b"]


def test_runs_of_the_folder_that_is_named_are_offered(runs: Path) -> None:
    del runs
    assert values("run --out mine --resume ") == ["latest", OLD]


def test_a_run_to_repeat_is_offered_where_no_task_is_called_so(runs: Path) -> None:
    del runs
    assert values("run lat") == ["latest"]


@pytest.mark.parametrize("line", ["run ./mi", "check mi", "score no", "show coco-pose@no"])
def test_where_nothing_fits_files_are(line: str, runs: Path) -> None:
    del runs
    (item,) = offered(line)
    assert (item.type, item.value) == ("file", line.split(" ")[1])


def test_forms_are_those_that_there_are() -> None:
    assert {*report.FORMS} == {*forms.FORMS, forms.HTML}
    assert values("report --format m") == ["markdown", "model-index"]
    assert compare.FORMS == comparison_forms.FORMS
    assert values("compare --format ") == [*compare.FORMS]


def test_marks_are_offered_one_behind_the_other() -> None:
    assert {*predict.MARKS} == {*predicted.MARKS}
    assert values("predict --draw ") == ["boxes", "ids", "scores"]
    assert values("predict --draw boxes,") == ["boxes,ids", "boxes,scores"]
    assert values("predict --draw scores,i") == ["scores,ids"]


def test_what_is_offered_takes_no_slow_library() -> None:
    code = (
        "import atexit, sys\n"
        "from hrbench.cli import main\n"
        "atexit.register(lambda: print(*sys.modules))\n"
        "main(prog_name='hrbench')\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env={
            **os.environ,
            "_HRBENCH_COMPLETE": "bash_complete",
            "COMP_WORDS": "hrbench run wf",
            "COMP_CWORD": "2",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.startswith("plain,wflw\n")
    assert not {"torch", "cv2", "pandas", "scipy", "matplotlib"} & {*ended.stdout.split()}


@pytest.mark.skipif(BASH is None, reason="needs bash")
def test_bash_completes_a_variant_at_a_tab(tmp_path: Path) -> None:
    tool = tmp_path / "hrbench"
    tool.write_text(f"#!{sys.executable}\nfrom hrbench.cli import main\nmain()\n", "utf-8")
    tool.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "PS1": "> "}
    process, ours = pty.fork()
    if not process:
        os.execve(str(BASH), ["bash", "--norc", "--noprofile", "-i"], environment)  # noqa: S606
    try:
        os.write(ours, b'eval "$(_HRBENCH_COMPLETE=bash_source hrbench)"; echo rea\\dy\n')
        seen = until(ours, "ready")
        os.write(ours, b"hrbench show coco-pose@w32-256x192-d\t --help | head -n 1; echo e\\nd\n")
        seen += until(ours, "end\r\n")
    finally:
        os.close(ours)
        os.waitpid(process, 0)
    assert "hrbench show coco-pose@w32-256x192-dark  --help" in seen
    assert "Usage: hrbench show" in seen


def until(terminal: int, words: str) -> str:
    """What a terminal shows, up to some words."""
    seen, late = "", time.monotonic() + SECONDS
    while words not in seen and time.monotonic() < late:
        if select.select([terminal], [], [], 1.0)[0]:
            seen += os.read(terminal, 65536).decode(errors="replace")
    return seen
