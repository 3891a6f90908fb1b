"""What is wrong with CrowdPose's files is said in one sentence, and nothing is left behind."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cli.command import refused
from cli.trees import (
    change,
    copied,
    cut_short,
    ran,
    refused_to_run,
)

TEST, TRAIN = "json/crowdpose_test.json", "json/crowdpose_trainval.json"
DETECTIONS = "json/det_for_crowd_test_0.1_0.5.json"


@pytest.fixture
def crowdpose(tmp_path: Path) -> Path:
    return copied("crowdpose", tmp_path)


def without_crowd_index(content: Any) -> None:
    for image in content["images"]:
        image.pop("crowdIndex")


def test_training_works_without_crowd_index(crowdpose: Path, tmp_path: Path) -> None:
    change(crowdpose / TRAIN, without_crowd_index)
    ended = ran(tmp_path, "crowdpose", "--out", "runs", "--json")
    assert ended.status == 0, ended.err
    assert json.loads(ended.out)["record"]["metrics"]["AP"]["value"] is not None


def test_scoring_without_crowd_index_says_so(crowdpose: Path, tmp_path: Path) -> None:
    change(crowdpose / TEST, without_crowd_index)
    words = ("4 of 4 images have no number as 'crowdIndex'", "one can train on such a file")
    refused_to_run(tmp_path, "crowdpose", f"data/crowdpose/{TEST}: ", *words)


@pytest.mark.parametrize("value", [None, "0.5", float("nan")])
def test_a_crowd_index_that_is_no_number(value: object, crowdpose: Path, tmp_path: Path) -> None:
    change(crowdpose / TEST, lambda content: content["images"][1].update(crowdIndex=value))
    words = f"data/crowdpose/{TEST}: 1 of 4 images have no number as 'crowdIndex', the first is "
    refused_to_run(tmp_path, "crowdpose", words)


def person(key: str, value: object) -> Callable[[Any], object]:
    return lambda content: content["annotations"][0].update({key: value})


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda c: c.pop("images"), "images"),
        (lambda c: c["annotations"][0].pop("bbox"), "annotations without 'bbox': 1 (id "),
        (person("keypoints", [1] * 51), "keypoints that are not 42 numbers: 1 (id "),
        (person("keypoints", ["x"] * 42), "keypoints that are not 42 numbers: 1 (id "),
        (person("bbox", 3), "boxes that are not 4 numbers: 1 (id "),
        (person("image_id", 7), "annotations of images that are not listed: 1 (id "),
    ],
)
@pytest.mark.parametrize("place", [TEST, TRAIN])
def test_annotations_with_a_fault(
    place: str, edit: Callable[[Any], object], words: str, crowdpose: Path, tmp_path: Path
) -> None:
    change(crowdpose / place, edit)
    refused_to_run(tmp_path, "crowdpose", f"data/crowdpose/{place}", words)


@pytest.mark.parametrize("content", ["", "<html>", "[]", "{}"])
def test_annotations_of_another_kind(content: str, crowdpose: Path, tmp_path: Path) -> None:
    (crowdpose / TRAIN).write_text(content)
    refused_to_run(tmp_path, "crowdpose", f"data/crowdpose/{TRAIN}")


def test_annotations_that_are_cut_short(crowdpose: Path, tmp_path: Path) -> None:
    cut_short(crowdpose / TEST, 0.5)
    refused_to_run(tmp_path, "crowdpose", f"data/crowdpose/{TEST} is not JSON", "line ")


def test_detections_that_are_not_there_say_who_issues_them(crowdpose: Path, tmp_path: Path) -> None:
    (crowdpose / DETECTIONS).unlink()
    words = [f"crowdpose: data/crowdpose/{DETECTIONS} does not exist", "https://"]
    refused(ran(tmp_path, "crowdpose"), words)


def test_a_detection_without_a_score(crowdpose: Path, tmp_path: Path) -> None:
    change(crowdpose / DETECTIONS, lambda boxes: boxes[3].pop("score"))
    refused_to_run(tmp_path, "crowdpose", f"data/crowdpose/{DETECTIONS}", "without 'score'")


def test_an_image_that_is_not_there(crowdpose: Path, tmp_path: Path) -> None:
    name = json.loads((crowdpose / TEST).read_text("utf-8"))["images"][0]["file_name"]
    (crowdpose / "images" / name).unlink()
    words = ("image files do not exist", name, "hrbench check crowdpose")
    refused_to_run(tmp_path, "crowdpose", *words)
