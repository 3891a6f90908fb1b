"""Folders of people's own pictures and videos: nothing lost, nothing mixed up, all of it said."""

import json
import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from cli.command import Ended, called, installed
from PIL import Image
from worlds import small_weights, small_world

BOX = {"image_id": 2, "category_id": 1, "bbox": [40, 10, 60, 100], "score": 0.9}


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder for pictures."""
    (tmp_path / "photos").mkdir()
    return tmp_path / "photos"


def picture(place: Path, number: int = 0) -> Path:
    place.parent.mkdir(parents=True, exist_ok=True)
    files = sorted((small_world() / "coco/images/val2017").glob("*.jpg"))
    shutil.copyfile(files[number % len(files)], place)
    return place


def predicted(folder: Path, *arguments: str) -> Ended:
    weights = ["--task", "coco-pose@tiny", "--weights", str(small_weights("coco-pose@tiny"))]
    return called(folder, "predict", *arguments, *weights, "-o", "out", "--no-drawn")


def rows_of(folder: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((folder / "out/keypoints.json").read_text("utf-8"))
    return rows


def test_a_box_of_picture_2_is_not_of_the_second_picture(photos: Path) -> None:
    picture(photos / "2.jpg")
    picture(photos / "cat.jpg", 1)
    (photos.parent / "boxes.json").write_text(json.dumps([BOX]), "utf-8")
    ended = predicted(photos.parent, "photos", "--boxes", "boxes.json")
    assert ended.status == 0, ended.err
    assert [row["file_name"] for row in rows_of(photos.parent)] == ["photos/2.jpg"]
    assert "files without a box in boxes.json: 1 of 2 (photos/cat.jpg)" in ended.err


def test_pictures_of_one_name_have_two_ids(photos: Path) -> None:
    for place in ("a/1.jpg", "b/1.jpg", "2.jpg", "cat.jpg"):
        picture(photos / place)
    ended = predicted(photos.parent, "photos")
    assert ended.status == 0, ended.err
    ids = {row["file_name"]: row["image_id"] for row in rows_of(photos.parent)}
    assert len(set(ids.values())) == 4
    assert (ids["photos/2.jpg"], ids["photos/a/1.jpg"]) == (2, 1)


def test_one_broken_picture_of_many_is_skipped_and_named_last(photos: Path) -> None:
    for number in range(6):
        picture(photos / f"{number:03d}.jpg", number)
    last = photos / "005.jpg"
    last.write_bytes(last.read_bytes()[: last.stat().st_size // 3])
    ended = predicted(photos.parent, "photos")
    assert ended.status == 0, ended.err
    assert len(rows_of(photos.parent)) == 5
    skipped, count = ended.err.splitlines()[-2:]
    assert skipped.startswith("skipped: photos/005.jpg is not a whole image")
    assert count == "files skipped: 1 of 6 (--strict stops there)"
    shutil.rmtree(photos.parent / "out")
    stopped = predicted(photos.parent, "photos", "--strict")
    assert (stopped.status, stopped.new) == (1, ())
    assert "photos/005.jpg is not a whole image" in stopped.err


def test_a_folder_from_a_telephone_is_read_with_what_lies_below_and_the_rest_counted(
    photos: Path,
) -> None:
    picture(photos / "IMG_1.jpg")
    picture(photos / "sub/IMG_5.jpg", 1)
    picture(photos / "._IMG_1.jpg")
    (photos / "IMG_2.HEIC").write_bytes(b"\0\0\0\x18ftypheic" + bytes(100))
    for ending in ("gif", "avif"):
        (photos / f"IMG_3.{ending}").write_bytes(b"none of these is opened")
    ended = predicted(photos.parent, "photos")
    assert ended.status == 0, ended.err
    said = ended.err.splitlines()
    files = [row["file_name"] for row in rows_of(photos.parent)]
    assert files == ["photos/IMG_1.jpg", "photos/sub/IMG_5.jpg"]
    assert "files from sub-folders: 1 of 2 (--no-recursive leaves them out)" in said
    assert "left out: 1 hidden files" in said
    for kind in (".heic", ".gif", ".avif"):
        assert f"left out: 1 {kind} pictures, which are not read: save them as JPEG or PNG" in said


def test_pages_after_the_first_are_said(photos: Path) -> None:
    with Image.open(picture(photos.parent / "one.jpg")) as page:
        page.save(photos / "scan.tif", save_all=True, append_images=[page, page])
    ended = predicted(photos.parent, "photos")
    assert ended.status == 0, ended.err
    assert (
        "files of several pages or frames, of which the first is read: 1 (scan.tif: 3 of them)"
        in (ended.err)
    )


def test_several_persons_in_one_picture_are_said_before_anything_is_predicted(
    photos: Path,
) -> None:
    picture(photos / "team.jpg")
    first, second, *_ = predicted(photos.parent, "photos").err.splitlines()
    assert first.startswith("Each picture is taken as one box, and one person is found in it.")
    assert "gives nonsense: --boxes detector finds them" in first
    assert second.startswith("predicting")


@pytest.mark.slow
def test_a_locale_of_ascii_and_a_name_in_cyrillic(photos: Path) -> None:
    name = "\u0444\u043e\u0442\u043e.jpg"
    picture(photos / name)
    weights = ["--task", "coco-pose@tiny", "--weights", str(small_weights("coco-pose@tiny"))]
    arguments = ["predict", f"photos/{name}", *weights, "-o", f"out/{name}"]
    ended = installed(photos.parent, *arguments, LC_ALL="C", PYTHONUTF8="0")
    assert ended.status == 0, ended.err
    rows = json.loads((photos.parent / "out" / name / "keypoints.json").read_text("utf-8"))
    assert rows[0]["file_name"] == f"photos/{name}"


@pytest.mark.slow
def test_what_is_said_while_a_video_is_predicted_is_heard(photos: Path) -> None:
    with Image.open(picture(photos / "a.jpg")) as still:
        frame = np.asarray(still.convert("RGB"))[..., ::-1]
    place, size = str(photos.parent / "clip.avi"), (frame.shape[1], frame.shape[0])
    writer = cv2.VideoWriter(place, cv2.VideoWriter.fourcc(*"MJPG"), 10, size)
    for _ in range(40):
        writer.write(np.ascontiguousarray(frame))
    writer.release()
    weights = ["--task", "coco-pose@tiny", "--weights", str(small_weights("coco-pose@tiny"))]
    ended = installed(photos.parent, "predict", "clip.avi", *weights, "-o", "out", "--no-drawn")
    assert ended.status == 0, ended.err
    assert "Each picture is taken as one box, and one person is found in it." in ended.err
    assert len(rows_of(photos.parent)) == 40
