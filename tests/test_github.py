"""What stands in .github and around it names commands, sessions and versions that there are."""

import json
import re
import subprocess
import sys
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

import hrbench
from hrbench.cli import main

ROOT = Path(__file__).parents[1]
GITHUB = ROOT / ".github"
FORMS = [path for path in GITHUB.glob("ISSUE_TEMPLATE/*.yml") if path.stem != "config"]
PAGES = [*GITHUB.rglob("*.yml"), *GITHUB.glob("*.md"), ROOT / "docs" / "releasing.md"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
FOLDERS = r"\.github|benchmarks|docs|hrbench|results|tasks|tests"
PLACE = re.compile(rf"(?:python |pytest |`)((?:{FOLDERS})/[\w./-]+\w)")
ALL = "lint or not lint"  # sessions


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))


WORKFLOW = read(GITHUB / "workflows" / "tests.yml")
JOBS: dict[str, Any] = WORKFLOW["jobs"]


def said(key: str) -> list[Any]:
    """What the steps of all jobs say under one key."""
    return [step[key] for job in JOBS.values() for step in job["steps"] if key in step]


def versions(job: str) -> list[str]:
    return list(JOBS[job]["strategy"]["matrix"]["python"])


@pytest.fixture(scope="module")
def sessions() -> set[str]:
    command = [sys.executable, "-m", "nox", "--list", "--json", "-k", ALL]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return {session["name"] for session in json.loads(done.stdout)}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_session_command_and_file_that_a_page_names_is_there(
    path: Path, sessions: set[str]
) -> None:
    text = path.read_text("utf-8")
    named = {word for line in re.findall(r"nox -s ([a-z ]+)", text) for word in line.split()}
    assert named <= sessions
    assert set(re.findall(r"(?:`|&& |^|/)hrbench ([a-z]+)", text, re.MULTILINE)) <= {*main.commands}
    places = [place for place in PLACE.findall(text) if "/x" not in place]  # x: one's own
    assert [place for place in places if not (ROOT / place).exists()] == []


def test_a_workflow_asks_for_nothing_but_to_read_and_ends() -> None:
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert WORKFLOW["concurrency"]["group"]
    assert all(job["timeout-minutes"] <= 120 for job in JOBS.values())
    assert not [job for job in JOBS.values() if "permissions" in job]


def test_actions_are_github_s_own_at_a_major_version() -> None:
    assert {*said("uses")} == {"actions/checkout@v5", "actions/setup-python@v6"}
    checkouts = [given for given in said("with") if "persist-credentials" in given]
    assert checkouts == [{"persist-credentials": False}] * len(JOBS)  # no later step can push


@pytest.mark.parametrize("job", ["quick", "package"])
def test_each_python_that_pyproject_claims_is_tried_on_three_systems(job: str) -> None:
    systems = JOBS[job]["strategy"]["matrix"]["system"]
    assert [system.partition("-")[0] for system in systems] == ["ubuntu", "macos", "windows"]
    first = PROJECT["project"]["requires-python"].removeprefix(">=")
    assert versions(job)[0] == first
    minors = [int(version.removeprefix("3.")) for version in versions(job)]
    assert all(after == before + 1 for before, after in pairwise(minors))


def test_style_and_lowest_versions_are_looked_at_with_the_lowest_python() -> None:
    first = PROJECT["project"]["requires-python"].removeprefix(">=")
    assert PROJECT["tool"]["ruff"]["target-version"] == f"py{first.replace('.', '')}"
    given = [JOBS[job]["steps"][1]["with"] for job in ("style", "minimums")]
    assert given == [{"python-version": first}] * 2


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_a_form_asks_under_names_of_its_own(path: Path) -> None:
    form = read(path)
    assert form["name"]
    assert form["description"]
    asked = [part for part in form["body"] if part["type"] != "markdown"]
    assert {part["type"] for part in asked} <= {"input", "textarea", "checkboxes", "dropdown"}
    names = [part["id"] for part in asked]
    labels = [part["attributes"]["label"] for part in asked]
    assert len(set(names)) == len(set(labels)) == len(asked)
    assert any(part.get("validations", {}).get("required") for part in asked)


def test_the_version_is_the_same_wherever_it_stands() -> None:
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert newest is not None
    assert read(ROOT / "CITATION.cff")["version"] == newest[1] == hrbench.__version__


def test_what_is_to_be_cited_has_the_licence_of_the_package() -> None:
    cited = read(ROOT / "CITATION.cff")
    assert cited["license"] == PROJECT["project"]["license"]
    assert cited["authors"] == PROJECT["project"]["authors"]
    assert all(work["title"] and work["year"] for work in cited["references"])
