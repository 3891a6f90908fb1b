"""Faces' tables and classes' folders of one's own, divided so that parts share no group."""

import csv
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from specs import landmark_task

from hrbench import catalog
from hrbench.commands.check.check import check
from hrbench.errors import DataError
from hrbench.formats.contract import PeopleFormat
from hrbench.formats.imagenet import reading
from hrbench.formats.location import DataRoot
from hrbench.formats.registry import format_of

FACES = """
title = "faces"
format = "faces"
folder = "."
keypoints = ["a", "b"]

[normalisers]
apart = [["a"], ["b"]]

[split]
by = "subject"
validation = 0.5

[splits.train]
annotations = "faces.csv"
images = ["images"]
part = "training"

[splits.val]
annotations = "faces.csv"
images = ["images"]
part = "validation"
"""
CLASSES = """
title = "pictures"
format = "imagenet"
folder = "."

[classes]
cat = "cat"
dog = "dog"

[split]
by = "animal"
pattern = '(?P<animal>[a-z]+[0-9])_'
stratify = "class"
validation = 0.5

[splits.train]
images = ["pictures"]
part = "training"

[splits.val]
images = ["pictures"]
part = "validation"
"""


def picture(path: Path, seed: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 255, (60, 60, 3)).astype(np.uint8)
    cv2.imwrite(str(path), pixels)


@pytest.fixture
def faces(tmp_path: Path) -> Path:
    """Eight pictures of four people."""
    (tmp_path / "dataset.toml").write_text(FACES, "utf-8")
    with (tmp_path / "faces.csv").open("w", newline="") as file:
        table = csv.writer(file)
        points = [f"original_{point}_{axis}" for point in range(2) for axis in "xy"]
        table.writerow(["image_name", "scale", "center_w", "center_h", *points, "subject"])
        for number in range(8):
            picture(tmp_path / "images" / f"{number}.png", number)
            place = [20 + number, 20, 40, 41]
            table.writerow([f"{number}.png", 0.2, 30, 30, *place, f"s{number % 4}"])
    return tmp_path


def test_a_column_of_a_table_of_faces_divides_it(faces: Path) -> None:
    dataset = catalog.load_dataset(str(faces / "dataset.toml"))
    spec = landmark_task("300w")
    protocol = spec.protocol.model_copy(
        update={"split": "val", "train_split": "train", "normaliser": "apart"}
    )
    spec = spec.model_copy(update={"protocol": protocol})
    root = DataRoot(faces, synthetic=False)
    known = format_of(dataset, PeopleFormat)
    trained = known.training(spec, dataset, root)
    measured = known.evaluation(spec, dataset, root, boxes="gt", limit=None)
    subjects = [
        {int(people.images[image].stem) % 4 for image in people.image.tolist()}
        for people in (trained, measured.people)
    ]
    assert [len(trained), len(measured), measured.expected] == [4, 4, 4]
    assert not subjects[0] & subjects[1]
    assert len(measured.truth.keypoints) == 4
    report = check(str(faces / "dataset.toml"), str(faces), images=False)
    assert report.ok
    words = " ".join(report.text().split())
    assert "by subject, seed 0: training 4 images of 2 subjects; validation 4 images of 2" in words
    assert "columns that nothing is made of" not in words
    assert [split.images for split in report.splits][1] == tuple(
        measured.people.images[image] for image in measured.people.image.tolist()
    )


def test_faces_without_a_value_are_named_by_their_line(faces: Path) -> None:
    text = (faces / "faces.csv").read_text().replace(",s2", ",", 1)
    (faces / "faces.csv").write_text(text)
    dataset = catalog.load_dataset(str(faces / "dataset.toml"))
    with pytest.raises(DataError, match=r"what \[split\] divides them by: 1 \(line 4, subject\)"):
        format_of(dataset, PeopleFormat).training(
            landmark_task("300w"), dataset, DataRoot(faces, synthetic=False)
        )


def test_a_column_that_is_not_there_is_said(faces: Path) -> None:
    text = (faces / "dataset.toml").read_text().replace('by = "subject"', 'by = "person"')
    (faces / "dataset.toml").write_text(text)
    report = check(str(faces / "dataset.toml"), str(faces), images=False)
    assert not report.ok
    assert "split: nothing says 'person' of each image" in " ".join(report.text().split())


def test_folders_of_classes_are_divided_by_a_pattern_of_names(tmp_path: Path) -> None:
    (tmp_path / "dataset.toml").write_text(CLASSES, "utf-8")
    for name in ("cat", "dog"):
        for number in range(8):
            picture(tmp_path / "pictures" / name / f"{name}{number // 2}_{number}.png", number)
    dataset = catalog.load_dataset(str(tmp_path / "dataset.toml"))
    root = DataRoot(tmp_path, synthetic=False)
    parts = [reading.read(dataset, root, name) for name in ("train", "val")]
    animals = [{path.name.split("_")[0] for path in one.pictures.images} for one in parts]
    assert not animals[0] & animals[1]
    for one in parts:
        assert one.num_classes == 2
        assert one.pictures.labels.tolist() == [0, 0, 0, 0, 1, 1, 1, 1]  # both classes alike
    other = replace(parts[0], left_out={})
    assert other.divided is not None
    assert "stratified by class" in other.divided.words
    assert "validation 8 images of 4 animals" in " ".join(
        check(str(tmp_path / "dataset.toml"), str(tmp_path), images=False).text().split()
    )
