"""Boxes of pictures that are no dataset: whose they are, and what is refused."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from hrbench.boxes.choosing import Wanted
from hrbench.commands.predict.given_boxes import Given, given
from hrbench.data.headers import TAG
from hrbench.data.media import Medium
from hrbench.errors import DataError

BOX = [10.0, 20.0, 30.0, 40.0]
PERSONS = Wanted(frozenset({"person"}))


def pictures(folder: Path, *names: str) -> list[Medium]:
    """Pictures of 100 x 80 pixels."""
    media = [Medium(folder / name, is_video=False) for name in names]
    for medium in media:
        medium.path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (100, 80)).save(medium.path)
    return media


def video(path: Path) -> Medium:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 10, (100, 80))
    for _ in range(4):
        writer.write(np.zeros((80, 100, 3), np.uint8))
    writer.release()
    return Medium(path, is_video=True)


def boxes(folder: Path, content: Any, media: list[Medium], **more: Any) -> Given:
    place = folder / "boxes.json"
    place.write_text(json.dumps(content), "utf-8")
    return given(place, media, more.pop("wanted", PERSONS), more.pop("threshold", 0.3), **more)


def named(*names: str, **more: Any) -> dict[str, Any]:
    """A file of annotations with a box in each image."""
    images = [{"id": 70 + place, "file_name": name, **more} for place, name in enumerate(names)]
    rows = [{"image_id": image["id"], "bbox": BOX} for image in images]
    return {"images": images, "annotations": rows}


def crowded(*marks: dict[str, Any]) -> dict[str, Any]:
    """A file of annotations with as many boxes in one image, marked so."""
    made = named("1.jpg")
    return {**made, "annotations": [{**made["annotations"][0], **mark} for mark in marks]}


def test_a_box_around_a_crowd_is_counted_and_not_predicted_on(tmp_path: Path) -> None:
    media = pictures(tmp_path, "1.jpg")
    found = boxes(tmp_path, crowded({"iscrowd": 0}, {"iscrowd": 1}, {}), media)
    assert len(found.of(media[0].path, None)) == 2
    assert found.left_out == {"boxes marked as crowd": 1}


def test_a_number_is_that_which_a_picture_is_called_by_and_never_its_place(tmp_path: Path) -> None:
    media = pictures(tmp_path, "cat.jpg", "000000000002.jpg")
    rows = [
        {"image_id": 2, "bbox": BOX, "score": 0.9, "category_id": 1},
        {"image_id": 2, "bbox": BOX, "score": 0.2, "category_id": 1},  # unsure
        {"image_id": 1, "bbox": BOX, "score": 0.9, "category_id": 1},  # not the first of these
    ]
    found = boxes(tmp_path, rows, media)
    assert found.of(media[1].path, None).tolist() == [[*BOX, 0.9]]
    assert found.of(media[0].path, None).shape == (0, 5)
    assert found.without == (media[0].path,)
    assert found.left_out == {
        "boxes of images that are not among the pictures": 1,
        "boxes of a score below 0.3": 1,
    }


def test_a_name_comes_before_a_number(tmp_path: Path) -> None:
    media = pictures(tmp_path, "70.jpg", "cat.jpg")
    found = boxes(tmp_path, named("cat.jpg"), media)
    assert found.of(media[1].path, None).tolist() == [[*BOX, 1.0]]
    assert found.without == (media[0].path,)
    assert found.ids == {media[1].path: 70}


@pytest.mark.parametrize("name", ["a/1.jpg", "photos/a/1.jpg", "a\\1.jpg", "/data/photos/a/1.jpg"])
def test_pictures_are_told_by_their_folders_where_their_names_are_the_same(
    name: str, tmp_path: Path
) -> None:
    media = pictures(tmp_path / "photos", "a/1.jpg", "b/1.jpg")
    if name.startswith("/data"):
        name = str(media[0].path)
    found = boxes(tmp_path, named(name), media)
    assert [len(found.of(medium.path, None)) for medium in media] == [1, 0]


def test_a_picture_is_found_in_another_folder_and_that_is_said(tmp_path: Path) -> None:
    media = pictures(tmp_path / "photos", "cat.jpg")
    found = boxes(tmp_path, named("train/cat.jpg"), media)
    assert len(found.of(media[0].path, None)) == 1
    assert "1 images were told by their file's name alone" in found.remarks[0]


def test_frames_are_told_by_their_number_where_a_video_is_alone(tmp_path: Path) -> None:
    clip = video(tmp_path / "b.mp4")
    rows = [{"image_id": 3, "bbox": BOX}]
    assert len(boxes(tmp_path, rows, [clip]).of(clip.path, 3)) == 1
    rows = [{"file_name": "clips/b.mp4", "frame": 2, "image_id": 2, "bbox": BOX}]
    media = [clip, *pictures(tmp_path, "2.jpg")]
    found = boxes(tmp_path, rows, media)
    assert len(found.of(clip.path, 2)) == 1
    assert found.without == (media[1].path,)
    with pytest.raises(DataError, match="boxes of a video that do not say their 'frame', from 0"):
        boxes(tmp_path, [{"file_name": "b.mp4", "bbox": BOX}], [clip])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"boxes": []}, "the detections are no list of boxes in COCO's results format"),
        ([3], "rows that are no objects: 1 (detections[0])"),
        ([{"image_id": 1, "bbox": [1, 2, 3]}], "x, y, width, height: 1 (box 0: [1, 2, 3])"),
        ([{"image_id": 1, "bbox": [1, 2, 3, None]}], "(box 0: [1, 2, 3, null])"),
        ([{"image_id": 1, "bbox": [1, 2, -3, 4]}], "negative width or height: 1 (box 0: 1 2 -3 4)"),
        ([{"image_id": 1, "bbox": BOX, "score": "0.9"}], 'not a finite number: 1 (box 0: "0.9")'),
        ([{"bbox": BOX, "image_id": [1]}], "that is a number or a name: 1 (box 0: [1])"),
        ({"images": [3, {}], "annotations": [{"bbox": BOX}]}, "a number or a name: 1 (box 0: null"),
        ([{"image_id": 1, "bbox": [70, 60, 95, 78]}], "boxes that are corners x1, y1, x2, y2"),
        ([{"image_id": 1, "bbox": [0.1, 0.2, 0.5, 0.5]}], "boxes in shares of the image (0 to 1)"),
        ([{"image_id": 1, "bbox": [200, 9, 5, 5]}], "(box 0: 200 9 5 5 in 100 x 80)"),
        ([{"image_id": 7, "bbox": BOX}], "boxes.json is in any of the pictures"),
        ([{"image_id": 1, "bbox": BOX, "score": 0.1}], "are below the threshold of 0.3"),
        ([], "boxes.json has none"),
        (crowded({"iscrowd": 1}), "has none but 1 boxes marked as crowd"),
        (crowded({"iscrowd": "yes"}), "whose 'iscrowd' is not 0 or 1: 1 (box 0: \"yes\")"),
        (named("1.jpg", width=640, height=480), "1.jpg is 100 x 80, not 640 x 480"),
        (
            [{"image_id": 1, "bbox": BOX, "category_id": number} for number in (0, 1)],
            "`hrbench predict --box-category` names the one to take",
        ),
    ],
)
def test_what_is_no_box_of_the_pictures_is_refused(
    content: Any, words: str, tmp_path: Path
) -> None:
    with pytest.raises(DataError) as caught:
        boxes(tmp_path, content, pictures(tmp_path, "1.jpg"))
    assert words in str(caught.value)


def test_pictures_of_one_number_and_pictures_of_one_name_are_refused(tmp_path: Path) -> None:
    media = pictures(tmp_path, "a/1.jpg", "b/1.jpg")
    with pytest.raises(DataError, match="numbers that several images are called by: 1 "):
        boxes(tmp_path, [{"image_id": 1, "bbox": BOX}], media)
    with pytest.raises(DataError, match="names of images that several files have: 1 "):
        boxes(tmp_path, [{"file_name": "1.jpg", "bbox": BOX}], media)


def test_what_is_doubted_is_taken_where_a_user_allows_it(tmp_path: Path) -> None:
    media = pictures(tmp_path, "1.jpg")
    found = boxes(tmp_path, [{"image_id": 1, "bbox": [70, 60, 95, 78]}], media, allow=("corners",))
    assert found.of(media[0].path, None).tolist() == [[70, 60, 95, 78, 1]]
    assert "(--allow corners)" in found.remarks[0]


def test_boxes_are_of_the_upright_picture(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[TAG] = 6
    media = pictures(tmp_path, "1.jpg")
    Image.new("RGB", (100, 80)).save(media[0].path, exif=exif)
    low = [{"image_id": 1, "bbox": [10, 82, 30, 15]}]  # below the 80 pixels of what is stored
    assert len(boxes(tmp_path, low, media).of(media[0].path, None)) == 1
    assert len(boxes(tmp_path, named("1.jpg", width=80, height=100), media).ids) == 1
    with pytest.raises(DataError, match="boxes are of what is stored, and not of what their EXIF"):
        boxes(tmp_path, named("1.jpg", width=100, height=80), media)


def test_scores_that_are_no_shares_are_said_beside_a_threshold(tmp_path: Path) -> None:
    rows = [{"image_id": 1, "bbox": BOX, "score": score} for score in (98.2, 12.5)]
    remarks = boxes(tmp_path, rows, pictures(tmp_path, "1.jpg")).remarks
    assert "2 of 2 boxes have a score above 1 (up to 98.2)" in remarks[0]
