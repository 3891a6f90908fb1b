"""A benchmark is data: two TOML files, and a row for each figure that somebody printed."""

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from report.records import row

import hrbench
from hrbench import catalog
from hrbench.report.benchmarks import benchmark, benchmarks

HANDS = """\
title = "Hands"
format = "coco"
folder = "hands"
keypoints = ["wrist", "thumb"]
[splits.train]
annotations = "train.json"
[splits.val]
annotations = "val.json"
"""
TASK = """\
title = "Hand keypoints"
version = 1
dataset = "hands"
reference = "a toy"
[model]
backbone = "hrnet-w32"
head = "heatmap"
input = [256, 256]
sigma = 2
[recipe]
optimizer = "adam"
lr = 1e-3
epochs = 1
batch_size = 2
loss = "mse"
[augment]
scale = 0.25
rotation = 30
rotation_probability = 0.6
flip = 0.0
half_body = 0.0
half_body_above = 8
[protocol]
split = "val"
boxes = "gt"
padding = 1.25
flip_test = false
flip_shift = 0
"""
FIGURE = {"task": "hand-pose", "dataset": "hands", "split": "val", "metric": "PCK@0.1"}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return hrbench as it is installed: the package, and its data inside."""
    package = tmp_path / "hrbench"
    source = Path(hrbench.__file__).parent
    shutil.copytree(source, package, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("tasks", "datasets", "results"):
        files = catalog.folder(name)
        shutil.copytree(files, package / name, ignore=shutil.ignore_patterns("runs"))
    return package


def called(package: Path, *arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(package.parent)}
    command = [sys.executable, "-m", "hrbench", *arguments]
    ended = subprocess.run(
        command, check=True, capture_output=True, env=environment, cwd=package.parent, text=True
    )
    return ended.stdout


def test_two_toml_files_and_a_row_are_a_benchmark_with_its_published_best(tree: Path) -> None:
    (tree / "datasets" / "hands.toml").write_text(HANDS, "utf-8")
    (tree / "tasks" / "hand-pose.toml").write_text(TASK, "utf-8")
    published = tree / "results" / "published.csv"
    lines = [row(**FIGURE, value="91.2"), row(**FIGURE, value="90.4", system="another")]
    with published.open("a", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, lines[0], lineterminator="\n").writerows(lines)
    (line,) = [one for one in json.loads(called(tree, "list", "--json")) if "hand" in one["task"]]
    assert line == {
        "task": "hand-pose",
        "title": "Hand keypoints",
        "dataset": "hands",
        "split": "val",
        "metric": "PCK@0.1",
        "published": "91.2 %, pose_hrnet_w32 (protocol differs: boxes, flip test)",
        "source": "Official HRNet pose repository, 2019",
    }
    assert "90.4 %" in called(tree, "report", "--task", "hand-pose")


def test_a_benchmark_says_what_its_rows_are_read_by() -> None:
    mpii, lifting = benchmark("mpii-pose"), benchmark("h36m-lift")
    assert mpii is not None
    assert lifting is not None
    assert (mpii.dataset, mpii.headline, mpii.pyramid) == ("mpii", "PCKh@0.5", True)
    assert mpii.splits == {"train", "trainval", "val", "test"}
    assert mpii.networks == {"hrnet-w32", "hrnet-w48", "hrnet-w8"}  # no ResNet of its variants
    assert lifting.networks == {"lift-linear", "lift-temporal"}
    assert (lifting.headline, lifting.pyramid) == ("MPJPE", False)
    assert benchmark("my-hands") is None


def test_every_task_that_comes_with_hrbench_is_a_benchmark() -> None:
    assert [known.task for known in benchmarks()] == catalog.names("tasks")
    assert all(known.split in known.splits for known in benchmarks())
