from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shared import need_shared
from specs import landmark_task
from worlds import small_world, write_json

from hrbench import catalog
from hrbench.errors import DataError
from hrbench.formats import location, registry
from hrbench.formats.coco import aic, annotations, reader

AIC = catalog.load_dataset("aic").keypoints
COCO = catalog.load_dataset("coco").keypoints


def test_the_real_slice_gives_the_persons_with_keypoints() -> None:
    folder = need_shared() / "real" / "coco"
    table = annotations.read(folder / "annotations/person_keypoints_val2017.json", 17)
    people = reader.annotated(table, folder / "images/val2017", 0.75)
    assert len(table.ids) == 14
    assert len(people) == 12  # two have no keypoint
    assert people.image_ids[people.image[0]] == 785
    assert people.visible[0].sum() == 17
    assert people.images[people.image[0]].exists()
    assert not set(people.ids.tolist()) & {1202706, 508900}


def test_a_crowd_and_a_person_without_keypoints_are_counted_and_not_trained_on() -> None:
    person = {
        "category_id": 1,
        "image_id": 1,
        "area": 100.0,
        "bbox": [10.0, 10, 20, 20],
        "keypoints": [15.0, 15, 2] + [0.0] * 48,
        "num_keypoints": 1,
        "iscrowd": 0,
    }
    content = {
        "images": [{"id": 1, "file_name": "a.jpg", "width": 50, "height": 50}],
        "categories": [{"id": 1, "keypoints": list(COCO)}],
        "annotations": [
            {**person, "id": 1},
            {**person, "id": 2, "iscrowd": 1},
            {**person, "id": 3, "keypoints": [0.0] * 51, "num_keypoints": 0},
            {**person, "id": 4, "area": 0.0},
            {**person, "id": 5, "bbox": [60.0, 10, 5, 5]},
            {**person, "id": 6, "keypoints": [15.0, 15, 1] + [0.0] * 48},  # hidden
        ],
    }
    table = annotations.columns(content, 17)
    people = reader.annotated(table, Path(), 0.75)
    assert people.ids.tolist() == [1, 6]
    assert people.visible[:, 0].tolist() == [True, True]
    assert people.left_out == {
        "objects marked as crowd": 1,
        "objects without a labelled keypoint": 1,
        "objects without an area": 1,
        "objects whose box is outside of their image": 1,
    }
    elsewhere = reader.annotated(table, Path(), 0.75, image_ids=np.array([2]))
    assert (len(elsewhere), elsewhere.left_out) == (0, {})
    assert reader.truth(table, np.array([1])).ids.tolist() == [1, 2, 3, 4, 5, 6]
    assert len(reader.truth(table, np.array([2])).ids) == 0


def aic_file(tmp_path: Path, points: Any, box: Any = (178, 250, 290, 522)) -> Path:
    image = {
        "image_id": "a0f6",
        "human_annotations": {"human1": box},
        "keypoint_annotations": {"human1": points},
    }
    return write_json(tmp_path / "aic.json", [image])


def test_ai_challenger_is_read_with_the_keypoints_that_coco_has(tmp_path: Path) -> None:
    points = [number for i in range(14) for number in (10 * i, 10 * i + 1, 1 + i % 3)]
    people = aic.annotated(aic_file(tmp_path, points), tmp_path, AIC, COCO, 0.75)
    assert len(people) == 1
    assert people.boxes.tolist() == [[178, 250, 112, 272]]
    assert people.images[0].name == "a0f6.jpg"
    seen = {COCO[k]: people.keypoints[0, k].tolist() for k in np.flatnonzero(people.visible[0])}
    # Right shoulder is the first of the file, right elbow the second; every third is unlabelled.
    assert seen["right_shoulder"] == [0, 1]
    assert seen["right_elbow"] == [10, 11]
    assert "right_wrist" not in seen
    assert seen["left_shoulder"] == [30, 31]
    assert not {"nose", "left_eye", "right_eye", "left_ear", "right_ear"} & set(seen)


@pytest.mark.parametrize(
    ("points", "box", "words"),
    [
        ([1, 2, 1], [0, 0, 9, 9], "keypoints that are not 42 numbers"),
        (7, [0, 0, 9, 9], "keypoints that are not 42 numbers"),
        (None, [0, 0, 9, 9], "keypoints that are not 42 numbers"),
        (["1"] * 42, [0, 0, 9, 9], "keypoints that are not 42 numbers"),
        ([5, 5, 1] * 14, [0, 0, 9], "boxes that are not 4 numbers"),
        ([5, 5, 1] * 14, ["a", 0, 9, 9], "boxes that are not 4 numbers"),
        ([5, 5, 1] * 14, None, "boxes that are not 4 numbers"),
    ],
)
def test_ai_challenger_s_persons_of_another_form_are_refused_by_name(
    points: Any, box: Any, words: str, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=rf"aic\.json: {words}: 1 \(id a0f6/human1\)"):
        aic.annotated(aic_file(tmp_path, points, box), tmp_path, AIC, COCO, 0.75)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({}, "not AI Challenger's list of images"),
        ([7], r"rows that are no objects: 1 \(images\[0\]\)"),
        ([{"image_id": "a", "human_annotations": {}}], "images without 'keypoint_annotations'"),
        (
            [{"image_id": "a", "human_annotations": [], "keypoint_annotations": {}}],
            "images whose 'human_annotations' is not an object",
        ),
    ],
)
def test_ai_challenger_s_images_of_another_form_are_refused(
    content: Any, words: str, tmp_path: Path
) -> None:
    path = write_json(tmp_path / "aic.json", content)
    with pytest.raises(DataError, match=words):
        aic.annotated(path, tmp_path, AIC, COCO, 0.75)


def test_ai_challenger_is_trained_on_beside_coco(tmp_path: Path) -> None:
    release = "ai_challenger_keypoint_train_20170909"
    folder = tmp_path / "aic" / release
    (folder / "keypoint_train_images_20170902").mkdir(parents=True)
    points = [number for i in range(14) for number in (10 * i, 10 * i + 1, 1)]
    aic_file(folder, points).rename(folder / "keypoint_train_annotations_20170909.json")
    (tmp_path / "coco").symlink_to(small_world() / "coco")
    spec = landmark_task("coco-pose@tiny")
    both = landmark_task("coco-pose@tiny", ['protocol.extra_data=["aic"]'])
    data_root, dataset = location.DataRoot(tmp_path, synthetic=False), catalog.load_dataset("coco")
    (folder / "keypoint_train_images_20170902" / "a0f6.jpg").write_bytes(b"")
    alone, joined = (registry.training(s, dataset, data_root) for s in (spec, both))
    assert len(joined) == len(alone) + 1
    assert joined.visible[-1].sum() == 12
    assert joined.images[joined.image[-1]].name == "a0f6.jpg"
