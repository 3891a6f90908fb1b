"""Every command explains itself, starts quickly, and speaks JSON to programs."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from cli.command import called, installed
from dots import two_annotators, write_dots
from report.kept_runs import kept
from report.records import record

from hrbench.cli import main

COMMANDS = sorted(main.commands)
README = Path(__file__).parents[2] / "README.md"


def test_the_help_names_every_command(tmp_path: Path) -> None:
    ended = installed(tmp_path, "--help")
    assert ended.status == 0
    for command in COMMANDS:
        assert re.search(rf"^  {command} +[A-Z]", ended.out, re.MULTILINE), command


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_worked_example_and_stands_in_the_readme(
    command: str, tmp_path: Path
) -> None:
    ended = called(tmp_path, command, "--help")
    assert ended.status == 0
    assert re.search(rf"^ *hrbench {command}\b", ended.out, re.MULTILINE), ended.out
    assert "--json" in ended.out
    assert f"hrbench {command}" in README.read_text("utf-8")


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS), ["weights", "inspect"]])
def test_a_short_h_helps_as_well(command: list[str], tmp_path: Path) -> None:
    ended = called(tmp_path, *command, "-h")
    assert (ended.status, ended.out) == (0, called(tmp_path, *command, "--help").out)
    assert "-h, --help" in ended.out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_explained(command: str) -> None:
    for option in main.commands[command].params:
        if option.param_type_name == "option":
            assert getattr(option, "help", None), f"{command} {option.name}"


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["list"], ["report"]])
def test_what_needs_no_network_imports_no_torch(arguments: list[str], tmp_path: Path) -> None:
    assert not {"torch", "cv2"} & imported(tmp_path, arguments)


def test_runs_are_compared_without_torch(tmp_path: Path) -> None:
    runs = kept(tmp_path)
    assert not {"torch", "cv2"} & imported(tmp_path, ["compare", *map(str, runs)])


def test_annotations_are_looked_at_without_torch(tmp_path: Path) -> None:
    write_dots(tmp_path / "dots")
    two_annotators(tmp_path, 10)
    for arguments in (
        ["convert", "dots/annotations.json", "out"],
        ["check", "dots/dataset.toml", "--data", "dots"],
        ["sigmas", "twice.json"],
    ):
        assert "torch" not in imported(tmp_path, arguments), arguments


# What takes a tenth of a second or more to import; 0.3 s are what a list may take.
SLOW = {"cv2", "h5py", "matplotlib", "pandas", "PIL", "scipy", "sklearn", "torch"}


@pytest.mark.parametrize("what", ["tasks", "datasets", "variants", "weights"])
def test_what_there_is_is_listed_without_slow_libraries(what: str, tmp_path: Path) -> None:
    assert not {*SLOW, "hrbench.report.record"} & imported(tmp_path, ["list", what])


def test_help_imports_click_alone(tmp_path: Path) -> None:
    loaded = imported(tmp_path, ["--help"])
    assert "click" in loaded
    assert not {*SLOW, "numpy", "pydantic", "rich"} & loaded


def imported(folder: Path, arguments: list[str]) -> set[str]:
    """What is imported by a command that ends well."""
    code = (
        "import sys\n"
        "from hrbench.cli import main\n"
        "main(sys.argv[1:], prog_name='hrbench', standalone_mode=False)\n"
        "print(*sys.modules)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return set(ended.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("arguments", [["list", "variants"], ["list", "datasets"], ["doctor"]])
def test_a_command_prints_one_json_object(arguments: list[str], tmp_path: Path) -> None:
    ended = installed(tmp_path, *arguments, "--json")
    assert ended.status == 0
    assert isinstance(json.loads(ended.out), dict)
    assert ended.err == ""
    assert not ended.new


def test_every_dataset_is_listed_with_its_terms_and_what_to_cite(tmp_path: Path) -> None:
    lines = called(tmp_path, "list", "datasets").out.splitlines()
    start = lines.index("coco: COCO 2017 keypoints")
    assert lines[start + 1 : start + 4] == [
        "  homepage: https://cocodataset.org",
        "  licence: annotations CC BY 4.0; images under the terms of their Flickr owners",
        "  citation: Lin et al. 2014, Microsoft COCO: Common Objects in Context",
    ]


def test_show_prints_the_spec_as_json(tmp_path: Path) -> None:
    ended = installed(tmp_path, "show", "coco-pose", "--json", "--set", "recipe.epochs=5")
    assert json.loads(ended.out)["recipe"]["epochs"] == 5
    assert ended.err == ""


def test_what_show_prints_can_be_run(tmp_path: Path) -> None:
    shown = called(tmp_path, "show", "coco-pose@tiny").out
    (tmp_path / "mine.toml").write_text(shown)
    assert called(tmp_path, "show", "mine.toml").out == shown


def test_report_prints_one_json_object(tmp_path: Path) -> None:
    run = tmp_path / "results" / "runs" / "coco-pose" / "a"
    run.mkdir(parents=True)
    record().write(run)
    ended = called(tmp_path, "report", "--json")
    assert isinstance(json.loads(ended.out), dict)
    assert ended.err == ""


def test_check_and_make_print_one_json_object(world: Path, tmp_path: Path) -> None:
    made = called(tmp_path, "make", "coco", "made", "--images", "1", "--json")
    assert json.loads(made.out)["dataset"] == "coco"
    ended = called(tmp_path, "check", "coco", "--data", str(world), "--json")
    assert isinstance(json.loads(ended.out), dict)
    nothing = called(tmp_path, "check", "coco", "--data", "nowhere", "--json")
    assert nothing.status == 1
    assert isinstance(json.loads(nothing.out), dict)


@pytest.mark.parametrize(("task", "made"), [("coco-pose", "coco"), ("h36m-pose@tiny", "h36m")])
def test_make_takes_a_task_for_its_dataset(task: str, made: str, tmp_path: Path) -> None:
    ended = called(tmp_path, "make", task, "made", "--images", "1", "--json")
    assert (ended.status, json.loads(ended.out)["dataset"]) == (0, made)
    assert (tmp_path / "made" / made).is_dir()


def test_what_is_of_ones_own_prints_one_json_object(tmp_path: Path) -> None:
    write_dots(tmp_path / "dots")
    two_annotators(tmp_path, 10)
    made = called(tmp_path, "convert", "dots/annotations.json", "out", "--json")
    assert json.loads(made.out)["keypoints"] == ["nose", "left_ear", "right_ear"]
    assert made.new == ("out", "out/dataset.toml", "out/task.toml")
    found = called(tmp_path, "sigmas", "twice.json", "--json")
    assert [row["repeats"] for row in json.loads(found.out)["keypoints"]] == [10, 10, 10]
    ended = called(tmp_path, "check", "out/dataset.toml", "--data", "out", "--json")
    assert json.loads(ended.out)["ok"]


def test_run_and_score_print_one_json_object(world: Path, tmp_path: Path) -> None:
    brief = ["--set", "recipe.epochs=1", "--workers", "0", "--device", "cpu", "--json"]
    ran = called(tmp_path, "run", "coco-pose@tiny", "--data", str(world), *brief)
    assert ran.status == 0, ran.err
    first = json.loads(ran.out)
    scored = called(tmp_path, "score", first["run"], "--json")
    assert json.loads(scored.out)["record"]["seal"] == first["record"]["seal"]
