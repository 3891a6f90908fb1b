"""Images that are decoded beforehand, and the runs that take them."""

import csv
import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from cli.command import called
from dots import BRIEF, write_dots
from worlds import SMALL, landmarks, small_weights, small_world

from hrbench.data.loader import (
    ImageCrops,
    TrainingCrops,
    order,
    prediction_batches,
    rows_by_image,
)
from hrbench.data.prepared import PIXELS
from hrbench.data.prepared_fit import opened
from hrbench.data.preparing import planned, write
from hrbench.kinds.contract import EVALUATION, TRAINING
from hrbench.kinds.landmarks.task import Landmarks

OFFICIAL, TINY = ("protocol.pixels=official",), "coco-pose@tiny"
TASKS: list[Any] = [  # with the dataset whose world is small, and what is set besides
    ("coco-pose@w32-256x192", "coco", ()),
    ("coco-pose@w32-256x192-udp", "coco", ()),
    ("mpii-pose@w32-256x256", "mpii", ()),
    ("crowdpose@w32-256x192", "crowdpose", ()),
    ("300w@w18-256x256", "300w", ()),
    ("300w@w18-256x256", "300w", OFFICIAL),
    ("wflw@w18-256x256", "wflw", OFFICIAL),
    ("cofw@w18-256x256", "cofw", ()),
    ("cofw@w18-256x256", "cofw", OFFICIAL),
    ("aflw@w18-256x256", "aflw", OFFICIAL),
    pytest.param("h36m-pose@w32-256x256", "h36m", (), marks=pytest.mark.slow),
]


def crops(task: Landmarks, place: Path | None) -> list[dict[str, Any]]:
    """All crops of two epochs and of the evaluation, from images prepared in a folder, or not."""
    evaluation = task.evaluation()
    training = task.training(evaluation)
    if place is not None:
        sets, found = task.wanted(evaluation, training), {}
        for part, wanted in sets.items():
            list(write(wanted, planned(wanted), place / part, 0))
            found[part] = opened(place / part, wanted)
        assert set(found) == {TRAINING, EVALUATION}
        evaluation, with_images = task.from_prepared(evaluation, training, found)
        assert with_images is not None
        training = with_images
    feed = training.feed
    assert isinstance(feed, TrainingCrops)
    rows = [order(len(feed), 0, epoch) for epoch in (0, 1)]
    batches = [next(feed.batches([rows[e]], e, workers=0, pin=False)) for e in (0, 1)]
    seen = ImageCrops(evaluation.people, task.pixels.cutting)
    images = rows_by_image(evaluation.people)
    cut = [pixels for _, pixels in prediction_batches(seen, list(images), 8, workers=0, pin=False)]
    return [
        *({key: getattr(batch, key) for key in ("images", "keypoints")} for batch in batches),
        *({"images": pixels} for pixels in cut),
    ]


@pytest.mark.parametrize(
    ("name", "dataset", "overrides"),
    TASKS,
)
def test_crops_are_those_of_the_files_to_the_bit(
    name: str, dataset: str, overrides: tuple[str, ...], tmp_path: Path
) -> None:
    task = landmarks(name, small_world(16, dataset), *overrides)
    for ours, theirs in zip(crops(task, tmp_path), crops(task, None), strict=True):
        assert ours.keys() == theirs.keys()
        for key, values in ours.items():
            assert torch.equal(values, theirs[key]), key


@pytest.fixture
def cache(tmp_path: Path) -> dict[str, str]:
    return {"HRBENCH_CACHE": str(tmp_path / "cache")}


def prepared(tmp_path: Path, cache: dict[str, str], *arguments: str) -> Any:
    """What `hrbench prepare` says in JSON of each part."""
    ended = called(tmp_path, "prepare", *arguments, "--json", **cache)
    assert ended.status == 0, ended.err
    return {one.pop("part"): one for one in json.loads(ended.out)["sets"]}


def ran(tmp_path: Path, cache: dict[str, str], *arguments: str) -> tuple[Any, str, Path]:
    """The record of a run, what it said, and its folder."""
    command = ("run", *arguments, "--workers", "1", "--device", "cpu", "--json")
    ended = called(tmp_path, *command, **cache)
    assert ended.status == 0, ended.err
    said = json.loads(ended.out)
    return said["record"], ended.err, Path(tmp_path, said["run"])


def losses(folder: Path) -> list[str]:
    with (folder / "log.csv").open(encoding="utf-8") as file:
        return [row["loss"] for row in csv.DictReader(file)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "dataset", "keys"),
    [(TINY, "coco", ()), ("300w@tiny", "300w", OFFICIAL)],
    ids=["persons", "official faces"],
)
def test_a_run_of_prepared_images_has_the_same_losses_weights_and_figures(
    name: str, dataset: str, keys: tuple[str, ...], tmp_path: Path, cache: dict[str, str]
) -> None:
    sets = [word for key in (*SMALL, *keys) for word in ("--set", key)]
    task = (name, "--data", str(small_world(16, dataset)), *sets)
    before, said, plain = ran(tmp_path, cache, *task)
    assert "prepared" not in said
    assert "prepared" not in before["execution"]
    made = prepared(tmp_path, cache, *task)
    after, said, ready = ran(tmp_path, cache, *task)
    for part in (TRAINING, EVALUATION):
        assert f"{part}: images are read as prepared in {made[part]['folder']}" in said
    assert after["execution"]["prepared"] == [EVALUATION, TRAINING]
    assert losses(ready) == losses(plain)
    assert len(losses(ready)) > 0
    # The seal is of weights, protocol and figures.
    assert (after["seal"], after["metrics"]) == (before["seal"], before["metrics"])


def test_images_are_prepared_once_and_where_runs_find_them(
    tmp_path: Path, cache: dict[str, str]
) -> None:
    task = (TINY, "--data", str(small_world()))
    sizes = prepared(tmp_path, cache, *task, "--size")
    assert not (tmp_path / "cache").exists()
    assert [one["prepared"] for one in sizes.values()] == [False, False]
    first = prepared(tmp_path, cache, *task)
    for part, one in first.items():
        pixels = Path(one["folder"], PIXELS)
        assert pixels.is_relative_to(tmp_path / "cache" / "prepared")
        assert len(np.load(pixels, mmap_mode="r")) == one["bytes"] == sizes[part]["bytes"]
    times = {part: Path(one["folder"], PIXELS).stat().st_mtime_ns for part, one in first.items()}
    again = prepared(tmp_path, cache, *task)
    assert again == first
    assert times == {
        part: Path(one["folder"], PIXELS).stat().st_mtime_ns for part, one in again.items()
    }
    checked = called(tmp_path, "prepare", *task, "--check", **cache)
    assert checked.status == 0
    assert checked.out.count("as its checksums say") == 2


def test_another_folder_is_found_by_what_comes_after(tmp_path: Path, cache: dict[str, str]) -> None:
    task = (TINY, "--data", str(small_world()), "--part", EVALUATION)
    there = prepared(tmp_path, cache, *task, "--out", "elsewhere")[EVALUATION]
    assert Path(there["folder"]).parent == tmp_path / "elsewhere"
    assert prepared(tmp_path, cache, *task)[EVALUATION] == there
    weights = ("--weights", str(small_weights(TINY)))
    record, said, _ = ran(tmp_path, cache, *task[:3], *weights)
    assert f"images are read as prepared in {there['folder']}" in said
    assert record["execution"]["prepared"] == [EVALUATION]


@pytest.mark.slow
def test_a_run_says_why_it_reads_the_files_and_preparing_mends_it(
    tmp_path: Path, cache: dict[str, str]
) -> None:
    data = tmp_path / "data"
    shutil.copytree(small_world(), data)
    weights = ("--weights", str(small_weights(TINY)), "--limit", "2")
    task = (TINY, "--data", str(data))
    folder = prepared(tmp_path, cache, *task, "--part", EVALUATION)[EVALUATION]["folder"]
    picture = min((data / "coco" / "images" / "val2017").iterdir())
    os.utime(picture, (1, 1))
    record, said, _ = ran(tmp_path, cache, *task, *weights)
    assert f"the images prepared in {folder} are not used: 1 of the images" in said
    assert "`hrbench prepare` writes them anew" in said
    assert "prepared" not in record["execution"]
    prepared(tmp_path, cache, *task, "--part", EVALUATION)
    record, said, _ = ran(tmp_path, cache, *task, *weights)
    assert record["execution"]["prepared"] == [EVALUATION]
    wider = ("--set", "protocol.padding=1.5")
    assert "crops of this task" in ran(tmp_path, cache, *task, *weights, *wider)[1]


def test_ones_own_keypoints_are_prepared_too(tmp_path: Path, cache: dict[str, str]) -> None:
    task = str(write_dots(tmp_path / "dots") / "task.toml")
    keys = [word for key in BRIEF for word in ("--set", key)]
    made = prepared(tmp_path, cache, f"{task}@tiny", *keys)
    assert {part: one["images"] for part, one in made.items()} == {TRAINING: 8, EVALUATION: 2}
    record, _, _ = ran(tmp_path, cache, f"{task}@tiny", *keys)
    assert record["execution"]["prepared"] == [EVALUATION, TRAINING]


@pytest.mark.parametrize(
    ("name", "dataset", "words"),
    [
        pytest.param(
            *("h36m-lift@tiny", "h36m", "h36m-lift: nothing to prepare, it reads no images"),
            marks=pytest.mark.slow,
        ),
        ("imagenet@tiny", "imagenet", "imagenet: nothing to prepare, a part of any size"),
    ],
)
def test_a_task_without_crops_of_persons_or_faces_says_so(
    name: str, dataset: str, words: str, tmp_path: Path, cache: dict[str, str]
) -> None:
    ended = called(tmp_path, "prepare", name, "--data", str(small_world(16, dataset)), **cache)
    assert (ended.status, ended.out) == (1, "")
    assert words in ended.err


def test_what_is_damaged_is_named(tmp_path: Path, cache: dict[str, str]) -> None:
    task = (TINY, "--data", str(small_world()), "--part", EVALUATION)
    nothing = called(tmp_path, "prepare", *task, "--check", **cache)
    assert nothing.status == 1
    assert "evaluation: nothing is prepared in" in nothing.err
    folder = Path(prepared(tmp_path, cache, *task)[EVALUATION]["folder"])
    stored = np.load(folder / PIXELS, mmap_mode="r+")
    stored[-1] = 255 - stored[-1]
    stored.flush()
    damaged = called(tmp_path, "prepare", *task, "--check", **cache)
    assert damaged.status == 1
    assert f"{folder / PIXELS} is damaged at coco/images/val2017/" in damaged.err
