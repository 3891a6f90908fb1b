import contextlib
import io
import json
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from pycocotools import mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from shared import need_shared

from hrbench import world

SIZE = (192, 256)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("data")
    world.make("coco", root, images=80, seed=3, size=SIZE)
    return root / "coco"


def read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def people(folder: Path, split: str) -> list[dict[str, Any]]:
    content = read(folder / "annotations" / f"person_keypoints_{split}2017.json")
    annotations: list[dict[str, Any]] = content["annotations"]
    return annotations


def points(folder: Path, split: str) -> NDArray[np.float64]:
    """Return (N, 17, 3) x, y, flag."""
    return np.array([p["keypoints"] for p in people(folder, split)]).reshape(-1, 17, 3)


def boxes(folder: Path, split: str) -> NDArray[np.float64]:
    return np.array([p["bbox"] for p in people(folder, split)])


def loaded(folder: Path) -> COCO:
    with contextlib.redirect_stdout(io.StringIO()):
        return COCO(folder / "annotations" / "person_keypoints_val2017.json")


def test_the_tree_is_the_official_one(folder: Path) -> None:
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {file for file in files if not file.endswith(".jpg")} == {
        "annotations/person_keypoints_train2017.json",
        "annotations/person_keypoints_val2017.json",
        "annotations/image_info_test-dev2017.json",
        "person_detection_results/COCO_val2017_detections_AP_H_56_person.json",
        "person_detection_results/COCO_test-dev2017_detections_AP_H_609_person.json",
        "hrbench-world.json",
    }
    images = [path for path in files if path.endswith(".jpg")]
    counts = [
        sum(f"/{split}2017/" in path for path in images) for split in ("train", "val", "test")
    ]
    assert counts == [80, 20, 5]  # a quarter, a sixteenth


def test_every_image_that_is_listed_is_there_in_the_size_that_is_listed(folder: Path) -> None:
    for name, split in (
        ("person_keypoints_train2017", "train2017"),
        ("person_keypoints_val2017", "val2017"),
        ("image_info_test-dev2017", "test2017"),
    ):
        for image in read(folder / "annotations" / f"{name}.json")["images"]:
            assert image["file_name"] == f"{image['id']:012d}.jpg"
            pixels = cv2.imread(str(folder / "images" / split / image["file_name"]))
            assert pixels is not None
            assert pixels.shape == (image["height"], image["width"], 3) == (*SIZE, 3)


def test_the_fields_are_those_of_the_real_files(folder: Path) -> None:
    name = "annotations/person_keypoints_val2017.json"
    real, ours = read(need_shared() / "real" / "coco" / name), read(folder / name)
    assert ours.keys() == real.keys()
    assert ours["categories"] == real["categories"]
    for list_name in ("images", "annotations", "licenses"):
        assert ours[list_name][0].keys() == real[list_name][0].keys()
    name = "person_detection_results/COCO_val2017_detections_AP_H_56_person.json"
    real, ours = read(need_shared() / "real" / "coco" / name), read(folder / name)
    assert ours[0].keys() == real[0].keys()


def test_test_images_come_without_annotations(folder: Path) -> None:
    content = read(folder / "annotations" / "image_info_test-dev2017.json")
    assert content.keys() == {"info", "licenses", "images", "categories"}


def test_no_image_and_no_id_is_in_two_splits(folder: Path) -> None:
    bytes_of = [path.read_bytes() for path in sorted(folder.rglob("*.jpg"))]
    assert len(set(bytes_of)) == len(bytes_of)
    names = [path.name for path in folder.rglob("*.jpg")]
    assert len(set(names)) == len(names)
    ids = [person["id"] for split in ("train", "val") for person in people(folder, split)]
    assert len(set(ids)) == len(ids)


def test_boxes_and_keypoints_lie_inside_the_image(folder: Path) -> None:
    height, width = SIZE
    low, high = boxes(folder, "train")[:, :2], boxes(folder, "train").reshape(-1, 2, 2).sum(axis=1)
    assert (low >= 0).all()
    assert (high <= (width, height)).all()
    drawn = points(folder, "train")
    labelled = drawn[drawn[..., 2] > 0]
    assert (labelled[:, :2] >= 0).all()
    assert (labelled[:, :2] <= (width - 1, height - 1)).all()
    assert (drawn[drawn[..., 2] == 0] == 0).all()


def test_keypoints_are_counted_and_most_but_not_all_are_visible(folder: Path) -> None:
    flags = points(folder, "train")[..., 2]
    assert [p["num_keypoints"] for p in people(folder, "train")] == (flags > 0).sum(axis=1).tolist()
    assert 0.65 < (flags == 2).mean() < 0.85
    assert 0.12 < (flags == 1).mean() < 0.32
    assert 0.0 < (flags == 0).mean() < 0.06


def test_visible_keypoints_lie_in_the_box(folder: Path) -> None:
    corner, sides = np.split(boxes(folder, "train")[:, None], 2, axis=-1)
    drawn = points(folder, "train")
    seen = drawn[..., 2] == 2
    beyond = np.maximum(corner - drawn[..., :2], drawn[..., :2] - corner - sides)[seen]
    assert (beyond <= 2).mean() > 0.99  # pixels: a limb may be thinner than one


def test_areas_are_those_of_the_outlines(folder: Path) -> None:
    height, width = SIZE
    for person in people(folder, "val"):
        outlines = mask.frPyObjects(person["segmentation"], height, width)
        outlined = int(mask.area(mask.merge(outlines)))
        assert outlined == pytest.approx(person["area"], rel=0.35, abs=40)  # no holes, half pixels
        assert 0 < person["area"] <= person["bbox"][2] * person["bbox"][3]


def test_keypoints_relative_to_the_box_spread_widely(folder: Path) -> None:
    # a network that ignores the picture answers the mean: it must be far off for most people
    drawn, box = points(folder, "train"), boxes(folder, "train")[:, None]
    relative = (drawn[..., :2] - box[..., :2] - box[..., 2:] / 2) / box[..., 3:]
    relative[drawn[..., 2] == 0] = np.nan
    spread = np.nanstd(relative, axis=0)  # (17, 2), in heights of the box
    assert (spread[:, 0] > 0.06).all()
    assert (spread[[9, 10]] > 0.12).all()  # wrists
    assert (spread < 0.35).all()


def test_left_is_on_the_left_of_those_seen_from_behind(folder: Path) -> None:
    drawn = points(folder, "train")
    assert 0.15 < (drawn[:, 5, 0] < drawn[:, 6, 0]).mean() < 0.4  # shoulders


def test_the_mean_pose_scores_next_to_nothing(folder: Path) -> None:
    drawn, box = points(folder, "train"), boxes(folder, "train")[:, None]
    relative = (drawn[..., :2] - box[..., :2] - box[..., 2:] / 2) / box[..., 3:]
    relative[drawn[..., 2] == 0] = np.nan
    mean = np.nanmean(relative, axis=0)
    guesses = []
    for person in people(folder, "val"):
        x, y, width, height = person["bbox"]
        guess = mean * height + (x + width / 2, y + height / 2)
        keypoints = np.column_stack((guess, np.ones(17))).ravel().tolist()
        guesses.append(
            {"image_id": person["image_id"], "category_id": 1, "keypoints": keypoints, "score": 1.0}
        )
    assert scored(loaded(folder), guesses, "keypoints") < 0.05


def test_detections_are_good_but_not_perfect(folder: Path) -> None:
    detections = read(
        folder / "person_detection_results" / "COCO_val2017_detections_AP_H_56_person.json"
    )
    assert 0.4 < scored(loaded(folder), detections, "bbox") < 0.85


def scored(truth: COCO, results: list[dict[str, Any]], kind: Literal["bbox", "keypoints"]) -> float:
    """Return COCO's AP, 0 to 1."""
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation = COCOeval(truth, truth.loadRes(results), kind)
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return float(evaluation.stats[0])
