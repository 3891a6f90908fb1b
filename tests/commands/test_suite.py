"""`hrbench suite`: many runs by one file, kept as they end, gone on with after any end."""

import json
import os
import shutil
import signal
import sys
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import psutil
import pytest
from cli.command import MINUTES, called, installed, refused
from cli.test_interrupt import started
from commands.test_resume_auto import checkpoints, wait_until
from dots import TASK, write_dots
from worlds import small_weights, small_world

from hrbench import catalog
from hrbench.begun import under_way
from hrbench.begun.options import Options
from hrbench.commands.suite import plan
from hrbench.commands.suite.running import why
from hrbench.report import runs
from hrbench.report.run_folders import every
from hrbench.spec.suite import Runs
from hrbench.spec.suite import suite as parsed

BRIEF = """
[every]
data = {data}
boxes = "gt"
workers = 0
device = "cpu"
set = {{ recipe.epochs = {epochs}, recipe.batch_size = 8, model.input = [64, 64] }}
"""


# What torchrun and submitit say after what a process has said.
AROUND = (
    "torch.distributed.elastic.multiprocessing.errors.ChildFailedError: ",
    "Root Cause (first observed failure):",
    "RuntimeError: torchrun ended with status 1",
)


def suite(folder: Path, *tables: str, epochs: int = 1, title: str = "Small") -> Path:
    """A suite's file of brief runs, and other tables."""
    every = BRIEF.format(data=json.dumps(str(small_world())), epochs=epochs)
    file = folder / "small.toml"
    file.write_text("\n".join([f'title = "{title}"', every, *tables]), "utf-8")
    return file


def table(name: str, **keys: Any) -> str:
    lines = [f"{key} = {json.dumps(value)}" for key, value in keys.items()]
    return "\n".join([name, *lines, ""])


def run(**keys: Any) -> str:
    return table("[[run]]", **keys)


def planned(folder: Path, *arguments: str, **variables: str) -> dict[str, Any]:
    ended = called(folder, "suite", *arguments, "--dry-run", "--json", **variables)
    assert ended.new == ()
    content: dict[str, Any] = json.loads(ended.out)
    assert ended.status == (0 if content["well"] else 1)
    return content


def states(content: Mapping[str, Any]) -> list[str]:
    return [one["state"] for one in content["runs"]]


def test_lists_stand_for_every_combination_and_what_is_said_twice_is_one(tmp_path: Path) -> None:
    suite(
        tmp_path,
        run(task="coco-pose", variant=["tiny", "tiny-simcc"], seed=[0, 3], boxes=["gt", "det"]),
        run(task="coco-pose@tiny", seed=3),
    )
    content = planned(tmp_path, "small.toml")
    found = [(one["variant"], one["seed"], one["command"][-5]) for one in content["runs"]]
    assert len(found) == len({one["experiment"] for one in content["runs"]}) == 8
    assert {variant for variant, *_ in found} == {"tiny", "tiny-simcc"}
    assert [seed for _, seed, _ in found].count(3) == 4
    first = content["runs"][0]["command"]
    assert first[:3] == ["hrbench", "run", "coco-pose@tiny"]
    assert first[first.index("--boxes") + 1] == "gt"
    assert "model.input=[64, 64]" in first
    assert first[-2:] == ["--resume", "auto"]


def test_every_flag_of_a_run_is_a_key_of_a_suite() -> None:
    several = {"folds", "fold"}  # a run of its own would be each
    flags = {field.name for field in fields(Options)} - {"out", "overrides"} - several
    assert flags | {"task", "variant", "set"} == set(Runs.model_fields)


def test_files_beside_the_suite_are_found_from_anywhere(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    weights = tmp_path / "there" / "mine.pt"
    weights.write_bytes(small_weights("coco-pose@tiny", "model.input=[64, 64]").read_bytes())
    suite(tmp_path / "there", run(task="coco-pose@tiny", weights="mine.pt"))
    for folder, name in ((tmp_path, "there/small.toml"), (tmp_path / "there", "small.toml")):
        (one,) = planned(folder, name)["runs"]
        assert one["state"] == "to begin", one


def test_where_own_data_are_is_said_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    task = write_dots(tmp_path / "dots") / TASK
    file = tmp_path / "dots.toml"
    file.write_text("title = 'Dots'\n" + run(task=str(task), variant="tiny", seed=[0, 1, 2]))
    plans = plan.planned(catalog.load_suite(str(file))[1], file, {}, fetches=False)
    assert [one.options.data for one in plans] == [str(task.parent)] * 3
    said = f"Data: {task.parent}, the folder of dataset.toml; --data names another.\n"
    assert capsys.readouterr().err == said


def test_a_release_that_is_not_fetched_yet_decides_a_plan_as_it_does_a_run() -> None:
    pytest.importorskip("timm")
    model = {"backbone": "timm/vit_small_patch16_224", "input": [224, 224]}
    line = {"task": "coco-pose@tiny", "set": {"model": model}}
    line["init"] = "timm:vit_small_patch16_224.dino"
    (one,) = plan.planned(parsed({"run": [line]}, "mine.toml"), Path("mine.toml"), {}, fetches=True)
    assert one.spec is not None
    assert one.spec["model"]["mean"] == [0.485, 0.456, 0.406]  # of this release; of others 0.5


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        ([run(task="coco-pose", varient="tiny")], "run 1: unknown key 'varient'"),
        ([run(task="coco-pose"), run(seed=1)], "run 2: the key 'task' is missing"),
        ([run(task="coco-pose", seed=-1)], "run 1: seed should be greater than or equal to 0"),
        ([run(task="coco-pose", seed="a")], "run 1: seed should be a valid integer, not 'a'"),
        ([run(task="coco-pose", seed=[0, "a"])], "run 1: seed: 1 should be a valid integer"),
        ([], "write each run, or each line of runs, as a table [[run]]"),
        ([run(task="coco-pose"), table("[jobs]", gpus=1)], "unknown key 'jobs'"),
        (
            [run(task="coco-pose"), table("[job]", time="tomorrow")],
            "job: time: write minutes, or 'D-HH:MM:SS' as Slurm has it, not 'tomorrow'",
        ),
        (
            [run(task="coco-pose"), table("[slurm]", partitions="gpu")],
            "slurm: unknown key 'partitions'. Did you mean 'partition'?",
        ),
    ],
)
def test_what_a_suite_says_wrongly_is_one_sentence(
    tables: list[str], words: str, tmp_path: Path
) -> None:
    suite(tmp_path, *tables)
    refused(called(tmp_path, "suite", "small.toml"), ["small.toml: ", words])


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["Error: no sigmas", *AROUND], "no sigmas"),
        (["[rank1]: torch.OutOfMemoryError: no room", *AROUND], "torch.OutOfMemoryError: no room"),
        (["what it said", "", *AROUND], "RuntimeError: torchrun ended with status 1"),
        (["what it said"], "what it said"),
        ([], "was ended by SIGKILL"),
    ],
)
def test_why_a_run_has_failed_is_what_it_said_itself(lines: list[str], words: str) -> None:
    assert why(lines, 1 if lines else -signal.SIGKILL) == words


def test_a_suite_that_is_not_there_is_named(tmp_path: Path) -> None:
    refused(called(tmp_path, "suite", "mision"), ["no suite is called 'mision'", "'mission'"])
    refused(called(tmp_path, "suite", "mine.toml"), ["mine.toml does not exist"])


def test_the_suites_that_come_along_cover_every_task_and_every_row(tmp_path: Path) -> None:
    tour = planned(tmp_path, "synthetic")
    assert sorted(one["task"] for one in tour["runs"]) == catalog.names("tasks")
    assert set(states(tour)) == {"to begin"}
    mission = planned(tmp_path, "mission")
    assert set(states(mission)) == {"to begin"}
    wanted = {(r["task"], r["split"]) for r in tour_rows(mission)}
    rows = json.loads(called(tmp_path, "report", "--json").out)["mission"]
    assert {(row["task"], row["split"]) for row in rows} == wanted


def tour_rows(mission: Mapping[str, Any]) -> list[dict[str, str]]:
    """Each run's task and the split that it measures."""
    found = []
    for one in mission["runs"]:
        command = one["command"]
        said = command[command.index("--split") + 1] if "--split" in command else ""
        spec = catalog.load_task(f"{one['task']}@{one['variant']}")
        found.append({"task": one["task"], "split": said or spec.protocol.split})
    return found


@pytest.mark.slow
def test_a_fault_does_not_end_the_rest_and_the_same_command_goes_on(tmp_path: Path) -> None:
    weights = str(small_weights("coco-pose@tiny", "model.input=[64, 64]"))
    wrong = [run(task="coco-pose@huge"), run(task="coco-pose@tiny", data="nowhere")]
    given = run(task="coco-pose@tiny", weights=weights, seed=[0, 1])
    right = [f"{given}set = {{ model.input = [64, 64] }}\n"]
    suite(tmp_path, *wrong, *right)
    ended = called(tmp_path, "suite", "small.toml", "--json")
    assert ended.status == 1
    content = json.loads(ended.out)
    assert states(content) == ["cannot begin", "failed", "done", "done"]
    assert "no variant of coco-pose is called 'huge'" in content["runs"][0]["said"]
    assert "coco: nowhere/coco/annotations" in content["runs"][1]["said"]
    listed = [one["folder"] for one in content["report"]["runs"]]
    assert listed == [one["run"] for one in content["runs"][2:]]
    assert states(planned(tmp_path, "small.toml")) == states(content)
    suite(tmp_path, *right)
    again = called(tmp_path, "suite", "small.toml")
    assert (again.status, again.new, again.gone) == (0, (), ())
    assert "2 done\n" in again.out
    assert "Runs of coco-pose on val2017" in again.out


def test_how_long_runs_will_take_is_known_from_those_that_have_ended(tmp_path: Path) -> None:
    suite(tmp_path, run(task="coco-pose@tiny"))
    ended = called(tmp_path, *planned(tmp_path, "small.toml")["runs"][0]["command"][1:])
    assert ended.status == 0, ended.err
    (folder,) = every(tmp_path / "results")
    times = runs.read(folder).times
    suite(tmp_path, run(task="coco-pose@tiny", seed=[0, 1]), run(task="300w@tiny", boxes="gt"))
    suite(tmp_path, run(task="coco-pose@tiny", seed=[0, 1]), epochs=5)
    taken = [one["seconds"] for one in planned(tmp_path, "small.toml")["runs"]]
    once = (times.predict or 0) + (times.score or 0)
    assert taken == [pytest.approx(5 * (times.train or 0) + once)] * 2
    shutil.copytree(small_world(), tmp_path / "other")
    for changed in (["--data", "other"], ["--data", "builtin"]):
        (one, _) = planned(tmp_path, "small.toml", *changed)["runs"]
        assert (one["state"], one["seconds"]) == ("to begin", None)
    suite(tmp_path, run(task="coco-pose@tiny", seed=1, limit=2))
    assert planned(tmp_path, "small.toml")["runs"][0]["seconds"] is None


@pytest.mark.slow
def test_after_a_kill_the_same_command_goes_on_with_the_run_under_way(tmp_path: Path) -> None:
    suite(tmp_path, run(task="coco-pose@tiny"), epochs=8)
    process = started(tmp_path, "suite", "small.toml")
    wait_until(lambda: checkpoints(tmp_path / "results"))
    (left,) = every(tmp_path / "results")
    assert states(planned(tmp_path, "small.toml")) == ["running"]
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    wait_until(lambda: not under_way.is_under_way(left))
    assert states(planned(tmp_path, "small.toml")) == ["interrupted"]
    again = installed(tmp_path, "suite", "small.toml")
    assert again.status == 0, again.err
    assert f"goes on with {left.relative_to(tmp_path)}" in again.err
    assert every(tmp_path / "results") == [left]


@pytest.mark.slow
def test_a_suite_that_is_stopped_keeps_the_checkpoint_of_its_run(tmp_path: Path) -> None:
    suite(tmp_path, run(task="coco-pose@tiny", seed=[0, 1]), epochs=40)
    process = started(tmp_path, "suite", "small.toml")
    wait_until(lambda: checkpoints(tmp_path / "results"))
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=MINUTES)
    assert process.returncode == 130, err
    assert err.rstrip().endswith("Interrupted; the same command goes on")
    assert states(planned(tmp_path, "small.toml")) == ["interrupted", "to begin"]
    assert "Traceback" not in err


def of_submitit() -> list[psutil.Process]:
    """The processes that submitit has started on this machine for jobs of ours."""
    return [
        one
        for one in psutil.process_iter(["cmdline"])
        if "submitit.core._submit" in (one.info["cmdline"] or [])
    ]


@pytest.mark.slow
def test_a_launched_run_that_is_preempted_goes_on_to_the_same_record(tmp_path: Path) -> None:
    suite(tmp_path, run(task="coco-pose@tiny"), table("[job]", gpus=0), epochs=40)
    process = started(tmp_path, "suite", "small.toml", "--launcher", "local", "--json")
    wait_until(lambda: checkpoints(tmp_path / "results"))
    assert states(planned(tmp_path, "small.toml")) == ["running"]
    second = called(tmp_path, "suite", "small.toml", "--launcher", "local")
    refused(second, ["another `hrbench suite` is at work on it"])
    jobs = [one for one in of_submitit() if one.cwd() == str(tmp_path)]
    jobs[0].send_signal(signal.SIGUSR2)  # as Slurm does before it takes the node away
    out, err = process.communicate(timeout=MINUTES)
    assert process.returncode == 0, err
    (one,) = json.loads(out)["runs"]
    assert one["state"] == "done"
    log = (tmp_path / one["log"]).read_text("utf-8")
    assert "Requeued job" in log
    assert f"goes on with {one['run']}" in log
    assert "--standalone" not in err
    (done,) = every(tmp_path / "results")
    whole = called(tmp_path, *one["command"][1:], "--out", "w")
    assert whole.status == 0, whole.err
    assert runs.read(every(tmp_path / "w")[0]).seal == runs.read(done).seal


def test_what_a_launcher_cannot_do_is_said_before_anything_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # where there is no srun
    for launcher, keys, words in (
        ("slurm", {}, "job: the key 'time' is missing: Slurm asks how long a job may take"),
        ("slurm", {"time": 30}, "there is no srun here; call it on a machine of a Slurm cluster"),
        ("local", {"time": 1, "notice": 90}, "a job would be told to end as it begins"),
        ("local", {"nodes": 2}, "job: nodes is 2, and this machine is one"),
    ):
        suite(tmp_path, run(task="coco-pose@tiny"), table("[job]", **keys))
        refused(called(tmp_path, "suite", "small.toml", "--launcher", launcher), [words])


def test_without_submitit_a_launcher_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "submitit", None)
    suite(tmp_path, run(task="coco-pose@tiny"))
    ended = called(tmp_path, "suite", "small.toml", "--launcher", "local")
    refused(ended, ["--launcher needs submitit: pip install 'hrbench[slurm]'"])
