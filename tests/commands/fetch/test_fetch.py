"""`hrbench fetch` gets a dataset from its addresses, as its publishers pack it, and checks it."""

import json
import shutil
from pathlib import Path

import pytest
import tomli_w
from cli.command import called
from commands.fetch.publishers import BOXES, Site, fetched, files, published
from fetching.server import Served
from worlds import small_world

from hrbench import catalog

BY_ADDRESS = shutil.ignore_patterns("det_for_crowd*")  # of CrowdPose
DATASETS = ["coco", "cofw", "crowdpose", "imagenet", "mpii", "wflw"]  # that have archives


@pytest.mark.parametrize("name", DATASETS)
def test_a_dataset_is_fetched_laid_out_and_checked(
    name: str, served: Served, tmp_path: Path
) -> None:
    site = published(name, served, tmp_path)
    data = tmp_path / "data" / name
    data.mkdir(parents=True)
    for file, content in site.by_hand.items():
        (data / file).write_bytes(content)
    for folder in ("json", "person_detection_results"):  # in part or all on a cloud drive
        if (site.tree / folder).exists():
            shutil.copytree(site.tree / folder, data / folder, ignore=BY_ADDRESS)
    ended = fetched(tmp_path, site.toml)
    assert ended.status == 0, ended
    assert "usable: " in ended.out
    assert "not usable" not in ended.out
    places = [given["place"] for about in site.raw["downloads"] for given in about["gives"]]
    found, source = files(data), files(site.tree)
    assert {place for place in places if not (data / place).exists()} <= {
        about["gives"][0]["place"] for about in site.raw["downloads"] if not about["file"]
    }
    kept = set(site.by_hand)
    for place in set(found) - kept:
        assert found[place] == source.get(place, source.get(f"images/{place}")), place
    assert kept <= set(found)  # what a person has got stays


@pytest.mark.parametrize("only", ["val", "val2017"])
def test_a_split_alone_is_fetched_with_what_it_needs(only: str, coco: Site, tmp_path: Path) -> None:
    ended = fetched(tmp_path, coco.toml, "--only", only)
    assert ended.status == 0, ended
    assert sorted(path.name for path in (tmp_path / "data/coco").iterdir()) == [
        "annotations",
        "images",
    ]
    assert [path.name for path in (tmp_path / "data/coco/images").iterdir()] == ["val2017"]
    assert "\nval2017\n" in ended.out
    assert "train2017:" not in ended.out


def test_a_dry_run_says_what_how_large_and_on_what_terms_and_fetches_nothing(
    coco: Site, tmp_path: Path
) -> None:
    ended = fetched(tmp_path, coco.toml, "--only", "val", "--dry-run")
    assert (ended.status, ended.new, ended.err) == (0, (), "")
    assert coco.served.asked == []
    names = ("annotations_trainval2017.zip", "val2017.zip")
    wanted = sum(a["bytes"] for a in coco.raw["downloads"] if a["file"] in names)
    for words in (
        "licence:   annotations CC BY 4.0; images under the terms of their Flickr owners",
        f"from {coco.served.address}/coco/val2017.zip",
        f"to fetch: {wanted / 1000:,.1f} kB; it takes ",
        f"by hand: {BOXES}\n  1. open https://github.com/leoxiaobin/",
    ):
        assert words in ended.out


def test_steps_are_told_for_what_is_still_missing_and_only_for_that(
    served: Served, tmp_path: Path
) -> None:
    site = published("wflw", served, tmp_path)
    ended = fetched(tmp_path, site.toml)
    assert ended.status == 1
    assert "by hand: WFLW_images.tar.gz" in ended.out
    assert "4. give the command again, which unpacks it to data/wflw/WFLW_images" in ended.out
    for file, content in site.by_hand.items():
        (tmp_path / "data/wflw" / file).write_bytes(content)
    ended = fetched(tmp_path, site.toml)
    assert ended.status == 0, ended
    assert "by hand" not in ended.out


def test_nothing_is_fetched_among_the_files_of_a_synthetic_set(tmp_path: Path) -> None:
    shutil.copytree(small_world() / "coco", tmp_path / "data" / "coco")
    ended = called(tmp_path, "fetch", "coco", "--data", "data", "--only", "val")
    assert (ended.status, ended.new) == (1, ())
    assert "data/coco is a synthetic set" in ended.err


def test_nothing_is_fetched_where_that_is_forbidden(coco: Site, tmp_path: Path) -> None:
    ended = fetched(tmp_path, coco.toml, HRBENCH_OFFLINE="1")
    assert ended.status == 1
    assert ended.err.count("Error: ") == 1
    assert "HRBENCH_OFFLINE forbids to fetch it" in ended.err
    assert coco.served.asked == []
    assert f"by hand: {BOXES}\n  1. open https://github.com/leoxiaobin/" in ended.out
    assert fetched(tmp_path, coco.toml, "--dry-run", HRBENCH_OFFLINE="1").status == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["coca"], "no dataset is called 'coca'. Did you mean 'coco'?"),
        (
            ["coco", "--only", "trian"],
            "no split of coco is called 'trian'. Known: test-dev2017, train",
        ),
        (["coco", "--data", "builtin"], "is the synthetic set, which is made and not fetched"),
        (["mine.toml"], "mine.toml has no [[downloads]] that say where its files are from"),
    ],
)
def test_what_cannot_be_fetched_is_said_in_a_sentence(
    arguments: list[str], words: str, tmp_path: Path
) -> None:
    raw = {k: v for k, v in catalog.load_dataset("coco").plain().items() if k != "downloads"}
    (tmp_path / "mine.toml").write_text(tomli_w.dumps(raw), "utf-8")
    ended = called(tmp_path, "fetch", *arguments)
    assert (ended.status, ended.out, ended.new) == (1, "", ())
    assert words in ended.err


def test_fetch_prints_one_json_object(coco: Site, tmp_path: Path) -> None:
    ended = fetched(tmp_path, coco.toml, "--only", "val", "--json")
    said = json.loads(ended.out)
    assert said["check"]["ok"]
    assert [split["name"] for split in said["check"]["splits"]] == ["val2017"]
    assert [about["state"] for about in said["downloads"]] == ["fetch", "fetch", "by hand"]
    dry = json.loads(fetched(tmp_path, coco.toml, "--dry-run", "--json").out)
    assert [about["state"] for about in dry["downloads"][:2]] == ["there", "there"]


def test_a_task_stands_for_its_dataset(tmp_path: Path) -> None:
    ended = called(tmp_path, "fetch", "crowdpose", "--dry-run")
    assert called(tmp_path, "fetch", "crowdpose@tiny", "--dry-run").out == ended.out
