"""Runs are found by any name, told apart by one id, and go on from any folder."""

import json
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cli.command import INSTALLED, Ended, called, environment, files, refused
from dots import BRIEF, edit_json, write_dots

BRIEFLY = ["--workers", "0", "--device", "cpu"]
RUN = ["run", "mice/task.toml@tiny", "--data", "mice", *BRIEFLY]
SET = [part for override in BRIEF for part in ("--set", override)]


def ran(folder: Path, *more: str) -> tuple[Path, dict[str, Any]]:
    """The folder, as it is printed, and the record of a training on the mice below `folder`."""
    return ended_well(folder, *RUN, *SET, *more)


def ended_well(folder: Path, *run: str) -> tuple[Path, dict[str, Any]]:
    ended = called(folder, *run, "--json")
    assert ended.status == 0, ended.err
    said = json.loads(ended.out)
    return Path(said["run"]), said["record"]


def scored(folder: Path, *arguments: str) -> dict[str, Any]:
    ended = called(folder, "score", *arguments, "--json")
    assert ended.status == 0, ended.err
    said: dict[str, Any] = json.loads(ended.out)
    return said


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project: mice, and one run of an epoch on them."""
    project = tmp_path_factory.mktemp("trained") / "project"
    write_dots(project / "mice")
    ran(project)
    return project


@pytest.fixture
def project(trained: Path, tmp_path: Path) -> Path:
    """A project of one's own, with the same run of mice that lie there."""
    copy = Path(shutil.copytree(trained, tmp_path / "project"))
    (state,) = copy.rglob("run.json")
    state.write_text(state.read_text("utf-8").replace(str(trained), str(copy)), "utf-8")
    return copy


def only_run(project: Path) -> Path:
    (record,) = project.rglob("record.json")
    return record.parent


def test_a_run_on_own_data_is_scored_and_resumed_from_another_folder(project: Path) -> None:
    run, away = only_run(project), project.parent / "away"
    away.mkdir()
    before = scored(project, "latest")["record"]
    assert scored(away, str(run))["record"]["metrics"] == before["metrics"]
    (run / "record.json").unlink()
    ended = called(away, "run", "--resume", str(run), "--json")
    assert ended.status == 0, ended.err
    after = json.loads(ended.out)["record"]
    assert (after["id"], after["seal"]) == (before["id"], before["seal"])


def test_data_that_were_moved_are_named_with_data(project: Path) -> None:
    before = scored(project, "latest")["record"]
    (project / "mice").rename(project.parent / "rats")
    words = [f"its data were in {project / 'mice'}, which is gone", "now with --data"]
    refused(called(project, "score", "latest"), words)
    assert scored(project, "latest", "--data", "../rats")["record"]["seal"] == before["seal"]
    (only_run(project) / "record.json").unlink()
    refused(called(project, "run", "--resume", "latest"), words)
    ended = called(project, "run", "--resume", "latest", "--data", "../rats", "--json")
    assert json.loads(ended.out)["record"]["seal"] == before["seal"]


def test_a_project_that_was_moved_as_a_whole_finds_its_data(project: Path) -> None:
    before = scored(project, "latest")["record"]
    moved = project.rename(project.parent / "moved")
    ended = called(moved.parent, "score", str(only_run(moved)), "--json")
    assert json.loads(ended.out)["record"]["seal"] == before["seal"]
    assert (
        f"{project / 'mice'} is gone; the same files of mice are in {moved / 'mice'}" in ended.err
    )


def test_other_data_than_those_of_the_run_are_refused(project: Path) -> None:
    other = write_dots(project / "other")
    edit_json(other / "annotations.json", lambda said: said["annotations"].pop())
    words = [f"the files of mice in {other} are not those that it was run on", "fingerprint"]
    refused(called(project, "score", "latest", "--data", str(other)), words)
    edit_json(project / "mice" / "annotations.json", lambda said: said["annotations"].pop())
    refused(called(project, "score", "latest"), ["are not those that it was run on"])
    (only_run(project) / "record.json").unlink()
    refused(called(project, "run", "--resume", "latest"), ["are not those that it was run on"])


def test_runs_of_one_spec_are_told_apart(project: Path) -> None:
    weights = str(only_run(project))
    evaluation = ["run", weights, "--weights", weights]
    runs = [
        (only_run(project), scored(project, "latest")["record"]),
        ran(project),
        ran(project, "--seed", "1"),
        ended_well(project, *evaluation),
        ended_well(project, *evaluation, "--limit", "1"),
    ]
    assert len({record["id"] for _, record in runs}) == len(runs)
    table = called(project, "report", "--each").out
    rows = [words for words in map(str.split, table.splitlines()) if len(words) > 5]
    lines = {word: words for words in rows for word in words[1:3]}  # the time may be left out
    for folder, record in runs:
        assert folder.name.endswith(f"-{record['id'][:8]}")
        assert record["id"][:8] in lines
        assert scored(project, record["id"][:8])["record"]["id"] == record["id"]
    trained, seeded, evaluated, partial = (lines[r["id"][:8]] for _, r in runs[1:])
    assert trained[-4:] == ["1", "0", "gt", "trained"]
    assert seeded[-4:] == ["1", "1", "gt", "trained"]
    assert "best.pt" in evaluated
    assert "1/2" in partial


@pytest.mark.parametrize("kind", ["latest", "id", "prefix", "name", "below", "path", "record"])
def test_a_run_is_found_by_any_of_its_names(kind: str, project: Path) -> None:
    run = only_run(project)
    run_id = json.loads((run / "record.json").read_text("utf-8"))["id"]
    name = {
        "latest": "latest",
        "id": run_id,
        "prefix": run_id[:5],
        "name": run.name,
        "below": f"mice/{run.name}",
        "path": str(run),
        "record": str(run / "record.json"),
    }[kind]
    assert scored(project, name)["record"]["id"] == run_id
    picture = next((project / "mice" / "images").glob("*.png"))
    for command in (
        ["report", name],
        ["show", name],
        ["check", name],
        ["weights", "inspect", name],
        ["predict", str(picture), "--task", str(run / "spec.toml"), "--weights", name],
    ):
        ended = called(project, *command)
        assert ended.status == 0, (command, ended.err)


def test_a_name_that_begins_several_runs_lists_them(project: Path) -> None:
    ran(project, "--seed", "1")
    ended = called(project, "score", "20")
    refused(ended, ["2 runs begin with '20':", str(only_named(project, 0))])
    refused(called(project, "report", "20"), ["2 runs begin with '20':"])
    year = only_named(project, 0)[:4]
    ended = called(project, "run", "mice/task.toml@tiny", "--weights", year)
    refused(ended, [f"2 runs begin with '{year}':"])
    # A single digit is too short to be meant.
    ended = called(project, "run", "mice/task.toml@tiny", "--weights", year[:1])
    assert ended.status == 1
    assert f"{year[:1]} does not exist; weights are a file, a RUN" in ended.err


def only_named(project: Path, place: int) -> str:
    return sorted(path.parent.name for path in project.rglob("record.json"))[place]


def test_a_name_of_no_run_lists_the_latest(project: Path) -> None:
    words = ["nothing: no such run folder", "The latest:", only_run(project).name]
    refused(called(project, "score", "nothing"), words)
    refused(called(project, "run", "--resume", "nothing"), words)
    refused(called(project / "mice", "score", "latest"), ["results/runs has no run yet"])


def test_a_run_is_repeated_with_what_it_was_run_on(project: Path) -> None:
    away, run = project.parent / "away", only_run(project)
    away.mkdir()
    before = scored(project, "latest")["record"]
    for name in (str(run), str(run / "spec.toml")):
        ended = called(away, "run", name, "--json")
        assert ended.status == 0, ended.err
        again = json.loads(ended.out)["record"]
        assert (again["seal"], again["id"] == before["id"]) == (before["seal"], False)
    ended = called(away, "run", str(run), "--seed", "7", "--limit", "1", "--json")
    changed = json.loads(ended.out)["record"]
    assert (changed["seed"], changed["complete"]) == (7, False)


def test_an_at_sign_in_the_name_of_a_folder_begins_no_variant(project: Path) -> None:
    home = (project / "mice").rename(project / "mice@home")
    plain, task = "mice@home/task.toml", "mice@home/task.toml@tiny"
    # As NAME@VARIANT of a built-in task is spelled, and below it a folder with a task's own file.
    run, before = ended_well(project, "run", task, *SET, *BRIEFLY, "--out", "coco-pose@tiny")
    assert run.parts[0] == "coco-pose@tiny"
    picture = str(next((home / "images").glob("*.png")).relative_to(project))
    for command in (
        ["report", str(run)],
        *(["show", name] for name in (str(run), plain, task)),
        *(["check", name] for name in (str(run), plain, task)),
        ["predict", picture, "--weights", str(run)],
        ["predict", picture, "--weights", str(run), "--task", task, "-o", "again"],
        ["weights", "inspect", str(run), "--task", task],
    ):
        ended = called(project, *command)
        assert ended.status == 0, (command, ended.err)
    assert scored(project, str(run))["record"]["seal"] == before["seal"]
    assert ended_well(project, "run", str(run))[1]["seal"] == before["seal"]
    (project / run / "record.json").unlink()
    assert ended_well(project, "run", "--resume", str(run))[1]["seal"] == before["seal"]


def test_an_evaluation_that_is_repeated_trains_nothing(project: Path) -> None:
    run = str(only_run(project))
    evaluated, before = ended_well(project, "run", run, "--weights", run)
    assert before["weights"]["origin"] == "best.pt"
    assert ended_well(project, "run", str(evaluated))[1]["seal"] == before["seal"]
    ended = called(project, "run", str(evaluated), "--epochs", "2")
    assert ended.status == 2
    assert "--weights evaluates and trains nothing; leave out --epochs" in ended.err


def test_what_comes_next_can_be_pasted(project: Path) -> None:
    lines = called(project, "score", "latest").out.splitlines()
    commands = [line.strip() for line in lines[lines.index("Next") :] if "hrbench " in line]
    assert [shlex.split(command)[1] for command in commands] == [
        *("predict", "report", "score", "check"),
    ]
    for command in commands:
        ended = called(project, *shlex.split(command)[1:])
        assert ended.status == 0, (command, ended.err)
    pictures = [line.split(": ")[1] for line in lines if "look at: " in line]
    assert pictures
    assert all((project / picture).is_file() for picture in pictures)


def test_a_run_says_what_its_record_knows_of_each_keypoint(project: Path) -> None:
    text = called(project, "report", "latest").out
    record = json.loads((only_run(project) / "record.json").read_text("utf-8"))
    for name, figures in record["groups"]["keypoint"].items():
        (line,) = [line for line in text.splitlines() if line.startswith(f"{name} ")]
        assert f"{figures['median_error_px']:.2f}" in line
    for words in (record["id"], record["dataset"]["fingerprint"], "random weights", "nms"):
        assert words in text
    assert "Published" not in text


def test_an_unfinished_run_is_listed_with_how_to_go_on(project: Path) -> None:
    run = only_run(project)
    (run / "record.json").unlink()
    ended = called(project, "report")
    assert ended.status == 0
    command = f"hrbench run --resume {run.relative_to(project)}"
    assert command in ended.out
    assert called(project, *shlex.split(command)[1:]).status == 0


def test_a_report_replaces_a_file_only_by_force(project: Path) -> None:
    (project / "mine.md").write_text("mine")
    refused(called(project, "report", "-o", "mine.md"), ["mine.md: is there already", "--force"])
    assert (project / "mine.md").read_text() == "mine"
    assert called(project, "report", "-o", "mine.md", "--force").status == 0
    assert "Runs of mice on val" in (project / "mine.md").read_text()


def piped(folder: Path, command: str) -> Ended:
    """Run a line of a shell, in which $HRBENCH is the command."""
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=folder,
        env={**environment({}), "HRBENCH": shlex.join(INSTALLED)},
        capture_output=True,
        text=True,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr, (), ())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize(
    "command", ["report", "report --json", "list", "list weights --json", "show wflw", "run -h"]
)
def test_a_full_disk_is_one_sentence(command: str, project: Path) -> None:
    ended = piped(project, f"$HRBENCH {command} > /dev/full")
    words = "Error: the output cannot be written (No space left on device)\n"
    assert (ended.status, ended.err) == (1, words)


@pytest.mark.parametrize("kilobytes", [3, 6])
def test_a_disk_that_fills_up_leaves_nothing_half_written(kilobytes: int, project: Path) -> None:
    before, run = files(project), str(only_run(project))
    command = f"$HRBENCH run latest --weights {run}"
    ended = piped(project, f"ulimit -f {kilobytes}; {command}")
    assert ended.status == 1
    assert ended.err.splitlines()[-1].startswith("Error: ")
    assert "cannot be written" in ended.err
    assert "File too large" in ended.err
    assert files(project) == before


def test_a_pipe_that_is_closed_is_silent(project: Path) -> None:
    ended = piped(project, "$HRBENCH report --task coco-pose --format csv | head -n 1")
    assert ended.out.startswith("kind,")
    assert ended.err == ""
