"""`hrbench convert --split-by`: the dataset's file divides its images by what they share."""

import tomllib
from pathlib import Path

import pytest
from cli.command import called, refused
from dots import ANNOTATIONS, DATASET, TASK
from videos import write_videos

from hrbench import catalog


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = write_videos(tmp_path / "source")
    (folder / DATASET).unlink()
    (folder / TASK).unlink()
    return folder


def test_a_field_divides_what_is_converted(source: Path, tmp_path: Path) -> None:
    ended = called(tmp_path, "convert", f"source/{ANNOTATIONS}", "mice", "--split-by", "video")
    assert ended.status == 0, ended.err
    said = " ".join(ended.out.split())
    assert "divided by video, seed 0: training 25 images of 5 videos; validation 5 images" in said
    dataset = catalog.load_dataset(str(tmp_path / "mice" / DATASET))
    assert dataset.split is not None
    assert (dataset.split.by, dataset.split.validation) == ("video", 0.2)
    assert "usable: train, val" in called(tmp_path, "check", f"mice/{DATASET}").out
    assert source.is_dir()


def test_a_pattern_names_what_it_finds(source: Path, tmp_path: Path) -> None:
    pattern = r"(?P<clip>v\d+)_\d+\.png$"
    ended = called(tmp_path, "convert", f"source/{ANNOTATIONS}", "mice", "--split-by", pattern)
    assert "training 25 images of 5 clips" in " ".join(ended.out.split()), ended.err
    table = tomllib.loads((tmp_path / "mice" / DATASET).read_text("utf-8"))["split"]
    assert (table["by"], table["pattern"]) == ("clip", pattern)
    assert source.is_dir()


def test_nothing_is_left_of_what_cannot_be_divided(source: Path, tmp_path: Path) -> None:
    ended = called(tmp_path, "convert", f"source/{ANNOTATIONS}", "mice", "--split-by", "camera")
    refused(ended, ["--split-by camera: split: no image or annotation has 'camera'"])
    ended = called(tmp_path, "convert", f"source/{ANNOTATIONS}", "mice", "--split-by", "folder")
    refused(ended, ["1 folder (images), and training and validation need 2"])
    ended = called(tmp_path, "convert", f"source/{ANNOTATIONS}", "source", "--split-by", "camera")
    refused(ended, ["has 'camera'"])
    assert sorted(path.name for path in source.iterdir()) == [ANNOTATIONS, "images"]


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (r"(?P<video>.*", r"--split-by (?P<video>.*: no regular expression (missing ), unterm"),
        (r"(.*)_\d+", "A regular expression names the group that it divides by: (?P<video>…)"),
    ],
)
def test_a_pattern_that_is_none_or_names_nothing_is_said_to_be(
    pattern: str, words: str, source: Path, tmp_path: Path
) -> None:
    ended = called(tmp_path, "convert", f"source/{ANNOTATIONS}", "mice", "--split-by", pattern)
    refused(ended, [f"--split-by {pattern}: ", words])
    assert DATASET not in ended.err
    assert source.is_dir()


def test_what_the_source_divides_is_not_divided_again(source: Path, tmp_path: Path) -> None:
    for split in ("train", "val"):
        (source / f"{split}.json").write_bytes((source / ANNOTATIONS).read_bytes())
    (source / ANNOTATIONS).unlink()
    ended = called(tmp_path, "convert", "source", "mice", "--split-by", "video")
    refused(ended, ["--split-by video: the source has splits of its own, which are kept"])
