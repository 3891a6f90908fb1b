"""What is wrong with MPII's files is said in one sentence, and nothing is left behind."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cli.command import called, refused
from cli.trees import (
    change,
    copied,
    cut_short,
    measured,
    ran,
    refused_to_run,
)
from scipy.io import loadmat, savemat

HEADS, VALID, TRAIN = "annot/gt_valid.mat", "annot/valid.json", "annot/train.json"
HTML = b"<!DOCTYPE html><html><body>Sign in to go on</body></html>"


@pytest.fixture
def mpii(tmp_path: Path) -> Path:
    return copied("mpii", tmp_path)


# The truth, in MATLAB's format.


@pytest.mark.parametrize("share", [0.01, 0.3, 0.9])
def test_a_truth_that_is_cut_short(share: float, mpii: Path, tmp_path: Path) -> None:
    cut_short(mpii / HEADS, share)
    words = (f"data/mpii/{HEADS} is no MATLAB file, or it is cut short", "fetch it again")
    refused_to_run(tmp_path, "mpii-pose", *words)


@pytest.mark.parametrize("content", [b"", HTML])
def test_a_download_page_under_the_truth_s_name(content: bytes, mpii: Path, tmp_path: Path) -> None:
    (mpii / HEADS).write_bytes(content)
    refused_to_run(tmp_path, "mpii-pose", f"data/mpii/{HEADS} is no MATLAB file")


def test_a_truth_in_matlab_s_newer_format(mpii: Path, tmp_path: Path) -> None:
    start = b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM"
    (mpii / HEADS).write_bytes(start.ljust(2048))
    refused_to_run(tmp_path, "mpii-pose", HEADS, "MATLAB 7.3", "-v7")


def test_a_truth_of_other_persons(mpii: Path, tmp_path: Path) -> None:
    content = loadmat(str(mpii / HEADS))
    count = content["jnt_missing"].shape[1]
    fewer = {key: content[key][..., :-1] for key in ("pos_gt_src", "headboxes_src", "jnt_missing")}
    savemat(mpii / HEADS, fewer)
    words = f"{HEADS} is of {count - 1} persons and the annotations beside it of {count}"
    refused_to_run(tmp_path, "mpii-pose", words)


def test_a_truth_without_heads(mpii: Path, tmp_path: Path) -> None:
    content = loadmat(str(mpii / HEADS))
    savemat(mpii / HEADS, {key: content[key] for key in ("pos_gt_src", "jnt_missing")})
    refused_to_run(tmp_path, "mpii-pose", f"{HEADS} has no variable 'headboxes_src'")


def test_no_truth_at_all_is_no_reason_not_to_train(mpii: Path, tmp_path: Path) -> None:
    (mpii / HEADS).unlink()
    ended = ran(tmp_path, "mpii-pose", "--out", "runs", "--json")
    assert ended.status == 0, ended.err
    answered = json.loads(ended.out)
    headline = answered["record"]["metrics"]["PCKh@0.5"]
    assert headline["value"] is None
    assert f"data/mpii/{HEADS} does not exist" in headline["reason"]
    assert f"data/mpii/{HEADS} does not exist" in ended.err
    assert "Training goes on without it, and gives no figure." in ended.err
    refused(called(tmp_path, "score", answered["run"]), [f"data/mpii/{HEADS} does not exist"])
    again = measured(tmp_path, "mpii-pose", Path(answered["run"]))
    refused(again, [f"data/mpii/{HEADS} does not exist"])


# The annotations.


def first(key: str, value: object) -> Callable[[Any], object]:
    return lambda rows: rows[0].update({key: value})


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda rows: rows[2].pop("joints"), "persons without 'joints': 1 (row 2)"),
        (first("scale", "2"), "'scale' is not a finite number other than 0: 1 (row 0)"),
        (first("scale", float("nan")), "'scale' is not a finite number other than 0: 1 (row 0)"),
        (first("center", [1]), "'center' is not two finite numbers: 1 (row 0)"),
        (first("joints", [[1, 2]] * 15), "'joints' is not 16 pairs of finite numbers: 1 (row 0)"),
        (first("joints_vis", [2] * 16), "'joints_vis' is not 16 times 0 or 1: 1 (row 0)"),
        (first("image", 7), "'image' is not"),
        (lambda rows: rows.append("text"), "persons"),
        (lambda rows: rows.clear(), "no person is listed"),
    ],
)
@pytest.mark.parametrize("place", [VALID, TRAIN])
def test_persons_with_a_fault(
    place: str, edit: Callable[[Any], object], words: str, mpii: Path, tmp_path: Path
) -> None:
    change(mpii / place, edit)
    refused_to_run(tmp_path, "mpii-pose", f"data/mpii/{place}: ", words)


@pytest.mark.parametrize("content", ["{}", '"text"', '{"images": [], "annotations": []}'])
def test_annotations_that_are_no_list(content: str, mpii: Path, tmp_path: Path) -> None:
    (mpii / VALID).write_text(content)
    words = f"data/mpii/{VALID}: the file is not MPII's list of persons"
    refused_to_run(tmp_path, "mpii-pose", words)


def test_annotations_that_are_cut_short(mpii: Path, tmp_path: Path) -> None:
    cut_short(mpii / TRAIN, 0.5)
    refused_to_run(tmp_path, "mpii-pose", f"data/mpii/{TRAIN} is not JSON", "line ")


def test_nobody_with_a_joint(mpii: Path, tmp_path: Path) -> None:
    change(mpii / TRAIN, lambda rows: [row.update(joints_vis=[0] * 16) for row in rows])
    refused_to_run(tmp_path, "mpii-pose", TRAIN, "nobody with a joint to train on")


# Images, boxes, parts that are missing.


def test_an_image_that_is_not_there(mpii: Path, tmp_path: Path) -> None:
    name = json.loads((mpii / VALID).read_text("utf-8"))[0]["image"]
    (mpii / "images" / name).unlink()
    words = ("mpii: 1 of 4 image files do not exist", f"mpii/images/{name}", "hrbench check mpii")
    refused_to_run(tmp_path, "mpii-pose", *words)


def test_an_image_that_is_cut_short(mpii: Path, tmp_path: Path) -> None:
    name = json.loads((mpii / TRAIN).read_text("utf-8"))[0]["image"]
    cut_short(mpii / "images" / name, 0.5)
    refused_to_run(tmp_path, "mpii-pose", f"mpii/images/{name}")


@pytest.mark.parametrize("place", [VALID, TRAIN, "images"])
def test_a_part_that_is_not_there_says_who_issues_it(
    place: str, mpii: Path, tmp_path: Path
) -> None:
    (mpii / place).rename(tmp_path / "elsewhere")
    refused(ran(tmp_path, "mpii-pose"), [f"mpii: data/mpii/{place} does not exist", "https://"])


@pytest.mark.parametrize("boxes", ["det", "detections.json"])
def test_boxes_other_than_the_annotated_ones(boxes: str, mpii: Path, tmp_path: Path) -> None:
    words = "MPII is measured on its annotated centres and sizes: --boxes gt"
    refused_to_run(tmp_path, "mpii-pose", words, more=("--boxes", boxes))
    assert mpii.is_dir()


def test_a_split_that_mpii_does_not_have(mpii: Path, tmp_path: Path) -> None:
    words = "no split of mpii is called 'valid'. Did you mean 'val'?"
    refused_to_run(tmp_path, "mpii-pose", words, more=("--split", "valid"))
    assert mpii.is_dir()


# The protocol, and files that changed after a run.


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("protocol.metric=pixels", "mpii, of format 'mpii', is measured by pckh, not 'pixels'"),
        ('protocol.extra_data=["aic"]', "protocol.extra_data: mpii is trained on by itself"),
        ("protocol.pixels=official", "protocol.pixels is how faces are cut and read back"),
        ("protocol.scales=[0.0, 1.0]", "protocol.scales"),
        ("protocol.scales=[]", "protocol.scales"),
    ],
)
def test_a_protocol_that_does_not_fit(value: str, words: str, mpii: Path, tmp_path: Path) -> None:
    refused_to_run(tmp_path, "mpii-pose", words, more=("--set", value))
    assert mpii.is_dir()


def fewer(mpii: Path) -> None:
    """Take the last person out of both files."""
    change(mpii / VALID, lambda rows: rows.pop())
    content = loadmat(str(mpii / HEADS))
    names = ("pos_gt_src", "headboxes_src", "jnt_missing")
    savemat(mpii / HEADS, {name: content[name][..., :-1] for name in names})


def moved(mpii: Path) -> None:
    change(mpii / VALID, first("center", [50.0, 50.0]))


@pytest.mark.parametrize("edit", [fewer, moved])
@pytest.mark.parametrize("more", [(), ("--decoder", "dark")])
def test_files_that_changed_after_the_run_that_is_scored(
    edit: Callable[[Path], None], more: tuple[str, ...], mpii: Path, tmp_path: Path
) -> None:
    run = json.loads(ran(tmp_path, "mpii-pose", "--out", "runs", "--keep-peaks", "--json").out)
    edit(mpii)
    words = ["the files of mpii in", "are not those that it was run on", "or run again"]
    refused(called(tmp_path, "score", run["run"], *more), words)
