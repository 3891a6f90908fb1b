from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shared import need_shared
from worlds import write_json

from hrbench import catalog
from hrbench.errors import DataError
from hrbench.formats.coco import crowdpose, reader

KEYPOINTS = catalog.load_dataset("crowdpose").keypoints


def person(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "id": number,
        "image_id": 1,
        "category_id": 1,
        "iscrowd": 0,
        "bbox": [10.0, 10.0, 20.0, 30.0],
        "keypoints": [15.0, 15.0, 2] + [0.0] * 36 + [12.0, 12.0, 1],  # left shoulder and neck
        "num_keypoints": 1,
        **fields,
    }


def image(number: int, **fields: Any) -> dict[str, Any]:
    return {"id": number, "file_name": f"{number}.jpg", "width": 50, "height": 60, **fields}


def content(images: list[Any] | None = None, people: list[Any] | None = None) -> dict[str, Any]:
    return {
        "images": [image(1, crowdIndex=0.33)] if images is None else images,
        "categories": [{"id": 1, "keypoints": list(KEYPOINTS)}],
        "annotations": [person(1)] if people is None else people,
    }


def kinds(said: Any) -> list[str]:
    return [fault.kind for fault in crowdpose.examined(said, 14)[1]]


def test_the_real_slice_gives_the_persons_with_keypoints() -> None:
    folder = need_shared() / "real" / "crowdpose"
    crowd = crowdpose.read(folder / "json/crowdpose_test.json", 14)
    people = reader.annotated(crowd.table, folder / "images", 0.75)
    assert len(crowd.table.ids) == 5
    assert people.ids.tolist() == [123803, 147481, 127068, 129014]  # one has no keypoint
    assert crowd.crowd_index.tolist() == [0.33, 0.39]
    assert all(path.exists() for path in people.images)
    names = catalog.load_dataset("crowdpose").splits["test"]
    assert names.annotations == "json/crowdpose_test.json"


def test_the_detections_of_the_real_slice_are_read_as_cocos() -> None:
    folder = need_shared() / "real" / "crowdpose"
    crowd = crowdpose.read(folder / "json/crowdpose_test.json", 14)
    file = folder / "json/test_crowdpose_det_AP_40.json"
    people = reader.detected(file, crowd.table, folder / "images", 0.75)
    assert people.num_keypoints == 14
    assert people.image_ids[people.image[0]] == 106848
    assert people.scores[0] == pytest.approx(0.99993, abs=1e-5)


def test_the_truths_area_is_53_percent_of_the_box(tmp_path: Path) -> None:
    crowd = crowdpose.read(write_json(tmp_path / "crowdpose_val.json", content()), 14)
    assert crowd.table.areas.tolist() == [600]
    truth = crowdpose.truth(crowd, np.array([1]))
    assert truth.people.areas == pytest.approx([318])
    assert truth.people.num_keypoints.tolist() == [1]  # the file's: the neck is not counted
    assert truth.image_ids.tolist() == [1]
    assert truth.crowd_index.tolist() == [0.33]


def test_only_the_images_asked_for_are_in_the_truth(tmp_path: Path) -> None:
    images = [image(1, crowdIndex=0.5), image(2, crowdIndex=1), image(3)]
    people = [person(1), person(2, image_id=2), person(3, image_id=3)]
    crowd = crowdpose.read(write_json(tmp_path / "a.json", content(images, people)), 14)
    truth = crowdpose.truth(crowd, np.array([2, 1]))
    assert truth.image_ids.tolist() == [1, 2]
    assert truth.people.ids.tolist() == [1, 2]


@pytest.mark.parametrize("fields", [{}, {"crowdIndex": None}, {"crowdIndex": "0.3"}])
def test_without_crowd_index_one_can_train_but_not_score(
    tmp_path: Path, fields: dict[str, Any]
) -> None:
    images = [image(1, crowdIndex=0.5), image(8, **fields)]
    file = write_json(tmp_path / "crowdpose_val.json", content(images))
    crowd = crowdpose.read(file, 14)
    assert len(reader.annotated(crowd.table, tmp_path, 0.75)) == 1
    message = (
        r"crowdpose_val\.json: 1 of 2 images have no number as 'crowdIndex', the first is 8\.jpg "
        r"\(id 8\); one can train on such a file, but score only on one that has it"
    )
    with pytest.raises(DataError, match=message):
        crowdpose.truth(crowd, np.array([1, 8]))


def test_check_names_the_images_without_crowd_index_and_still_calls_the_file_usable() -> None:
    found = crowdpose.examined(content([image(1), image(8, crowdIndex=0.1)]), 14)[1]
    assert [(fault.examples, fault.fatal) for fault in found] == [(("id 1",), False)]
    assert "'crowdIndex'" in found[0].kind


def test_a_whole_file_has_no_fault() -> None:
    assert kinds(content()) == []


def test_num_keypoints_is_compared_with_the_first_twelve() -> None:
    assert kinds(content(people=[person(1, num_keypoints=2)])) == [
        "num_keypoints that is not the count"
    ]


@pytest.mark.parametrize("box", [None, "wide", [1, 2, 3], [1, 2, 3, "4"]])
def test_a_faulty_box_is_told_as_such(box: object) -> None:
    assert kinds(content(people=[person(1, bbox=box)])) == ["boxes that are not 4 numbers"]


def test_a_missing_box_is_told_as_such() -> None:
    bare = person(1)
    del bare["bbox"]
    assert kinds(content(people=[bare])) == ["annotations without 'bbox'"]


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ([], "not an object with images and annotations and categories"),
        ({"images": []}, "lists that are missing"),
        (content() | {"annotations": 3}, "lists that are missing"),
        (content(people=[7]), "rows that are no objects"),
    ],
)
def test_what_is_no_crowdpose_file_is_refused(said: object, kind: str) -> None:
    assert kinds(said) == [kind]


def test_a_file_of_another_number_of_keypoints_is_refused(tmp_path: Path) -> None:
    file = write_json(tmp_path / "coco.json", content())
    with pytest.raises(DataError, match=r"categories with another number of keypoints than 17"):
        crowdpose.read(file, 17)
