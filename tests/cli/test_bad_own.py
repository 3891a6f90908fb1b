"""What is wrong with a dataset of one's own is said in one message, and nothing is left behind."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cli.command import called, refused
from dots import (
    ANNOTATIONS,
    BRIEF,
    DATASET,
    SIGMAS,
    TASK,
    edit_json,
    edit_toml,
    write_dots,
)

RUN = ["run", f"dots/{TASK}@tiny", "--data", "dots", "--device", "cpu", "--workers", "0"]
RUN += [part for override in BRIEF for part in ("--set", override)]
CHECK = ["check", f"dots/{DATASET}", "--data", "dots"]
SHEET = """\
scorer,ann,ann,ann,ann
bodyparts,nose,nose,tail,tail
coords,x,y,x,y
images/0.png,10,20,30,40
images/1.png,11,21,31,41
"""


@pytest.fixture
def dots(tmp_path: Path) -> Path:
    return write_dots(tmp_path / "dots")


def update(**values: Any) -> Callable[[Any], object]:
    return lambda said: said.update(**values)


NAMES = ["nose", "left_ear", "right_ear"]


def test_the_set_that_the_tests_spoil_is_right(dots: Path, tmp_path: Path) -> None:
    ended = called(tmp_path, *RUN)
    assert ended.status == 0, ended.err
    assert "PCK@0.1" in ended.out
    folder = next((tmp_path / "results" / "runs" / "dots").iterdir())
    for command in (["report"], ["report", "--task", "dots"], ["score", str(folder)]):
        again = called(tmp_path, *command)
        assert again.status == 0, again.err
        assert "PCK@0.1" in again.out
    assert f"hrbench check {folder.relative_to(tmp_path)}" in ended.out
    assert called(tmp_path, "check", str(folder / DATASET), "--data", str(dots)).status == 0


# The two TOML files.


def test_other_keypoints_than_the_annotations_have(dots: Path, tmp_path: Path) -> None:
    edit_toml(dots / DATASET, update(keypoints=[*NAMES, "tail"]))
    words = ["its objects have 3 keypoints and the dataset's TOML names 4", "in their order"]
    refused(called(tmp_path, *RUN), [f"dots/{ANNOTATIONS}: ", *words])
    checked = called(tmp_path, *CHECK)
    assert checked.status == 1
    assert checked.err == ""
    assert words[0] in " ".join(checked.out.split())


@pytest.mark.parametrize(
    ("change", "said", "listed"),
    [
        ({"keypoints": [*NAMES, "nose"]}, "keypoints: a name stands twice", "that stand twice: 1"),
        (
            {"flip_pairs": [["left_ear", "right_ear"], ["right_ear", "nose"]]},
            "flip_pairs: a keypoint has two partners",
            "flip_pairs that are not mutual: 1 (right_ear with left_ear and nose)",
        ),
        (
            {"flip_pairs": [["nose", "nose"]]},
            "flip_pairs: a keypoint has two partners",
            "flip_pairs of a keypoint with itself: 1 (nose and nose)",
        ),
        (
            {"edges": [["nose", "tail"]]},
            "edges: no keypoint is called 'tail'",
            "edges of keypoints that are not listed: 1 (tail)",
        ),
        ({"sigmas": [0.1]}, "sigmas: 1 numbers for 3 keypoints", "1 sigmas for 3 keypoints"),
        (
            {"sigmas": [0.1, 0.0, 0.1]},
            "sigmas: 1 should be greater than 0, not 0.0",
            "sigmas that are not above 0: 1 (0.0)",
        ),
    ],
)
def test_keypoints_that_do_not_agree(
    change: dict[str, Any], said: str, listed: str, dots: Path, tmp_path: Path
) -> None:
    edit_toml(dots / DATASET, update(**change))
    refused(called(tmp_path, *RUN), [f"dots/{DATASET}: {said}"])
    checked = called(tmp_path, *CHECK)
    assert (checked.status, checked.err) == (1, "")
    assert listed in " ".join(checked.out.split())
    assert json.loads(called(tmp_path, *CHECK, "--json").out)["ok"] is False


def test_a_task_that_names_a_dataset_that_is_not_there(dots: Path, tmp_path: Path) -> None:
    edit_toml(dots / TASK, update(dataset="other.toml"))
    refused(called(tmp_path, *RUN), ["dots/other.toml does not exist", "`hrbench list`"])


@pytest.mark.usefixtures("dots")
def test_ap_without_sigmas(tmp_path: Path) -> None:
    ended = called(tmp_path, *RUN, "--set", "protocol.metric=oks")
    refused(ended, ["dots has no sigmas", "no AP", "`hrbench sigmas` estimates them"])


# Files.


@pytest.mark.usefixtures("dots")
def test_no_folder_is_named(tmp_path: Path) -> None:
    words = ["dots: name the folder of its files with --data", "no synthetic set"]
    refused(called(tmp_path, "run", f"dots/{TASK}", "--data", "builtin"), words)
    (tmp_path / "dots" / ANNOTATIONS).rename(tmp_path / ANNOTATIONS)  # not beside its TOML
    refused(called(tmp_path, "run", f"dots/{TASK}"), words)


@pytest.mark.usefixtures("dots")
def test_another_folder_is_named(tmp_path: Path) -> None:
    ended = called(tmp_path, *RUN, "--data", ".")
    refused(ended, ["dots: it is not in . but in dots: use --data dots"])
    checked = called(tmp_path, "check", f"dots/{DATASET}", "--data", "nowhere")
    assert checked.status == 1
    assert "name the folder of its files with --data" in " ".join(checked.out.split())


def test_an_image_that_is_not_there(dots: Path, tmp_path: Path) -> None:
    (dots / "images" / "3.png").unlink()
    ended = called(tmp_path, *RUN)
    refused(ended, ["dots: 1 of", "image files do not exist, the first is dots/images/3.png"])
    checked = called(tmp_path, *CHECK)
    assert "image files that are missing: 1 (images/3.png)" in checked.out
    assert checked.status == 1


def test_one_image_cannot_be_split(dots: Path, tmp_path: Path) -> None:
    def keep_one(content: Any) -> None:
        del content["images"][1:], content["annotations"][1:]

    edit_json(dots / ANNOTATIONS, keep_one)
    words = ["annotations.json lists one image, of which no part can validate: annotate more"]
    refused(called(tmp_path, *RUN), words)
    assert called(tmp_path, *CHECK).status == 1


def test_boxes_that_are_not_there(dots: Path, tmp_path: Path) -> None:
    words = ["protocol.metric 'pixels' measures annotated boxes: --boxes gt"]
    refused(called(tmp_path, *RUN, "--boxes", "boxes.json"), words)
    edit_toml(dots / DATASET, update(sigmas=SIGMAS))
    words = ["--boxes boxes.json: that file does not exist"]
    refused(called(tmp_path, *RUN, "--boxes", "boxes.json"), words)
    refused(called(tmp_path, *RUN, "--boxes", "det"), ["this split names no detections"])
    edit_toml(dots / DATASET, lambda said: said["splits"]["val"].update(detections="found.json"))
    words = ["dots: dots/found.json does not exist; put it there"]
    refused(called(tmp_path, *RUN, "--boxes", "det"), words)


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda c: c["annotations"][0].update(keypoints=[1, 2, 2]), "keypoints that are not 9"),
        (lambda c: c["annotations"][0].update(bbox=[1, 2, 3]), "boxes that are not 4 numbers"),
        (lambda c: c["annotations"][0].pop("image_id"), "annotations without 'image_id': 1"),
        (lambda c: c["images"][0].pop("width"), "images without 'width' and 'height'"),
        (lambda c: c.pop("categories"), "lists that are missing: 1 (categories)"),
    ],
)
def test_annotations_with_a_fault(
    edit: Callable[[Any], object], words: str, dots: Path, tmp_path: Path
) -> None:
    edit_json(dots / ANNOTATIONS, edit)
    refused(called(tmp_path, *RUN), [f"dots/{ANNOTATIONS}", words])


# Converting.


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("31,41", "31", "line 5 has 4 columns, and the header 5"),
        ("30,40", "30,far", "line 4: 'far', the y of tail, is not a number"),
        ("30,40", "30,", "line 4: tail has one of x and y; label both or neither"),
        ("bodyparts", "parts", "none of its first 4 lines begins with 'bodyparts'"),
        ("0.png", "9.png", "9.png is annotated and does not exist"),
    ],
)
def test_a_sheet_of_deeplabcut_with_a_fault(old: str, new: str, words: str, tmp_path: Path) -> None:
    source = write_dots(tmp_path / "dots", 2) / "images" / "CollectedData_ann.csv"
    source.write_text(SHEET.replace(old, new, 1), "utf-8")
    ended = called(tmp_path, "convert", "dots/images", "out")
    refused(ended, ["dots/images", words])


@pytest.mark.usefixtures("dots")
def test_a_source_that_is_not_there_or_not_known(tmp_path: Path) -> None:
    (tmp_path / "labels.h5").write_bytes(b"")
    (tmp_path / "empty").mkdir()
    for source, words in (
        ("gone", "gone does not exist; name a DeepLabCut project"),
        ("labels.h5", "labels.h5 is of a kind that cannot be converted"),
        ("empty", "empty: no annotations in it that are known"),
        ("empty.slp", "empty.slp does not exist"),
    ):
        refused(called(tmp_path, "convert", source, "out"), [words])


def test_a_file_that_is_not_sleaps(tmp_path: Path) -> None:
    (tmp_path / "mice.slp").write_bytes(b"no HDF5")
    refused(called(tmp_path, "convert", "mice.slp", "out"), ["mice.slp is not a SLEAP file"])


@pytest.mark.usefixtures("dots")
def test_a_target_that_is_taken_or_cannot_be_written(tmp_path: Path) -> None:
    source = f"dots/{ANNOTATIONS}"
    refused(called(tmp_path, "convert", source, "dots"), ["is there already; name another folder"])
    (tmp_path / "file").write_text("in its place")
    ended = called(tmp_path, "convert", source, "file")
    refused(ended, ["file cannot be written", "name another"])


# Sigmas.


@pytest.mark.usefixtures("dots")
def test_a_file_without_repeats_gives_no_sigma(tmp_path: Path) -> None:
    ended = called(tmp_path, "sigmas", f"dots/{ANNOTATIONS}")
    refused(ended, [f"dots/{ANNOTATIONS}: no object is annotated twice", "several people"])


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda c: c["categories"][0].pop("keypoints"), "no category has 'keypoints'"),
        (lambda c: c["categories"][0].update(keypoints=3), "are no list of names"),
        (
            lambda c: c["categories"].append({"id": 2, "keypoints": ["a"]}),
            "has categories with different keypoints; make a file of each",
        ),
        (lambda c: c.pop("images"), "lists that are missing: 1 (images)"),
        (lambda c: c["annotations"][0].update(keypoints=[1]), "keypoints that are not 9 numbers"),
    ],
)
def test_a_file_that_names_its_keypoints_wrongly(
    edit: Callable[[Any], object], words: str, dots: Path, tmp_path: Path
) -> None:
    edit_json(dots / ANNOTATIONS, edit)
    refused(called(tmp_path, "sigmas", f"dots/{ANNOTATIONS}"), [f"dots/{ANNOTATIONS}", words])


@pytest.mark.parametrize("content", [None, "", "{", "[]", '{"images": [], "annotations": 3}'])
def test_a_file_that_is_not_coco(content: str | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "a.json").write_text(content)
    refused(called(tmp_path, "sigmas", "a.json"), ["a.json"])
    refused(called(tmp_path, "convert", "a.json", "out"), ["a.json"])
