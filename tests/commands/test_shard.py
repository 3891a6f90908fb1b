"""`hrbench shard`: a run on the shards is the run on the files."""

import csv
import errno
import json
import os
import shutil
import tarfile
from pathlib import Path
from typing import Any

import pytest
from cli.command import called
from worlds import small_world

from hrbench import catalog
from hrbench.commands.shard import shard
from hrbench.data.shards import INDEX
from hrbench.errors import RunError
from hrbench.formats.imagenet import reading
from hrbench.formats.location import DataRoot
from hrbench.spec import ClassificationTask


def sharded(dataset: str, data: Path, out: Path, *more: str) -> Path:
    ended = called(out.parent, "shard", dataset, str(data), "-o", str(out), *more)
    assert ended.status == 0, ended.err
    return out


def ran(task: str, data: Path, out: Path) -> tuple[dict[str, Any], list[str]]:
    """The record of a run, and the losses of its log."""
    out.mkdir()
    flags = ["--epochs", "2", "--workers", "2", "--set", "recipe.batch_size=8", "--device", "cpu"]
    ended = called(out, "run", task, "--data", str(data), *flags, "--json")
    assert ended.status == 0, ended.err
    said = json.loads(ended.out)
    with Path(out, said["run"], "log.csv").open(encoding="utf-8") as file:
        return said["record"], [row["loss"] for row in csv.DictReader(file)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("task", "dataset", "images"),
    [("coco-pose@tiny", "coco", 16), ("imagenet@tiny", "imagenet", 48)],
)
def test_a_run_on_shards_has_the_losses_and_figures_of_one_on_files(
    task: str, dataset: str, images: int, tmp_path: Path
) -> None:
    data = small_world(images, dataset)
    shards = sharded(dataset, data, tmp_path / "shards", "--size", "0.05MB")
    assert not list(shards.rglob("*.jpg")) + list(shards.rglob("*.JPEG"))
    assert len(list(shards.rglob("*.tar"))) > 3
    (one, losses), (other, same) = (
        ran(task, place, tmp_path / name) for name, place in (("a", data), ("b", shards))
    )
    assert losses
    assert same == losses
    for key in ("metrics", "groups", "n", "dataset", "weights", "synthetic"):
        assert other[key] == one[key]


@pytest.mark.parametrize("dataset", ["coco", "imagenet", "mpii", "300w"])
def test_a_check_of_shards_says_what_a_check_of_files_says(dataset: str, tmp_path: Path) -> None:
    data = small_world(16, dataset)
    shards = sharded(dataset, data, tmp_path / "shards")
    said = []
    for place in (data, shards):
        ended = called(tmp_path, "check", dataset, "--data", str(place), "--images", "--json")
        said.append((ended.status, json.loads(ended.out) | {"folder": ""}))
    assert said[0] == said[1]
    assert all(split["images"]["decoded"] for split in said[1][1]["splits"] if dataset == "coco")


def test_classes_are_written_beside_pictures_and_read_from_their_folders(tmp_path: Path) -> None:
    data = small_world(48, "imagenet")
    shards = sharded("imagenet", data, tmp_path / "shards")
    spec = catalog.load_task("imagenet@tiny")
    assert isinstance(spec, ClassificationTask)
    dataset = catalog.load_dataset("imagenet")
    one, other = (
        reading.read(dataset, DataRoot(place, synthetic=True), "train").pictures
        for place in (data, shards)
    )
    names = [path.relative_to(data) for path in one.images]
    assert [path.relative_to(shards) for path in other.images] == names
    assert other.labels.tolist() == one.labels.tolist()


def test_shards_that_others_made_are_read_as_the_files_are(tmp_path: Path) -> None:
    data = small_world(48, "imagenet")
    shards = sharded("imagenet", data, tmp_path / "shards")
    for place in shards.rglob(INDEX):
        place.unlink()
    ended = called(tmp_path, "shard", "imagenet", str(shards))
    assert ended.status == 0, ended.err
    assert "60 files in 2 shards" in ended.out
    said = []
    for place in (data, shards):
        ended = called(tmp_path, "check", "imagenet", "--data", str(place), "--images", "--json")
        said.append(json.loads(ended.out) | {"folder": ""})
    assert said[0] == said[1]


def test_a_tar_of_a_whole_folder_is_read_as_one_of_what_is_in_it(tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(small_world(), data)
    for place in (data / "coco/images").iterdir():
        with tarfile.open(place.with_suffix(".tar"), "w") as tar:
            tar.add(place, place.name)
        shutil.rmtree(place)
        place.mkdir()
        place.with_suffix(".tar").replace(place / "all.tar")
    assert called(tmp_path, "shard", "coco", str(data)).status == 0
    said = []
    for folder in (small_world(), data):
        ended = called(tmp_path, "check", "coco", "--data", str(folder), "--images", "--json")
        said.append(json.loads(ended.out) | {"folder": ""})
    assert said[0] == said[1]
    assert said[1]["splits"][0]["images"]["decoded"]


def test_an_image_that_is_not_in_the_shards_is_named(tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(small_world(), data)
    (gone,) = sorted((data / "coco/images/val2017").glob("*.jpg"))[:1]
    gone.unlink()
    shards = sharded("coco", data, tmp_path / "shards")
    ended = called(tmp_path, "run", "coco-pose@tiny", "--data", str(shards), "--epochs", "1")
    assert ended.status == 1
    assert f"coco: 1 of 4 image files do not exist, the first is {shards}/coco" in ended.err
    assert gone.name in ended.err


def test_a_run_on_shards_that_are_cut_short_does_not_begin(tmp_path: Path) -> None:
    shards = sharded("coco", small_world(), tmp_path / "shards")
    tar = shards / "coco/images/train2017/train2017-000000.tar"
    tar.write_bytes(tar.read_bytes()[:-1000])
    for words in (["run", "coco-pose@tiny", "--epochs", "1"], ["check", "coco"]):
        ended = called(tmp_path, *words, "--data", str(shards))
        assert ended.status == 1
        assert f"Error: {tar} has " in ended.err
        assert "Traceback" not in ended.err


def test_a_changed_image_is_listed_by_check_and_stops_a_run(tmp_path: Path) -> None:
    shards = sharded("coco", small_world(), tmp_path / "shards")
    tar = shards / "coco/images/val2017/val2017-000000.tar"
    content = bytearray(tar.read_bytes())
    content[1000] ^= 1
    tar.write_bytes(content)
    ended = called(tmp_path, "check", "coco", "--data", str(shards), "--images", "--json")
    (split,) = (one for one in json.loads(ended.out)["splits"] if one["name"] == "val2017")
    assert [fault["count"] for fault in split["faults"]] == [1]
    assert split["faults"][0]["kind"] == "image files that cannot be decoded"
    ended = called(tmp_path, "run", "coco-pose@tiny", "--epochs", "1", "--data", str(shards))
    assert ended.status == 1
    assert f"{tar}: " in ended.err
    assert "is not as it was written; copy it again" in ended.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["cofw", "data", "-o", "out"], "cofw has no folders of images to put into shards"),
        (["coco", "data", "-o", "out", "--size", "1TB"], "--size 1TB: say it as 1GB or 500MB"),
        (["coco", "data", "-o", "out", "--size", "0GB"], "--size 0GB: say it as 1GB or 500MB"),
        (["coco", "data", "-o", "out", "--size", "0.0000001MB"], "say it as 1GB or 500MB"),
        (["coco", "data", "-o", "out", "--size", "9" * 400 + "GB"], "say it as 1GB or 500MB"),
        (["mpii", "data", "-o", "out"], "mpii: data/mpii/images does not exist"),
        (["coco", "data", "-o", "data"], "data/coco is there already and is not empty"),
        (["coco", "data", "-o", "data/coco/x"], "data/coco/x/coco is inside of what is read"),
        (["coco", "once", "-o", "out"], "once/coco/images/test2017 is in shards already; to index"),
        (["coco", "data"], "data/coco/images/test2017 has no tar files to index; --out DIR writes"),
        (
            ["aflw", "tars", "-o", "out"],
            "tars/aflw/images has tar files; without --out their index",
        ),
        (["aflw", "tars"], "tars/aflw/images/0.tar is no whole tar file"),
        (["cocoa", "data", "-o", "out"], "no dataset is called 'cocoa'"),
    ],
    ids=lambda value: " ".join(value)[:60] if isinstance(value, list) else "",
)
def test_what_cannot_be_put_into_shards_is_said(
    arguments: list[str], words: str, tmp_path: Path
) -> None:
    shutil.copytree(small_world(), tmp_path / "data")
    (tmp_path / "once/coco/images/test2017").mkdir(parents=True)
    (tmp_path / "once/coco/images/test2017" / INDEX).touch()
    (tmp_path / "tars/aflw/images").mkdir(parents=True)
    (tmp_path / "tars/aflw/images/0.tar").write_bytes(b"none")
    ended = called(tmp_path, "shard", *arguments)
    assert ended.status == 1
    assert words in ended.err
    assert not ended.new


def test_a_folder_that_cannot_be_listed_is_not_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    shutil.copytree(small_world(), data)
    closed = data / "coco/images/train2017/closed"
    closed.mkdir()
    scan = os.scandir

    def refused(place: Any = ".") -> Any:
        if place == str(closed):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), os.fspath(closed))
        return scan(place)

    monkeypatch.setattr(os, "scandir", refused)
    with pytest.raises(RunError, match="closed cannot be read or written: Permission denied"):
        shard("coco", data, tmp_path / "out", size="1GB")
    monkeypatch.undo()
    assert not list((tmp_path / "out").iterdir())
