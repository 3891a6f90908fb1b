"""docs/faces.md: its two TOML files train, measure and are measured only, as they stand there."""

import csv
import json
import re
import shutil
from pathlib import Path

import pytest
from cli.command import called, refused
from worlds import small_world

DOC = Path(__file__).parents[1] / "docs" / "faces.md"
FIVE = (range(36, 42), range(42, 48), [30], [48], [54])  # of iBUG's 68: means of points
BRIEF = ("--data", ".", "--workers", "0", "--device", "cpu", "--json")


def write_table(source: Path, target: Path) -> None:
    """Write the five points of each face of a table of 300-W."""
    rows = list(csv.reader(source.read_text("utf-8").splitlines()))[1:]
    with target.open("w", newline="") as file:
        table = csv.writer(file)
        names = [f"original_{point}_{axis}" for point in range(len(FIVE)) for axis in "xy"]
        table.writerow(["image_name", "scale", "center_w", "center_h", *names])
        for row in rows:
            points = [
                sum(float(row[4 + 2 * point + axis]) for point in group) / len(group)
                for group in FIVE
                for axis in (0, 1)
            ]
            table.writerow([*row[:4], *points])


@pytest.fixture
def own(tmp_path: Path) -> Path:
    made = small_world(16, "300w") / "300w"
    blocks = re.findall(r"^```toml\n(.*?)^```$", DOC.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    for name, block in zip(("dataset.toml", "task.toml"), blocks, strict=True):
        (tmp_path / name).write_text(block, "utf-8")
    shutil.copytree(made / "images", tmp_path / "images")
    for name, split in (("train", "train"), ("test", "valid")):
        write_table(made / f"face_landmarks_300w_{split}.csv", tmp_path / f"{name}.csv")
    return tmp_path


def test_the_files_of_the_page_train_and_measure(own: Path) -> None:
    checked = called(own, "check", "dataset.toml", "--data", ".")
    assert "usable: train, test" in checked.out
    brief = ("--set", "recipe.epochs=1", "--set", "recipe.batch_size=8")
    trained = called(own, "run", "task.toml@tiny", *brief, *BRIEF)
    assert trained.status == 0, trained.err
    record = json.loads(trained.out)["record"]
    assert record["metrics"]["NME"]["value"] > 0
    assert record["protocol"]["normaliser"] == "inter-pupil"


def test_a_data_set_that_is_only_measured_needs_no_training_split(own: Path) -> None:
    brief = ("--set", "recipe.epochs=1", "--set", "recipe.batch_size=8")
    trained = json.loads(called(own, "run", "task.toml@tiny", *brief, *BRIEF).out)
    text = (own / "dataset.toml").read_text("utf-8")
    before, _, after = text.partition("[splits.train]")
    (own / "dataset.toml").write_text(before + after[after.index("[splits.test]") :], "utf-8")
    assert "usable: test" in called(own, "check", "dataset.toml", "--data", ".").out
    measured = called(own, "run", "task.toml@tiny", "--weights", "latest", *BRIEF)
    assert measured.status == 0, measured.err
    figures = json.loads(measured.out)["record"]["metrics"]
    assert figures["NME"]["value"] == trained["record"]["metrics"]["NME"]["value"]
    refused(called(own, "run", "task.toml@tiny", *BRIEF), ["no split of dataset is called 'train'"])


def test_the_names_of_the_page_are_those_that_allow_takes() -> None:
    named = set(re.findall(r"^\| `([a-z-]+)` \|", DOC.read_text("utf-8"), re.MULTILINE))
    assert {"unit", "outside", "outside-picture", "twice"} <= named
