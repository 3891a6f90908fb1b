"""The benchmarks' commands run as their README says, from the root of a checkout."""

import json
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "benchmarks"
SCRIPTS = sorted(p.name for p in FOLDER.glob("*.py") if "__main__" in p.read_text("utf-8"))
DOCUMENTS = [FOLDER / "README.md", ROOT / "README.md", *(FOLDER / name for name in SCRIPTS)]
COMMAND = re.compile(r"python benchmarks/(\w+\.py)([^`\n]*)")
# What `python benchmarks/SCRIPT --help` does, one after the other: torch is loaded once.
ASK = """
import contextlib, io, json, runpy, sys
told = {}
for script in sys.argv[1:]:
    sys.argv = [script, "--help"]
    sys.path[0] = "benchmarks"
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.suppress(SystemExit):
        runpy.run_path(f"benchmarks/{script}", run_name="__main__")
    told[script] = out.getvalue()
print(json.dumps(told))
"""


@cache
def helps() -> dict[str, str]:
    """What each script says of itself where no test's folder is on the path."""
    done = subprocess.run(
        [sys.executable, "-c", ASK, *SCRIPTS],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, str] = json.loads(done.stdout)
    return told


def commands() -> list[tuple[str, str]]:
    """Every script that is named to a user, and what stands behind it on the line."""
    found = [pair for file in DOCUMENTS for pair in COMMAND.findall(file.read_text("utf-8"))]
    short = re.findall(r"`(\w+\.py)((?: [^`]+)?)`", (FOLDER / "README.md").read_text("utf-8"))
    return sorted({*found, *((name, rest) for name, rest in short if name in SCRIPTS)})


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_starts_from_a_fresh_clone(script: str) -> None:
    assert helps()[script].startswith(f"usage: {script}")


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_a_documented_command_exists_and_takes_its_options(command: tuple[str, str]) -> None:
    script, rest = command
    assert script in SCRIPTS
    for option in re.findall(r"--[a-z-]+", rest):
        assert re.search(rf"{option}\b", helps()[script]), f"{script} has no {option}"


def test_every_script_stands_in_the_readme() -> None:
    named = {script for script, _ in COMMAND.findall((FOLDER / "README.md").read_text("utf-8"))}
    assert named == set(SCRIPTS)
