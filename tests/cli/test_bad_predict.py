"""What predict cannot work with is said in a sentence, and nothing is left of its folder."""

import json
from pathlib import Path

import pytest
from cli.command import called, installed, refused
from worlds import small_weights


@pytest.fixture
def folder(world: Path, tmp_path: Path) -> Path:
    """A folder with a picture, `a.jpg`, and files that are none."""
    image = next((world / "coco/images/val2017").glob("*.jpg")).read_bytes()
    (tmp_path / "a.jpg").write_bytes(image)
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "half.jpg").write_bytes(image[: len(image) // 2])
    (tmp_path / "bad.mp4").write_bytes(b"\0\0\0\x20ftypisom")
    (tmp_path / "words.txt").write_text("words")
    (tmp_path / "photo.heic").write_bytes(b"ftypheic")
    (tmp_path / "hollow").mkdir()
    return tmp_path


def predict(*arguments: str) -> list[str]:
    weights = str(small_weights("coco-pose@tiny"))
    return ["predict", *arguments, "--task", "coco-pose@tiny", "--weights", weights, "-o", "out"]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("gone.jpg", "gone.jpg does not exist; name images, videos, folders"),
        ("https://host/a.mp4", "https://host/a.mp4 is an address; fetch the file first"),
        ("rtsp://host/live", "of a live stream a part: ffmpeg -i"),
        ("0", "0 looks like a camera, which is not read; record a clip first"),
        ("photo.heic", "save them as JPEG or PNG"),
        ("words.txt", "words.txt: '.txt' is no ending of an image or video"),
        ("hollow", "hollow is a folder without image or video files"),
        ("*.gif", "*.gif: no file matches this pattern"),
        ("*.txt", "*.txt: no image or video matches this pattern, but 1 other files"),
    ],
)
def test_a_source(source: str, words: str, folder: Path) -> None:
    refused(called(folder, *predict("a.jpg", source)), [words])


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("empty.jpg", "empty.jpg has 0 bytes"),
        ("half.jpg", "half.jpg is not a whole image"),
        ("bad.mp4", "bad.mp4 has no frame that can be read"),
    ],
)
def test_a_file_that_cannot_be_read(file: str, words: str, folder: Path) -> None:
    """Alone, or with --strict, it is an error; else it is skipped and named last."""
    refused(called(folder, *predict(file)), [words])
    refused(called(folder, *predict("a.jpg", file, "--strict")), [words])
    ended = called(folder, *predict("a.jpg", file))
    assert ended.status == 0, ended.err
    assert f"skipped: {words}" in ended.err
    assert ended.err.splitlines()[-1] == "files skipped: 1 of 2 (--strict stops there)"
    assert json.loads((folder / "out/about.json").read_text("utf-8"))["skipped"][0][:3] == words[:3]


def test_what_a_folder_holds_besides_is_counted(folder: Path) -> None:
    (folder / "below").mkdir()
    (folder / "a.jpg").rename(folder / "below/a.jpg")
    for name in (".hidden.jpg", "b.HEIC", "c.gif", "d.heic"):
        (folder / name).write_bytes(b"x")
    for name in ("empty.jpg", "half.jpg", "bad.mp4", "photo.heic"):
        (folder / name).unlink()
    ended = called(folder, *predict("."))
    assert ended.status == 0, ended.err
    for line in (
        "files from sub-folders: 1 of 1 (--no-recursive leaves them out)",
        "left out: 2 .heic pictures, which are not read: save them as JPEG or PNG",
        "left out: 1 .gif pictures, which are not read: save them as JPEG or PNG",
        "left out: 1 hidden files",
        "left out: 1 other files",
    ):
        assert line in ended.err.splitlines()
    again = called(folder, *predict(".")[:-1], "second")
    assert "left out: 1 folders that hrbench predict has written" in again.err
    refused(called(folder, *predict(".", "--no-recursive")), ["without image or video files"])


def test_boxes(folder: Path) -> None:
    refused(called(folder, *predict("a.jpg", "--boxes", "gone.json")), ["gone.json", "not exist"])
    for box, words in (
        ({"file_name": "a.jpg", "bbox": [500, 0, 5, 5]}, "box 0: 500 0 5 5 in 128 x 128"),
        ({"file_name": "b.jpg", "bbox": [0, 0, 5, 5]}, "boxes.json is in any of the pictures"),
    ):
        (folder / "boxes.json").write_text(json.dumps([box]))
        refused(called(folder, *predict("a.jpg", "--boxes", "boxes.json")), [words])
    (folder / "boxes.toml").write_text('title = "Mine"')
    words = "boxes.toml is not JSON: Expecting value at line 1, column 1; name a file of JSON"
    refused(called(folder, *predict("a.jpg", "--boxes", "boxes.toml")), [words])


def test_an_output_that_is_there_or_cannot_be_written(folder: Path) -> None:
    for place, words in (
        (".", "is there already and is not empty"),
        ("/proc/x", "cannot be written"),
    ):
        arguments = [*predict("a.jpg")[:-1], place]
        refused(called(folder, *arguments), [f"{place} {words}"])


def test_json_is_one_object(folder: Path) -> None:
    ended = called(folder, *predict("a.jpg", "--json", "--no-drawn"))
    assert ended.status == 0, ended.err
    assert json.loads(ended.out) == {
        "folder": "out",
        "pictures": 1,
        "found": 1,
        "turned": 0,
        "without_boxes": 0,
        "skipped": [],
        "files": ["about.json", "keypoints.csv", "keypoints.json"],
    }
    assert "Each picture is taken as one box, and one person is found in it." in ended.err


def test_weights_of_no_run_want_a_task(folder: Path) -> None:
    arguments = ["predict", "a.jpg", "--weights", str(small_weights("coco-pose@tiny")), "-o", "out"]
    words = ["does not say what it was trained for: name the task", "coco-pose@tiny"]
    refused(called(folder, *arguments), words)


@pytest.mark.slow
def test_a_name_that_is_not_in_the_locale(folder: Path) -> None:
    """Python decodes names before we are asked, in C and POSIX locales as ASCII."""
    (folder / "a.jpg").rename(folder / "\u0444\u043e\u0442\u043e \xe9.jpg")
    ended = installed(
        folder, *predict("\u0444\u043e\u0442\u043e \xe9.jpg"), LC_ALL="C", PYTHONUTF8="0"
    )
    assert ended.status == 0, ended.err
    rows = json.loads((folder / "out/keypoints.json").read_text("utf-8"))
    assert rows[0]["file_name"] == "\u0444\u043e\u0442\u043e \xe9.jpg"
