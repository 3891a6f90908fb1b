"""The command as it is installed, in a process of its own: one fault of each command and kind.

What else can be wrong is asked of `called`, which loads torch once for all tests; here is what
only a process shows: its exit status, and what libraries and workers write to its streams.
"""

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from cli.command import installed, refused
from cli.trees import BRIEF, copied, cut_short
from worlds import small_classifier, small_lifter, small_weights, small_world

GONE = {  # what each command says of something that is not there
    "run": (["coco-poze"], "no task is called 'coco-poze'. Did you mean 'coco-pose'?"),
    "score": (["gone"], "gone: no such run folder"),
    "predict": (["a.jpg", "--weights", "gone.pth"], "gone.pth does not exist"),
    "export": (["coco-pose", "--weights", "gone.pth", "-o", "m.pt2"], "gone.pth does not exist"),
    "profile": (["300w@w32"], "no variant of 300w is called 'w32'"),
    "check": (["cocoa"], "no dataset is called 'cocoa'. Did you mean 'coco'?"),
    "convert": (["gone", "out"], "gone does not exist"),
    "make": (["cocoa", "x"], "no synthetic dataset is called 'cocoa'"),
    "report": (["gone"], "gone: no such run folder"),
    "show": (["coco-poze"], "Did you mean 'coco-pose'?"),
    "sigmas": (["gone.json"], "gone.json"),
    "weights": (["inspect", "gone.pth"], "gone.pth does not exist"),
}


@pytest.mark.slow
@pytest.mark.parametrize("command", GONE)
def test_a_command_says_what_is_not_there(command: str, tmp_path: Path) -> None:
    arguments, words = GONE[command]
    refused(installed(tmp_path, command, *arguments), [words])


@pytest.mark.parametrize(
    "arguments", [["run"], ["run", "coco-pose", "--limit", "0"], ["list", "everything"]]
)
def test_wrong_usage_has_a_status_of_its_own(arguments: list[str], tmp_path: Path) -> None:
    ended = installed(tmp_path, *arguments)
    assert ended.status == 2
    assert ended.err.startswith("Usage: ")
    assert "Traceback" not in ended.err


@pytest.mark.slow
def test_a_file_of_landmarks_that_is_cut_short(tmp_path: Path) -> None:
    file = "annotations/person_keypoints_val2017.json"
    cut_short(copied("coco", tmp_path) / file, 0.5)
    ended = installed(tmp_path, "run", "coco-pose@tiny", "--data", "data")
    refused(ended, [f"data/coco/{file} is not JSON", "fetch the file again"])


@pytest.mark.slow
def test_a_file_to_lift_that_is_cut_short(tmp_path: Path) -> None:
    root, name = tmp_path / "data" / "h36m", "data_3d_h36m.npz"
    root.mkdir(parents=True)
    shutil.copyfile(small_world(8, "h36m") / "h36m" / name, root / name)
    cut_short(root / name, 0.5)
    weights = str(small_lifter("h36m-lift@tiny"))
    ended = installed(tmp_path, "run", "h36m-lift@tiny", "--data", "data", "--weights", weights)
    refused(ended, [f"data/h36m/{name} is not a whole"])


@pytest.mark.slow
def test_a_picture_of_a_class_that_is_cut_short(tmp_path: Path) -> None:
    pictures = (copied("imagenet", tmp_path) / "images" / "val").rglob("*.JPEG")
    path = min(pictures)
    cut_short(path, 0.5)
    weights = str(small_classifier("imagenet@tiny"))
    ended = installed(tmp_path, "run", "imagenet@tiny", "--data", "data", "--weights", weights)
    refused(ended, [path.name, "no whole picture"])


# Pictures, which workers of their own decode and about which libjpeg writes past Python.


def a_jpeg() -> bytearray:
    noise = np.random.default_rng(0).integers(0, 255, (128, 128, 3), dtype=np.uint8)
    return bytearray(cv2.imencode(".jpg", noise)[1].tobytes())


def spoilt(tree: Path, split: str, content: bytearray) -> str:
    path = max((tree / "coco" / "images" / split).iterdir())
    path.write_bytes(content)
    return path.name


@pytest.mark.slow
@pytest.mark.parametrize("split", ["train2017", "val2017"])
def test_a_picture_that_a_worker_finds_cut_short(split: str, tree: Path, tmp_path: Path) -> None:
    name = spoilt(tree, split, a_jpeg()[:-200])
    weights = ["--weights", str(small_weights("coco-pose@tiny"))]
    more = BRIEF if split == "train2017" else weights
    command = ["run", "coco-pose@tiny", "--data", "data", "--workers", "1", *more]
    refused(installed(tmp_path, *command), [name, "is not a whole image", "fetch it again"])


@pytest.mark.slow
def test_what_libjpeg_says_of_a_scratched_picture_is_not_passed_on(
    tree: Path, tmp_path: Path
) -> None:
    scratched = a_jpeg()
    scratched[6000:6040] = bytes(range(40))
    spoilt(tree, "val2017", scratched)
    weights = str(small_weights("coco-pose@tiny"))
    command = ["run", "coco-pose@tiny", "--data", "data", "--weights", weights, "--json"]
    ended = installed(tmp_path, *command)
    assert ended.status == 0, ended.err
    assert "JPEG" not in ended.err
    assert json.loads(ended.out)["record"]["n"]["images"] == 4
