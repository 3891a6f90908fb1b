"""What predict cannot work with is said in a sentence, and nothing is left of its folder."""

import json
from pathlib import Path

import pytest
from cli.command import called, refused
from pipeline.worlds import small_weights


@pytest.fixture
def folder(world: Path, tmp_path: Path) -> Path:
    """A folder with a picture, `a.jpg`, and files that are none."""
    image = next((world / "coco/images/val2017").glob("*.jpg")).read_bytes()
    (tmp_path / "a.jpg").write_bytes(image)
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "half.jpg").write_bytes(image[: len(image) // 2])
    (tmp_path / "bad.mp4").write_bytes(b"\0\0\0\x20ftypisom")
    (tmp_path / "words.txt").write_text("words")
    (tmp_path / "hollow").mkdir()
    return tmp_path


def predict(*arguments: str) -> list[str]:
    weights = str(small_weights("coco-pose@tiny"))
    return ["predict", *arguments, "--task", "coco-pose@tiny", "--weights", weights, "-o", "out"]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("gone.jpg", "gone.jpg does not exist; name images, videos, folders"),
        ("empty.jpg", "empty.jpg has 0 bytes"),
        ("half.jpg", "half.jpg is not a whole image"),
        ("bad.mp4", "bad.mp4: no frame of this video can be read"),
        ("words.txt", "words.txt: '.txt' is no ending of an image or video"),
        ("hollow", "hollow is a folder without image or video files"),
        ("*.gif", "*.gif: no file matches this pattern"),
    ],
)
def test_a_source(source: str, words: str, folder: Path) -> None:
    refused(called(folder, *predict("a.jpg", source)), [words])


def test_boxes(folder: Path) -> None:
    refused(called(folder, *predict("a.jpg", "--boxes", "gone.json")), ["gone.json", "not exist"])
    for box, words in (
        ({"file_name": "a.jpg", "bbox": [500, 0, 5, 5]}, "a.jpg: the box 500 0 5 5"),
        ({"file_name": "b.jpg", "bbox": [0, 0, 5, 5]}, "no box of it is in any of the pictures"),
    ):
        (folder / "boxes.json").write_text(json.dumps([box]))
        refused(called(folder, *predict("a.jpg", "--boxes", "boxes.json")), [words])


def test_an_output_that_is_there_or_cannot_be_written(folder: Path) -> None:
    for place, words in ((".", "is there already and not empty"), ("/proc/x", "cannot be written")):
        arguments = [*predict("a.jpg")[:-1], place]
        refused(called(folder, *arguments), [f"-o {place}", words])


def test_json_is_one_object(folder: Path) -> None:
    ended = called(folder, *predict("a.jpg", "--json", "--no-drawn"))
    assert ended.status == 0, ended.err
    assert json.loads(ended.out) == {
        "folder": "out",
        "pictures": 1,
        "found": 1,
        "turned": 0,
        "files": ["about.json", "keypoints.csv", "keypoints.json"],
    }
    assert "Each picture was taken as one box" in ended.err
