"""What is wrong with the files of a dataset is said in one message, before anything is left."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from cli.command import Ended, called, refused
from specs import landmark_task

from hrbench import network

TRAIN = "coco/annotations/person_keypoints_train2017.json"
VAL = "coco/annotations/person_keypoints_val2017.json"
DETECTIONS = "coco/person_detection_results/COCO_val2017_detections_AP_H_56_person.json"
BRIEF = ["--set", "recipe.epochs=1", "--set", "recipe.batch_size=8", "--device", "cpu"]
ON_TINY = ["run", "coco-pose@tiny", "--data", "data", *BRIEF]
MEASURED = ["run", "coco-pose@tiny", "--data", "data", "--device", "cpu", "--weights"]
Run = Callable[..., Ended]


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Random weights that fit `tiny`."""
    path = tmp_path_factory.mktemp("weights") / "tiny.pt"
    built = network.build(landmark_task("coco-pose@tiny").model, 17, seed=0)
    torch.save({"network": built.state_dict()}, path)
    return str(path)


def change(path: Path, edit: Callable[[Any], object]) -> None:
    """Write a JSON file again as `edit` leaves its content."""
    content = json.loads(path.read_text("utf-8"))
    edit(content)
    path.write_text(json.dumps(content), "utf-8")


# Files that are missing.


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    ended = called(tmp_path, "run", "coco-pose", "--data", "nowhere")
    words = ["coco: nowhere/coco/annotations/person_keypoints_val2017.json does not exist"]
    refused(ended, [*words, "Get the files from https://cocodataset.org", "`hrbench check coco`"])


def test_an_empty_folder_in_the_environment_gives_way_to_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    ended = called(tmp_path, "run", "coco-pose", HRBENCH_DATA="empty")
    refused(ended, ["coco: empty/coco/annotations", "--data builtin uses the synthetic set"])


def test_a_default_folder_that_holds_a_part_gives_way_to_nothing(tmp_path: Path) -> None:
    (tmp_path / "data" / "coco").mkdir(parents=True)
    refused(called(tmp_path, "run", "coco-pose"), ["coco: data/coco/annotations", "does not exist"])


@pytest.mark.parametrize("place", ["data/coco", "data/coco/images", ".", "data/.."])
def test_a_level_too_deep_or_too_high(place: str, tree: Path, tmp_path: Path) -> None:
    assert tree.name == "data"
    for command in (["run", "coco-pose@tiny"], ["check", "coco"]):
        ended = called(tmp_path, *command, "--data", place)
        assert ended.status == 1
        said = ended.err if command[0] == "run" else ended.out
        assert (
            f"coco: it is not in {Path(place) / 'coco'} but in data/coco: use --data data" in said
        )


def test_the_folder_of_the_dataset_by_another_name(tree: Path, tmp_path: Path) -> None:
    (tree / "coco").rename(tree / "coco2017")
    ended = called(tmp_path, "run", "coco-pose@tiny", "--data", "data/coco2017")
    words = ["data/coco2017 is its folder itself: let it be called coco", "that it lies in"]
    refused(ended, words)


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (VAL, [f"data/{VAL} does not exist", "Train/Val annotations", "--data"]),
        (TRAIN, [f"data/{TRAIN} does not exist", "Train/Val annotations"]),
        (DETECTIONS, [f"data/{DETECTIONS} does not exist", "leoxiaobin"]),
        ("coco/images/val2017", ["data/coco/images/val2017 does not exist", "2017 Val images"]),
        ("coco/images/train2017", ["data/coco/images/train2017 does not exist", "18 GB"]),
    ],
)
def test_a_part_that_is_not_there(part: str, words: list[str], tree: Path, tmp_path: Path) -> None:
    path = tree / part
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    refused(called(tmp_path, *ON_TINY), words)


@pytest.mark.parametrize("split", ["train2017", "val2017"])
def test_images_that_are_not_there(split: str, tree: Path, tmp_path: Path) -> None:
    images = sorted((tree / "coco" / "images" / split).iterdir())
    images[0].unlink()
    words = [f"coco: 1 of {len(images)} image files do not exist", images[0].name]
    refused(called(tmp_path, *ON_TINY), [*words, "`hrbench check coco`"])


def test_training_files_are_not_asked_for_where_nothing_is_trained(
    weights: str, tree: Path, tmp_path: Path
) -> None:
    shutil.rmtree(tree / "coco" / "images" / "train2017")
    (tree / TRAIN).unlink()
    ended = called(tmp_path, *MEASURED, weights, "--workers", "0")
    assert ended.status == 0, ended.err


# Image files that are not what they should be.


def a_jpeg() -> bytes:
    noise = np.random.default_rng(0).integers(0, 255, (128, 128, 3), dtype=np.uint8)
    return cv2.imencode(".jpg", noise)[1].tobytes()


SPOILT = {
    "truncated": a_jpeg()[:-200],
    "a page": b"<!DOCTYPE html><title>404</title>",
    "empty": b"",
    "a truncated PNG": cv2.imencode(".png", np.zeros((64, 64, 3), np.uint8))[1].tobytes()[:-20],
}


def spoil(tree: Path, split: str, content: bytes) -> str:
    path = max((tree / "coco" / "images" / split).iterdir())
    path.write_bytes(content)
    return path.name


@pytest.mark.parametrize("content", SPOILT.values(), ids=SPOILT.keys())
@pytest.mark.parametrize("split", ["train2017", "val2017"])
def test_a_file_that_is_no_whole_image(
    content: bytes, split: str, weights: str, tree: Path, tmp_path: Path
) -> None:
    name = spoil(tree, split, content)
    command = [*MEASURED, weights] if split == "val2017" else ON_TINY
    ended = called(tmp_path, *command, "--workers", "0")
    words = [f"data/coco/images/{split}/{name} is not a whole image ({len(content)} bytes)"]
    refused(ended, [*words, "fetch it again", "`hrbench check DATASET --images`"])


def test_more_workers_than_cores_are_no_warning(weights: str, world: Path, tmp_path: Path) -> None:
    ended = called(tmp_path, *MEASURED, weights, "--data", str(world), "--workers", "9")
    assert ended.status == 0, ended.err
    assert "Warning" not in ended.err


# Annotations.


def first(key: str, value: object) -> Callable[[Any], object]:
    """Change a field of the first annotation."""
    return lambda content: content["annotations"][0].update({key: value})


def lack(kind: str, key: str) -> Callable[[Any], object]:
    """Take a field away from the first row."""
    return lambda content: content[kind][0].pop(key)


def twice(kind: str) -> Callable[[Any], object]:
    return lambda content: content[kind].append(content[kind][0])


FAULTS: dict[str, tuple[Callable[[Any], object], str]] = {
    "no images": (lambda c: c.pop("images"), "images"),
    "no box": (lack("annotations", "bbox"), "annotations without 'bbox': 1 (id "),
    "no keypoints": (lack("annotations", "keypoints"), "annotations without 'keypoints'"),
    "no name": (lack("images", "file_name"), "images without 'file_name': 1 (id "),
    "16 keypoints": (first("keypoints", [1.0] * 48), "keypoints that are not 51 numbers: 1 (id "),
    "words": (first("keypoints", ["a"] * 51), "keypoints that are not 51 numbers: 1 (id "),
    "no list": (first("bbox", 3), "boxes that are not 4 numbers: 1 (id "),
    "NaN": (first("keypoints", [float("nan")] * 51), "annotations with NaN or infinity: 1 (id "),
    "infinite box": (first("bbox", [0, 0, float("inf"), 1]), "annotations with NaN or infinity"),
    "no area": (first("area", None), "'area'"),
    "image": (first("image_id", 123456), "annotations of images that are not listed: 1 (id "),
    "id of words": (first("id", "seven"), "'id'"),
    "id twice": (twice("annotations"), "annotation ids that stand twice: 1 ("),
    "image twice": (twice("images"), "image ids that stand twice: 1 ("),
    "rows": (lambda c: c["annotations"].append(3), "annotations"),
    "no images at all": (lambda c: c.update(images=[]), "images that are not listed"),
    "nothing": (lambda c: c.update(images=[], annotations=[]), "lists no image"),
    "17 names": (
        lambda c: c["categories"][0].update(keypoints=["nose"]),
        "categories with another number of keypoints than 17",
    ),
}


@pytest.mark.parametrize(("edit", "words"), FAULTS.values(), ids=FAULTS.keys())
def test_annotations_with_a_fault(
    edit: Callable[[Any], object], words: str, tree: Path, tmp_path: Path
) -> None:
    change(tree / VAL, edit)
    refused(called(tmp_path, *ON_TINY), [f"data/{VAL}", words])


@pytest.mark.parametrize("content", ["", "{", "<html>", "[]", '"text"', "{}"])
def test_annotations_that_are_not_coco(content: str, tree: Path, tmp_path: Path) -> None:
    (tree / TRAIN).write_text(content)
    refused(called(tmp_path, *ON_TINY), [f"data/{TRAIN}"])


def test_annotations_that_are_not_json(tree: Path, tmp_path: Path) -> None:
    (tree / VAL).write_bytes((tree / VAL).read_bytes()[:5000])
    words = [f"data/{VAL} is not JSON", "line 1", "fetch the file again"]
    refused(called(tmp_path, *ON_TINY), words)


def test_annotations_with_nan(tree: Path, tmp_path: Path) -> None:
    change(tree / TRAIN, FAULTS["NaN"][0])
    words = [f"data/{TRAIN}: annotations with NaN", "`hrbench check` lists all faults"]
    refused(called(tmp_path, *ON_TINY), words)


def test_nobody_to_train_on(tree: Path, tmp_path: Path) -> None:
    def unlabel(content: Any) -> None:
        for person in content["annotations"]:
            person["keypoints"], person["num_keypoints"] = [0] * 51, 0

    change(tree / TRAIN, unlabel)
    words = ["nothing to train on: all is left out, ", "objects without a labelled keypoint"]
    refused(called(tmp_path, *ON_TINY), [f"data/{TRAIN}: ", *words])


# Detections.


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda boxes: boxes[3].pop("score"), "detected boxes without 'score': 1 (box 3)"),
        (lambda boxes: boxes[3].update(score=None), "'score' is not a finite number: 1 (box 3: n"),
        (lambda boxes: boxes[3].update(score="0.9"), 'is not a finite number: 1 (box 3: "0.9")'),
        (lambda boxes: boxes[3].update(bbox=[1, 2, 3]), "is not four finite numbers x, y, width"),
        (lambda boxes: boxes[3].update(bbox=7), "height: 1 (box 3: 7)"),
        (lambda boxes: boxes[3].update(bbox=list("abcd")), '(box 3: ["a", "b", "c", "d"])'),
        (lambda boxes: boxes[3].update(bbox=[9, 9, -2, 4]), "negative width or height: 1 (box 3"),
        (lambda boxes: boxes[3].update(score=float("nan")), "finite number: 1 (box 3: NaN)"),
        (lambda boxes: boxes[3].update(image_id=[1]), "is a number or a name: 1 (box 3: [1])"),
        (lambda boxes: boxes[3].update(image_id=77), "boxes, not listed: 1 (id 77)"),
        (lambda boxes: boxes.append(3), "rows that are no objects: 1 (detections["),
    ],
)
def test_detections_with_a_fault(
    edit: Callable[[Any], object], words: str, tree: Path, tmp_path: Path
) -> None:
    change(tree / DETECTIONS, edit)
    refused(called(tmp_path, *ON_TINY), [f"data/{DETECTIONS}", words])


def test_detections_that_are_no_list(tree: Path, tmp_path: Path) -> None:
    (tree / DETECTIONS).write_text('{"boxes": []}')
    words = [f"data/{DETECTIONS}: the detections are no list of boxes in COCO's results format"]
    refused(called(tmp_path, *ON_TINY), words)
    refused(
        called(tmp_path, *ON_TINY[:2], "--data", "data", "--boxes", f"data/{DETECTIONS}"), words
    )


def test_a_split_without_a_box(tree: Path, tmp_path: Path) -> None:
    (tree / DETECTIONS).write_text("[]")
    words = ["val2017 has no box to predict on; see --boxes"]
    refused(called(tmp_path, *ON_TINY), words)
    change(tree / VAL, lambda content: content.update(annotations=[]))
    refused(called(tmp_path, *ON_TINY, "--boxes", "gt"), [])
