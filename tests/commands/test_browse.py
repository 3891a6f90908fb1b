"""`browse`: samples of every kind of task on one page, read as a browser's parser reads it."""

import base64
import io
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from cli.command import called, refused
from dots import DATASET, write_dots
from numpy.typing import NDArray
from PIL import Image
from worlds import ran, release_of_300w, small_weights, small_world

from hrbench import catalog
from hrbench.begun.options import Options
from hrbench.draw.browsed import Browsed, Shown, chosen
from hrbench.draw.drawing import LEFT, RIGHT
from hrbench.draw.landmark_sheets import HEAT
from hrbench.formats import location
from hrbench.kinds.registry import kind_of, task_of
from hrbench.road.resolve import resolve

Drawn = NDArray[np.uint8]
EPOCHS = ["epoch 1", "epoch 1, its targets", "epoch 2", "epoch 2, its targets"]


class Read(HTMLParser):
    """Headings of samples with their sentences and pictures, and what is loaded from outside."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.samples: dict[str, dict[str, Drawn]] = {}
        self.words: dict[str, str] = {}
        self.outside: list[str] = []
        self._heading, self._tag, self._picture = "", "", ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        places = [said[key] or "" for key in ("src", "href") if key in said]
        self.outside += [place for place in places if not place.startswith(("data:", "#"))]
        self._tag = tag
        if tag == "img":
            self._picture = str(said["src"])

    def handle_data(self, data: str) -> None:
        if self._tag == "h2":
            self._heading, self._tag = data.strip(), ""
            self.words[self._heading] = ""
        elif self._tag == "figcaption":
            content = base64.b64decode(self._picture.partition(",")[2])
            pixels = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
            self.samples.setdefault(self._heading, {})[data.strip()] = pixels
            self._tag = ""
        elif self._heading:
            self.words[self._heading] += data


def browsed(folder: Path, *arguments: str) -> Read:
    ended = called(folder, "browse", *arguments, "-o", "page.html", "--force")
    assert ended.status == 0, ended.err
    assert "look at: page.html" in ended.out
    return Read((folder / "page.html").read_text("utf-8"))


OF_KEYPOINTS = pytest.mark.parametrize(
    ("task", "dataset"),
    [
        *(("coco-pose", "coco"), ("crowdpose", "crowdpose"), ("mpii-pose", "mpii")),
        *(("300w", "300w"), ("wflw", "wflw"), ("cofw", "cofw"), ("aflw", "aflw")),
    ],
)


@OF_KEYPOINTS
def test_both_sides_are_in_their_colours(task: str, dataset: str) -> None:
    options = Options(data=str(small_world(dataset=dataset)))
    spec, said = resolve(catalog.task_file(task), options)
    data_root = location.locate(said, options.data, spec.builtin)
    looked = kind_of(spec).browsed(task_of(spec, said, data_root, options))
    pictures = [looked.show(row).pictures for row in range(4)]
    for name, least in (("as annotated", 200), ("epoch 1", 20)):
        for side in (LEFT, RIGHT):
            assert sum(int((p[name] == side).all(axis=2).sum()) for p in pictures) > least
    plain = [p["epoch 1, its targets"] for p in pictures]
    assert sum(int((p == side).all(axis=2).sum()) for p in plain for side in (LEFT, RIGHT)) < 5


@OF_KEYPOINTS
def test_keypoints_are_shown_as_annotated_as_trained_on_and_as_targets(
    task: str, dataset: str, tmp_path: Path
) -> None:
    read = browsed(tmp_path, task, "--data", str(small_world(dataset=dataset)), "-n", "3")
    assert read.outside == []
    assert len(read.samples) == 3
    for pictures in read.samples.values():
        assert [*pictures] == ["as annotated", *EPOCHS]
        height, width = catalog.load_task(task).plain()["model"]["input"]
        assert pictures["epoch 1"].shape[0] / pictures["epoch 1"].shape[1] == pytest.approx(
            height / width, rel=0.02
        )
    red = [
        [np.mean(p[name][..., 0] > p[name][..., 1] + 60) for p in read.samples.values()]
        for name in ("epoch 1, its targets", "epoch 1")
    ]
    assert np.mean(red[0]) > np.mean(red[1]) + 0.02
    assert tuple(HEAT) == (60, 60, 255)


@pytest.mark.slow
def test_frames_are_shown_with_their_joints_and_in_a_mirror(tmp_path: Path) -> None:
    data = small_world(8, "h36m")
    read = browsed(tmp_path, "h36m-lift@tiny", "--data", str(data), "-n", "2")
    ((name, pictures), _) = read.samples.items()
    assert [*pictures][:2] == ["keypoints given", "joints, as the camera sees them"]
    assert [*pictures][3] == "in a mirror: keypoints given"
    given, turned = pictures["keypoints given"], pictures["in a mirror: keypoints given"]
    assert np.abs(given.astype(int) - turned).mean() > 1
    assert re.fullmatch(r"S\d/\w+( \d)?/\d+/\d+", name)
    again = browsed(tmp_path, "h36m-lift@tiny", "--data", str(data), "--id", name)
    assert [*again.samples] == [name]
    assert np.array_equal(again.samples[name]["keypoints given"], given)


def test_pictures_are_shown_whole_and_in_part_with_their_class(tmp_path: Path) -> None:
    read = browsed(tmp_path, "imagenet@tiny", "--data", str(small_world(48, "imagenet")), "-n", "2")
    for pictures in read.samples.values():
        whole, *parts = pictures
        assert whole in catalog.load_dataset("imagenet").classes.values()
        assert parts == [f"epoch 1: {whole}", f"epoch 2: {whole}"]


def test_a_release_of_pts_files_is_shown_too(tmp_path: Path) -> None:
    release = release_of_300w(small_world(dataset="300w"), tmp_path)
    assert (
        len(browsed(tmp_path, "300w", "--data", str(release), "--split", "full", "-n", "2").samples)
        == 2
    )


def test_the_crops_are_those_that_a_training_with_the_seed_gets(tmp_path: Path) -> None:
    where = ("coco-pose@tiny", "--data", str(small_world()))
    (name, first), *_ = browsed(tmp_path, *where, "-n", "1").samples.items()
    same = browsed(tmp_path, *where, "--id", name).samples[name]
    other = browsed(tmp_path, *where, "--id", name, "--seed", "1").samples[name]
    still = ["--set", "augment.rotation=0", "--set", "augment.scale=0", "--set", "augment.flip=0"]
    still += ["--set", "augment.half_body=0"]
    plain = browsed(tmp_path, *where, "--id", name, *still).samples[name]
    assert all(np.array_equal(first[words], same[words]) for words in first)
    assert np.array_equal(first["as annotated"], other["as annotated"])
    assert not np.array_equal(first["epoch 1"], other["epoch 1"])
    assert not np.array_equal(first["epoch 1"], first["epoch 2"])
    assert np.array_equal(plain["epoch 1"], plain["epoch 2"])


def test_each_split_that_is_named_is_a_page(tmp_path: Path) -> None:
    write_dots(tmp_path / "dots")
    ended = called(
        tmp_path, "browse", "dots/task.toml", "--split", "train", "--split", "val", "--json"
    )
    assert ended.new == ("browse.html",)
    answer = json.loads(ended.out)
    assert [one["split"] for one in answer["splits"]] == ["train", "val"]
    assert [len(one["shown"]) for one in answer["splits"]] == [
        one["samples"] for one in answer["splits"]
    ]
    text = (tmp_path / "browse.html").read_text("utf-8")
    assert 'href="#overview">train</a>' in text
    assert 'href="#split-1">val</a>' in text


def test_a_dataset_stands_for_the_task_that_is_trained_on_it(tmp_path: Path) -> None:
    write_dots(tmp_path / "dots")
    assert browsed(tmp_path, f"dots/{DATASET}", "-n", "1").samples
    data = str(small_world())
    assert "coco-pose" in called(tmp_path, "browse", "coco", "--data", data, "-n", "1").out


def test_a_run_stands_for_its_task_with_its_data_and_seed(tmp_path: Path) -> None:
    data = str(small_world())
    weights = str(small_weights("coco-pose@tiny"))
    ran("coco-pose@tiny", tmp_path / "results" / "runs", data=data, weights=weights, seed=5)
    where = ("coco-pose@tiny", "--data", data)
    (name, same), *_ = browsed(tmp_path, "latest", "-n", "1").samples.items()
    for seed in ("5", "0"):
        asked = ("--id", name, "--seed", seed)
        own = browsed(tmp_path, *where, *asked).samples[name]
        assert np.array_equal(own["epoch 1"], same["epoch 1"]) == (seed == "5")
        typed = browsed(tmp_path, "latest", *asked).samples[name]
        assert np.array_equal(typed["epoch 1"], own["epoch 1"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--id", "none"], ["--id none: none of the", "annotations is called so"]),
        (["--split", "trane"], ["no annotated split of coco is called 'trane'", "train2017"]),
        (["-o", "no/page.html"], ["there is no folder no"]),
    ],
)
def test_what_cannot_be_shown_is_one_sentence(
    arguments: list[str], words: list[str], tmp_path: Path
) -> None:
    data = str(small_world())
    refused(called(tmp_path, "browse", "coco-pose@tiny", "--data", data, *arguments), words)


def numbered(odd: list[int]) -> Browsed:
    def show(row: int) -> Shown:
        return Shown(str(row), "", {})

    return Browsed(100, "numbers", lambda _: [], show, (), np.array(odd, dtype=np.intp))


def test_odd_samples_come_first_and_are_half_at_most() -> None:
    rows = chosen(numbered([7, 9]), 6, seed=0)
    assert {*rows[:2]} == {7, 9}
    assert len(rows) == len({*rows}) == 6
    assert len({*chosen(numbered([*range(50)]), 8, seed=0)[:4]} & {*range(50)}) == 4
    assert len({*chosen(numbered([*range(50)]), 100, seed=0)}) == 100
    assert chosen(numbered([3]), 1, seed=0) == [3]
    assert chosen(numbered([]), 5, seed=0) == chosen(numbered([]), 5, seed=0)
    assert chosen(numbered([]), 5, seed=0) != chosen(numbered([]), 5, seed=1)


def test_an_object_whose_sides_may_be_swapped_says_so(tmp_path: Path) -> None:
    data = Path(shutil.copytree(small_world(), tmp_path / "data"))
    file = data / "coco/annotations/person_keypoints_train2017.json"
    content = json.loads(file.read_text("utf-8"))
    whole = next(a for a in content["annotations"] if a["num_keypoints"] == 17)
    points = np.array(whole["keypoints"]).reshape(17, 3)
    points[[5, 6]] = points[[6, 5]]  # the shoulders, and not the hips
    whole["keypoints"] = points.ravel().tolist()
    file.write_text(json.dumps(content), "utf-8")
    read = browsed(tmp_path, "coco-pose@tiny", "--data", str(data), "--id", str(whole["id"]))
    assert "In doubt: left and right are probably swapped." in read.words[str(whole["id"])]
