"""What a user can put right in a command line or a TOML file is said in one message."""

from pathlib import Path

import pytest
import torch
from cli.command import called, refused

from hrbench import catalog

OWN = """
title = "mine"
version = 1
dataset = "coco"
reference = "me"
{rest}
[model]
backbone = "hrnet-w8"
head = "heatmap"
input = [64, 64]
sigma = 1
[recipe]
optimizer = "adam"
lr = {lr}
{milestones} = [1]
epochs = 2
batch_size = 8
loss = "mse"
init = "random"
[augment]
scale = 0.1
rotation = 10
rotation_probability = 0.5
flip = 0.5
half_body = 0.0
half_body_above = 8
[protocol]
split = "val2017"
train_split = "train2017"
boxes = "gt"
box_threshold = 0.0
padding = 1.25
flip_test = true
flip_shift = 1
decoder = "quarter"
keypoint_threshold = 0.2
nms = "oks"
nms_threshold = {nms_threshold}
"""
RIGHT = {"rest": "", "lr": "1e-3", "milestones": "milestones", "nms_threshold": "0.9"}


def own_task(folder: Path, **changes: str) -> str:
    (folder / "mine.toml").write_text(OWN.format(**{**RIGHT, **changes}), "utf-8")
    return "mine.toml"


def test_the_task_that_the_tests_spoil_is_right(tmp_path: Path) -> None:
    assert catalog.load_task(str(tmp_path / own_task(tmp_path))).recipe.epochs == 2


def test_an_unknown_task_gets_a_near_miss(tmp_path: Path) -> None:
    words = ["no task is called 'coco-poze'", "Did you mean 'coco-pose'?"]
    refused(called(tmp_path, "run", "coco-poze"), words)


def test_an_unknown_variant_gets_a_near_miss(tmp_path: Path) -> None:
    words = ["no variant of coco-pose is called 'w32-256x129'", "Did you mean 'w32-256x192'?"]
    refused(called(tmp_path, "run", "coco-pose@w32-256x129"), words)


def test_a_misspelt_key_gets_a_near_miss(tmp_path: Path) -> None:
    task = own_task(tmp_path, milestones="milestone")
    words = ["mine.toml: recipe: unknown key 'milestone'", "Did you mean 'milestones'?"]
    refused(called(tmp_path, "run", task), words)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"lr": '"1e-3"'}, "recipe: lr should be a valid number, not '1e-3'"),
        ({"lr": "0"}, "recipe: lr should be greater than 0, not 0"),
        ({"lr": "nan"}, "recipe: lr should be a finite number, not nan"),
        ({"nms_threshold": "90"}, "protocol: nms_threshold should be less than or equal to 1"),
        ({"nms_threshold": "[0.9]"}, "protocol: nms_threshold should be a valid number"),
        ({"rest": "builtin = 3"}, "builtin should be a table, not 3"),
        ({"rest": "variants = 3"}, "variants should be a table, not 3"),
        ({"rest": "variants.tiny = 3"}, "variants: tiny should be a table, not 3"),
        ({"rest": "extra = 1"}, "unknown key 'extra'"),
        ({"rest": "lr: 1e-3"}, "mine.toml is not TOML: Expected '='"),
        ({"rest": "\0"}, "mine.toml is not TOML"),
    ],
)
def test_a_wrong_value_in_a_file(change: dict[str, str], words: str, tmp_path: Path) -> None:
    refused(called(tmp_path, "run", own_task(tmp_path, **change)), ["mine.toml", words])


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    refused(called(tmp_path, "run", "mine.toml"), ["mine.toml does not exist", "`hrbench list`"])


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_bytes(b"\xff\xfe\x00")
    refused(called(tmp_path, "run", "mine.toml"), ["mine.toml is not text in UTF-8"])


def test_an_override_with_a_wrong_key(tmp_path: Path) -> None:
    ended = called(tmp_path, "run", "coco-pose", "--set", "recipe.epoch=5")
    refused(ended, ["--set recipe.epoch=5", "unknown key 'epoch'", "Did you mean 'epochs'?"])


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("recipe.epochs=many", "recipe: epochs should be a valid integer, not 'many'"),
        ("recipe.epochs=0", "epochs should be greater than or equal to 1, not 0"),
        ("recipe.epochs", "write KEY=VALUE, as in --set recipe.epochs=5"),
        ("=3", "write KEY=VALUE"),
        ("recipe=3", "recipe should be a table, not 3"),
        ("recipe.milestones=170", "milestones should be a list, not 170"),
        ("model.input=[100, 96]", "should be a multiple of 32, not 100"),
        ("model.input=[96, 96, 96]", "input has too many items"),
        ("model.activation=softmax", "belong together"),
    ],
)
def test_an_override_with_a_wrong_value(override: str, words: str, tmp_path: Path) -> None:
    ended = called(tmp_path, "run", "coco-pose@w32-256x192", "--set", override)
    refused(ended, [f"--set {override}", words])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--set", "model.backbone=hrnet-w31"], "no backbone is called 'hrnet-w31'. Did you mean"),
        (["--set", "dataset=cocoa"], "no dataset is called 'cocoa'. Did you mean 'coco'?"),
        (["--split", "val2018"], "no split of coco is called 'val2018'. Did you mean 'val2017'?"),
        (["--split", "test-dev2017", "--boxes", "gt"], "test-dev2017 has no annotated boxes"),
        (["--boxes", "ground"], "--boxes ground: write gt, det, or a detections file (.json)"),
        (["--boxes", "mine.json"], "--boxes mine.json: that file does not exist"),
        (["--data", ""], "--data names no folder"),
        (["--device", "nonsense"], "--device nonsense cannot be used here (Expected one of"),
        (["--device", "meta"], "--device meta cannot be used here"),
        (["--device", "hpu"], "--device hpu cannot be used here"),
        (["--device", ""], "use --device cpu or auto"),
        (["--device", "cpu", "--precision", "tf32"], "tf32 is how CUDA cards multiply"),
    ],
)
def test_a_flag_with_a_wrong_value(
    arguments: list[str], words: str, world: Path, tmp_path: Path
) -> None:
    data = [] if "--data" in arguments else ["--data", str(world)]
    refused(called(tmp_path, "run", "coco-pose@tiny", *data, *arguments), [words])


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA")
def test_cuda_where_there_is_none(world: Path, tmp_path: Path) -> None:
    ended = called(tmp_path, "run", "coco-pose", "--data", str(world), "--device", "cuda")
    refused(ended, ["--device cuda: this machine has no CUDA; use --device cpu or auto"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run"], "name a TASK"),
        (["run", "coco-pose", "--limit", "0"], "'--limit': 0 is not in the range x>=1"),
        (["run", "coco-pose", "--limti", "1"], "No such option"),
        (["run", "coco-pose", "--precision", "fp16"], "'fp16' is not one of"),
        (["run", "coco-pose", "--compile", "--eager"], "--eager is plain torch"),
        (["profile", "coco-pose", "--compile", "--eager"], "--eager is plain torch"),
        (["run", "coco-pose", "--seed", str(2**63)], "'--seed'"),
        (["run", "coco-pose", "--weights", "a", "--init", "b"], "name one of them"),
        (["run", "coco-pose", "--weights", "a", "--epochs", "3"], "leave out --epochs"),
        (
            ["run", "coco-pose", "--weights", "a", "--set", "recipe.lr=1"],
            "trains nothing; leave out --set recipe.lr=1",
        ),
        (["run", "--resume", "a", "--epochs", "3", "--set", "b=1"], "leave out --set, --epochs"),
        (["rnu"], "No such command 'rnu'"),
        (["list", "everything"], "'everything' is not one of"),
    ],
)
def test_wrong_usage_has_a_status_of_its_own(
    arguments: list[str], words: str, tmp_path: Path
) -> None:
    ended = called(tmp_path, *arguments)
    assert ended.status == 2
    assert words in ended.err
    assert ended.err.startswith("Usage: ")
    assert not ended.new


def test_an_output_folder_that_cannot_be_written(world: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file in its place")
    ended = called(
        tmp_path, "run", "coco-pose@tiny", "--data", str(world), "--out", "out", "--boxes", "gt"
    )
    refused(ended, ["out/coco-pose", "cannot be written", "name another --out"])


def test_a_cache_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file in its place")
    ended = called(tmp_path, "make", "coco", str(tmp_path / "cache" / "worlds"), "--images", "1")
    refused(ended, ["cache/worlds/coco cannot be written", "name another folder"])


def test_making_over_what_is_there(world: Path, tmp_path: Path) -> None:
    refused(called(tmp_path, "make", "coco", str(world)), ["is there already and is not empty"])
    refused(called(tmp_path, "make", "cocoa", "x"), ["no synthetic dataset is called 'cocoa'"])


def test_resuming_what_is_no_run(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    ended = called(tmp_path, "run", "--resume", "empty")
    refused(ended, ["empty: is not the folder of a run", "run.json"])


@pytest.mark.parametrize("command", [["run", "--resume"], ["score"], ["report"]])
def test_a_run_that_is_not_there(command: list[str], tmp_path: Path) -> None:
    refused(called(tmp_path, *command, "gone"), ["gone: no such run folder", "`hrbench report`"])


@pytest.mark.parametrize("command", ["run", "show", "check", "browse"])
def test_the_latest_run_of_none_is_no_task(command: str, tmp_path: Path) -> None:
    refused(called(tmp_path, command, "latest"), ["runs has no run yet; name the folder of a run"])


@pytest.mark.parametrize("content", ["[]", "3", "{", '{"options": 3}', '{"options": {"a": 1}}'])
def test_a_run_whose_state_is_broken(content: str, tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "run.json").write_text(content)
    for command in (["run", "--resume"], ["score"]):
        refused(called(tmp_path, *command, "run"), ["run is not the folder of a run"])


def test_reporting_a_folder_that_is_no_run(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    refused(called(tmp_path, "report", "empty"), ["empty: is not the folder of a run", "spec.toml"])


def test_reporting_a_broken_record(tmp_path: Path) -> None:
    run = tmp_path / "results" / "runs" / "coco-pose" / "a"
    run.mkdir(parents=True)
    (run / "record.json").write_text('{"schema": 1, "id"')
    words = ["results/runs/coco-pose/a/record.json: is not JSON", "spec.toml` repeats the run"]
    ended = called(tmp_path, "report")
    assert ended.status == 0
    assert all(word in ended.err for word in words)
    assert ended.err.endswith("left out: 1 of 1 records, which are damaged\n")
    refused(called(tmp_path, "report", "--strict"), words)
    refused(called(tmp_path, "report", str(run)), words[1:])


def test_a_report_in_an_unknown_format_or_place(tmp_path: Path) -> None:
    refused(called(tmp_path, "report", "--format", "markdwon"), ["Did you mean 'markdown'?"])
    refused(called(tmp_path, "report", "--task", "coco-poze"), ["Did you mean 'coco-pose'?"])
    refused(called(tmp_path, "report", "-o", "no/such.md"), ["there is no folder no;"])
