"""Neighbouring frames of one video in training and validation."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from cli.command import called, refused
from dots import BRIEF, TASK
from videos import divide, write_videos

from hrbench import catalog
from hrbench.begun.options import Options
from hrbench.commands import run as running
from hrbench.commands.check.check import check
from hrbench.errors import DataError
from hrbench.lints.neighbours import by_name, faults

GIVEN: dict[str, Any] = {"overrides": BRIEF, "workers": 0, "device": "cpu"}


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    return write_videos(tmp_path / "videos", frames=8)


def photographs(folder: Path, count: int = 40) -> list[Path]:
    """Pictures that are numbered, and have nothing to do with each other."""
    rng, paths = np.random.default_rng(0), []
    for number in range(count):
        pixels = cv2.resize(rng.integers(0, 250, (8, 8, 3)).astype(np.uint8), (64, 64))
        paths.append(folder / f"IMG_{number:04}.png")
        cv2.imwrite(str(paths[-1]), pixels)
    return paths


def test_names_that_differ_in_a_number_are_neighbours_within_a_second_of_video() -> None:
    training = [Path("a/v1_0010.png"), Path("a/v1_0100.png"), Path("b/v1_0012.png")]
    measured = [Path(f"a/v1_{n:04}.png") for n in (11, 70, 50, 10)]
    measured += [Path("a/v2_0011.png"), Path("a/v1_0011_left.png"), Path("a/cover.png")]
    assert by_name(training, measured) == [
        (Path("a/v1_0011.png"), Path("a/v1_0010.png")),
        (Path("a/v1_0070.png"), Path("a/v1_0100.png")),
    ]


def test_numbered_photographs_are_no_video(tmp_path: Path) -> None:
    paths = photographs(tmp_path)
    assert len(by_name(paths[::2], paths[1::2])) == 20
    assert faults(paths[::2], paths[1::2], grouped=False) == []


def test_frames_stop_a_run_and_check_unless_they_are_allowed(videos: Path, tmp_path: Path) -> None:
    task = f"{videos / TASK}@tiny"
    options = Options(out=str(tmp_path / "out"), data=str(videos), **GIVEN)
    with pytest.raises(DataError, match=r"frames of a video beside .* `--allow neighbours` goes"):
        running.run(task, options)
    assert not (tmp_path / "out").exists()
    ended = called(tmp_path, "check", "videos/dataset.toml")
    assert ended.status == 1
    said = " ".join(ended.out.split())
    assert "frames of a video beside others that are trained on" in said
    assert "v0_0004.png beside v0_0" in said or " beside v" in said
    allowed = called(tmp_path, "check", "videos/dataset.toml", "--allow", "neighbours")
    assert allowed.status == 0
    refused(called(tmp_path, "run", f"videos/{TASK}@tiny", "--data", "videos"), ["neighbours"])


def test_a_record_says_that_frames_were_allowed(videos: Path, tmp_path: Path) -> None:
    options = Options(out=str(tmp_path / "out"), data=str(videos), allow=("neighbours",), **GIVEN)
    done = running.run(f"{videos / TASK}@tiny", options)
    assert done is not None
    assert any("(--allow neighbours)" in note for note in done[0].notes)


def test_videos_that_are_kept_apart_have_none(videos: Path) -> None:
    divide(videos, by="video", validation=0.34)
    report = check(str(videos / "dataset.toml"), str(videos), images=False)
    assert report.ok
    assert "beside others" not in report.text()


def test_groups_that_a_user_has_named_are_not_refused(videos: Path) -> None:
    divide(videos, by="side", pattern=r"\d(?P<side>[0-3])\.png|\d(?P<other>[4-7])\.png")
    report = check(str(videos / "dataset.toml"), str(videos), images=False)
    assert report.ok
    assert "beside others" in " ".join(report.text().split())


@pytest.mark.parametrize("name", ["coco", "300w"])
def test_official_splits_are_what_they_are(name: str) -> None:
    report = check(name, "builtin", images=False)
    assert catalog.is_published(catalog.load_dataset(name))
    assert "beside others" not in report.text()
