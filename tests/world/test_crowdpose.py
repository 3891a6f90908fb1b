import hashlib
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from shared import need_shared

from hrbench import catalog
from hrbench.formats.coco import crowdpose
from hrbench.metrics.crowdpose import crowd_curves, crowd_figures
from hrbench.metrics.matching import match
from hrbench.metrics.people import Results
from hrbench.pools import pool_of
from hrbench.world.making import Making
from hrbench.world.people.crowdpose import KEYPOINTS, crowd_index, write_crowdpose

SIZE = (96, 128)


def write(folder: Path, *, images: int, seed: int = 0, processes: int = 1) -> dict[str, Any]:
    with pool_of(processes) as pool:
        return write_crowdpose(folder, Making(images, seed, SIZE, pool))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("data") / "crowdpose"
    write(made, images=200, seed=3)
    return made


def read(folder: Path, split: str) -> Any:
    return json.loads((folder / "json" / f"crowdpose_{split}.json").read_text("utf-8"))


def digests(root: Path) -> dict[str, str]:
    files = (path for path in sorted(root.rglob("*")) if path.is_file())
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def points(folder: Path, split: str) -> NDArray[np.float64]:
    """Return (N, 14, 3) x, y, flag."""
    people = read(folder, split)["annotations"]
    return np.array([person["keypoints"] for person in people]).reshape(-1, 14, 3)


def test_the_tree_is_the_official_one(folder: Path) -> None:
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {file for file in files if not file.endswith(".jpg")} == {
        "json/crowdpose_train.json",
        "json/crowdpose_val.json",
        "json/crowdpose_trainval.json",
        "json/crowdpose_test.json",
        "json/det_for_crowd_test_0.1_0.5.json",
    }
    assert {Path(file).parent.as_posix() for file in files if file.endswith(".jpg")} == {"images"}


def test_every_image_that_is_listed_is_there_in_the_size_that_is_listed(folder: Path) -> None:
    names = set()
    for split, count in {"train": 200, "val": 12, "test": 50}.items():  # a sixteenth, a quarter
        images = read(folder, split)["images"]
        assert len(images) == count
        for image in images:
            pixels = cv2.imread(str(folder / "images" / image["file_name"]))
            assert pixels is not None
            assert pixels.shape == (image["height"], image["width"], 3) == (*SIZE, 3)
            names.add(image["file_name"])
    assert names == {path.name for path in (folder / "images").iterdir()}
    assert len(names) == 262


def test_trainval_is_both_of_its_parts(folder: Path) -> None:
    both, train, val = (read(folder, split) for split in ("trainval", "train", "val"))
    for kind in ("images", "annotations"):
        assert both[kind] == train[kind] + val[kind]


def test_the_fields_are_those_of_the_real_files(folder: Path) -> None:
    real: Any = json.loads(
        (need_shared() / "real/crowdpose/json/crowdpose_test.json").read_text("utf-8")
    )
    ours = read(folder, "test")
    assert ours.keys() == real.keys()
    for kind in ("images", "annotations", "categories"):
        assert ours[kind][0].keys() == real[kind][0].keys()
    assert list(KEYPOINTS) == real["categories"][0]["keypoints"]


def test_head_and_neck_are_not_counted(folder: Path) -> None:
    counts = [person["num_keypoints"] for person in read(folder, "train")["annotations"]]
    assert counts == (points(folder, "train")[:, :12, 2] > 0).sum(axis=1).tolist()


def test_keypoints_lie_in_their_box_and_the_head_above_the_neck(folder: Path) -> None:
    drawn = points(folder, "train")
    boxes = np.array([person["bbox"] for person in read(folder, "train")["annotations"]])
    low, high = boxes[:, None, :2] - 0.002, (boxes[:, :2] + boxes[:, 2:])[:, None] + 0.002
    inside = ((drawn[..., :2] >= low) & (drawn[..., :2] <= high)).all(axis=-1)
    assert inside[drawn[..., 2] > 0].all()
    both = (drawn[:, 12:, 2] > 0).all(axis=1)
    assert (drawn[both, 12, 1] < drawn[both, 13, 1]).mean() > 0.95


def test_images_of_every_level_of_crowding_occur(folder: Path) -> None:
    numbers = np.array([image["crowdIndex"] for image in read(folder, "train")["images"]])
    easy, hard = (numbers < 0.2).mean(), (numbers >= 0.8).mean()
    assert 0.1 < easy < 0.4
    assert 0.04 < hard < 0.3
    assert {image["crowdIndex"] >= 0.8 for image in read(folder, "test")["images"]} == {True, False}


def test_people_are_many_and_most_of_their_keypoints_are_seen(folder: Path) -> None:
    content = read(folder, "train")
    assert 2.5 < len(content["annotations"]) / len(content["images"]) < 4.5
    assert 0.5 < (points(folder, "train")[..., 2] == 2).mean() < 0.8


def test_the_mean_pose_scores_next_to_nothing(folder: Path) -> None:
    trained, tested = (
        crowdpose.read(folder / "json" / f"crowdpose_{split}.json", 14)
        for split in ("trainval", "test")
    )
    table, boxes = trained.table, trained.table.boxes[:, None]
    relative = (table.keypoints[..., :2] - boxes[..., :2]) / boxes[..., 2:]
    mean = np.nanmean(np.where(table.keypoints[..., 2:] > 0, relative, np.nan), axis=0)
    truth = crowdpose.truth(tested, tested.table.image_ids)
    corners = truth.people.boxes[:, None]
    guesses = corners[..., :2] + mean * corners[..., 2:]
    results = Results(truth.people.image_ids, guesses, np.ones(len(guesses)))
    sigmas = np.array(catalog.load_dataset("crowdpose").sigmas)
    drawn = crowd_curves(truth, results, match(truth.people, results, sigmas))
    assert crowd_figures(drawn)["AP"] < 5


def test_detections_are_of_the_test_images(folder: Path) -> None:
    detections = json.loads((folder / "json/det_for_crowd_test_0.1_0.5.json").read_text("utf-8"))
    listed = {image["id"] for image in read(folder, "test")["images"]}
    assert {box["image_id"] for box in detections} <= listed
    assert detections[0].keys() == {"image_id", "category_id", "bbox", "score"}
    people = len(read(folder, "test")["annotations"])
    assert 0.8 * people < len(detections) < 1.6 * people


def test_the_same_seed_gives_the_same_bytes_on_any_number_of_processes(tmp_path: Path) -> None:
    counts = write(tmp_path / "a", images=6)
    write(tmp_path / "b", images=6, processes=2)
    assert digests(tmp_path / "a") == digests(tmp_path / "b")
    assert {split: count["images"] for split, count in counts.items()} == {
        "train": 6,
        "val": 1,
        "test": 1,
        "trainval": 7,
    }


def test_another_seed_gives_other_images(tmp_path: Path) -> None:
    write(tmp_path / "a", images=2)
    write(tmp_path / "b", images=2, seed=1)
    first, second = digests(tmp_path / "a"), digests(tmp_path / "b")
    assert first.keys() == second.keys()
    assert not any(first[name] == second[name] for name in first if name.endswith(".jpg"))


def test_the_crowd_index_is_the_mean_of_others_keypoints_per_own_one() -> None:
    # Two keypoints each; the first one's box holds one of the second's, and not the other way.
    keypoints = np.array([[[1, 1, 2], [9, 9, 1]], [[8, 8, 2], [20, 20, 2]]], dtype=float)
    boxes = np.array([[0, 0, 10, 10], [15, 15, 10, 10]], dtype=float)
    assert crowd_index(keypoints, boxes) == (1 / 2 + 0 / 2) / 2
    keypoints[1, 0, 2] = 0  # not labelled
    assert crowd_index(keypoints, boxes) == 0


def test_nobody_is_no_crowd() -> None:
    assert crowd_index(np.zeros((0, 14, 3)), np.zeros((0, 4))) == 0
