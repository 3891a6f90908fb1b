"""`hrbench fetch` gets a dataset from its addresses, as its publishers pack it, and checks it.

Publishers are a server of this machine; what they give out are archives of synthetic trees.
"""

import hashlib
import io
import json
import random
import shutil
import subprocess
import tarfile
import time
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import tomli_w
from cli.command import INSTALLED, Ended, called, environment
from fetching.server import Served, serving
from worlds import release_of_wflw, small_world

from hrbench import catalog
from hrbench.begun import under_way
from hrbench.commands.fetch import plan as planning
from hrbench.commands.fetch import unpacking
from hrbench.errors import SpecError
from hrbench.fetching import transfer
from hrbench.spec import DatasetSpec
from hrbench.spec.validation import validate
from hrbench.world import MARK

BOXES = "person_detection_results/COCO_val2017_detections_AP_H_56_person.json"
BY_ADDRESS = shutil.ignore_patterns("det_for_crowd*")  # of CrowdPose
DATASETS = ["coco", "cofw", "crowdpose", "imagenet", "mpii", "wflw"]  # that have archives


class Site(NamedTuple):
    """A publisher's files, what one may fetch from where, and what should come out."""

    served: Served
    toml: str
    raw: dict[str, Any]
    by_hand: dict[str, bytes]  # archives that only a person may get
    tree: Path  # of the dataset


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with serving() as served:
        yield served


@pytest.fixture
def served(server: Served) -> Served:
    server.asked, server.cuts, server.statuses = [], [], []
    return server


@pytest.fixture
def coco(served: Served, tmp_path: Path) -> Site:
    return published("coco", served, tmp_path)


def published(name: str, served: Served, folder: Path) -> Site:
    """The dataset's own TOML with addresses of a server that has such archives."""
    tree = small_world(48, name) / name
    if name == "wflw":
        tree = release_of_wflw(tree.parent, folder / "release") / name
    raw, by_hand = catalog.load_dataset(name).plain(), dict[str, bytes]()
    if name == "imagenet":  # in folders by class, it has no need of the development kit
        raw["downloads"] = [about for about in raw["downloads"] if "devkit" not in about["file"]]
    for about in raw["downloads"]:
        if not about["file"]:
            continue
        files: dict[str, bytes] = {}
        for given in about["gives"]:
            packed = content_of(tree, given["place"], given["entry"])
            given["files"] = len(packed)
            files |= packed
        archive = packed_as(about["file"], files)
        about |= {"bytes": len(archive), "hash": f"sha256:{hashlib.sha256(archive).hexdigest()}"}
        if about["address"]:
            served.files[f"/{name}/{about['file']}"] = archive
            about["address"] = f"{served.address}/{name}/{about['file']}"
        else:
            by_hand[about["file"]] = archive
    (folder / f"{name}.toml").write_text(tomli_w.dumps(raw), "utf-8")
    return Site(served, f"{name}.toml", raw, by_hand, tree)


def content_of(tree: Path, place: str, entry: str) -> dict[str, bytes]:
    """The files of a place, by their names in the archive."""
    source = tree / place if (tree / place).exists() else tree / "images" / place
    if source.is_file():
        return {f"packed/{entry}": source.read_bytes()}
    files = {path.relative_to(source).as_posix(): path for path in sorted(source.rglob("*"))}
    return {
        name if entry == "." else f"{entry}/{name}": path.read_bytes()
        for name, path in files.items()
        if path.is_file()
    }


def packed_as(file: str, files: Mapping[str, bytes]) -> bytes:
    """An archive; ImageNet's training images are one of a tar for each class."""
    if file.endswith("_train.tar"):
        classes = sorted({name.split("/")[0] for name in files})
        inner = {c: {n.split("/")[1]: f for n, f in files.items() if n[:9] == c} for c in classes}
        files = {f"{name}.tar": packed_as("", content) for name, content in inner.items()}
    buffer = io.BytesIO()
    if file.endswith(".zip"):
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return buffer.getvalue()
    with tarfile.open(fileobj=buffer, mode="w:gz" if file.endswith("gz") else "w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def fetched(folder: Path, *arguments: str, **variables: str) -> Ended:
    return called(folder, "fetch", *arguments, "--data", "data", **variables)


def files(folder: Path) -> dict[str, bytes]:
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


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


def test_what_is_there_is_neither_fetched_again_nor_written(coco: Site, tmp_path: Path) -> None:
    fetched(tmp_path, coco.toml)
    assert len(coco.served.asked) == 5
    data = tmp_path / "data" / "coco"
    before = {path: path.stat().st_mtime_ns for path in data.rglob("*")}
    assert not list(data.glob(".fetch"))
    ended = fetched(tmp_path, coco.toml)
    assert "nothing to fetch" in ended.out
    assert len(coco.served.asked) == 5
    assert {path: path.stat().st_mtime_ns for path in data.rglob("*")} == before


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


def test_a_cut_is_gone_on_from(coco: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "CHUNK", 100)
    monkeypatch.setattr(transfer, "WAIT", 0.0)
    coco.served.cuts = [1000]
    ended = fetched(tmp_path, coco.toml, "--only", "val")
    assert ended.status == 0, ended
    assert coco.served.asked == ["", "bytes=1000-", ""]


def test_what_has_another_hash_is_not_unpacked(coco: Site, tmp_path: Path) -> None:
    good = coco.served.files["/coco/val2017.zip"]
    coco.served.files["/coco/val2017.zip"] = packed_as("a.zip", {"val2017/1.jpg": b"other"})
    ended = fetched(tmp_path, coco.toml, "--only", "val")
    coco.served.files["/coco/val2017.zip"] = good
    assert ended.status == 1
    assert f"Error: what {coco.served.address}/coco/val2017.zip gives is not what" in ended.err
    assert not (tmp_path / "data/coco/images").exists()
    assert fetched(tmp_path, coco.toml, "--only", "val").status == 0


def test_no_room_is_said_before_anything_is_fetched(
    coco: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    about = {a["file"]: a["bytes"] for a in coco.raw["downloads"] if a["file"]}
    labels, images = about["annotations_trainval2017.zip"], about["val2017.zip"]
    needed = labels + 2 * images  # the first archive is gone before the second comes
    for free, status in ((needed - 1, 1), (needed, 0)):
        monkeypatch.setattr(planning, "free", lambda _, free=free: free)
        monkeypatch.setattr("hrbench.commands.fetch.fetch.free", lambda _, free=free: free)
        ended = fetched(tmp_path, coco.toml, "--only", "val")
        assert ended.status == status, ended
        if status:
            assert ended.new == ()
            assert coco.served.asked == []
            assert "are needed on the way, and" in ended.err


def test_archives_are_kept_where_asked_for_and_used_again(coco: Site, tmp_path: Path) -> None:
    fetched(tmp_path, coco.toml, "--only", "val", "--keep-archives")
    data = tmp_path / "data" / "coco"
    assert (data / "val2017.zip").read_bytes() == coco.served.files["/coco/val2017.zip"]
    shutil.rmtree(data / "images")
    asked = len(coco.served.asked)
    assert fetched(tmp_path, coco.toml, "--only", "val").status == 0
    assert len(coco.served.asked) == asked
    assert files(data / "images/val2017") == files(coco.tree / "images/val2017")
    assert (data / "val2017.zip").exists()


def test_an_archive_that_a_person_put_there_is_compared_and_left_alone(
    served: Served, tmp_path: Path
) -> None:
    site = published("imagenet", served, tmp_path)
    place = tmp_path / "data/imagenet/ILSVRC2012_img_val.tar"
    place.parent.mkdir(parents=True)
    place.write_bytes(b"half of it")
    ended = fetched(tmp_path, site.toml, "--only", "val")
    assert ended.status == 1
    assert f"Error: data/imagenet/{place.name}: its SHA256 is not " in ended.err
    assert place.read_bytes() == b"half of it"
    assert not (tmp_path / "data/imagenet/val").exists()


def test_what_another_process_fetches_is_left_to_it(coco: Site, tmp_path: Path) -> None:
    scratch = tmp_path / "data/coco/.fetch"
    scratch.mkdir(parents=True)
    with under_way.take(scratch):
        ended = fetched(tmp_path, coco.toml, "--only", "val")
    assert ended.status == 1
    assert ended.err.startswith("Error: data/coco/.fetch is under way in another process")
    assert coco.served.asked == []
    assert fetched(tmp_path, coco.toml, "--only", "val").status == 0
    assert not scratch.exists()


def test_after_a_kill_it_goes_on_and_does_not_ask_again_for_what_has_come(
    coco: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, written = unpacking._write, list[str]()

    def killed(entry: unpacking.Entry, path: Path, draft: Path) -> None:
        if len(written) == 4:
            raise KeyboardInterrupt
        written.append(entry.name)
        write(entry, path, draft)

    with monkeypatch.context() as patch:
        patch.setattr(unpacking, "_write", killed)
        assert fetched(tmp_path, coco.toml, "--only", "val").status == 130
    assert not (tmp_path / "data/coco/images").exists()
    assert coco.served.asked == ["", ""]
    images = next(a for a in coco.raw["downloads"] if a["file"] == "val2017.zip")["bytes"]
    come = sum(len(content) for content in files(tmp_path / "data/coco/.fetch").values())
    assert come > images  # the archive and two of its files
    plan = planning.plan(str(tmp_path / coco.toml), str(tmp_path / "data"), ["val"])
    assert plan.room(keep=False) == 2 * images - come
    assert fetched(tmp_path, coco.toml, "--only", "val").status == 0
    assert coco.served.asked == ["", ""]
    assert files(tmp_path / "data/coco/images/val2017") == files(coco.tree / "images/val2017")


@pytest.mark.slow
def test_a_process_that_is_killed_goes_on_in_the_midst_of_a_file(
    coco: Site, tmp_path: Path
) -> None:
    padding = {"readme": random.Random(0).randbytes(4 * transfer.CHUNK)}
    images = content_of(coco.tree, "images/val2017", "val2017")
    archive = packed_as("val2017.zip", {**images, **padding})
    about = next(a for a in coco.raw["downloads"] if a["file"] == "val2017.zip")
    about["hash"] = f"sha256:{hashlib.sha256(archive).hexdigest()}"
    coco.served.files["/coco/val2017.zip"] = archive
    Path(tmp_path, coco.toml).write_text(tomli_w.dumps(coco.raw), "utf-8")
    shutil.copytree(coco.tree / "annotations", tmp_path / "data/coco/annotations")
    coco.served.cuts = [2 * transfer.CHUNK, *[0] * transfer.TRIES]  # then nothing more comes
    command = [*INSTALLED, "fetch", coco.toml, "--only", "val", "--data", "data"]
    part = tmp_path / "data/coco/.fetch/.val2017.zip.part"
    with subprocess.Popen(command, cwd=tmp_path, env=environment({})) as process:
        while not (part.exists() and part.stat().st_size == 2 * transfer.CHUNK):
            assert process.poll() is None
            time.sleep(0.01)
        process.kill()
    coco.served.asked, coco.served.cuts = [], []
    ended = fetched(tmp_path, coco.toml, "--only", "val")
    assert ended.status == 0, ended
    assert coco.served.asked == [f"bytes={2 * transfer.CHUNK}-"]


def test_a_half_filled_folder_gets_what_it_lacks_and_keeps_what_it_has(
    coco: Site, tmp_path: Path
) -> None:
    folder = tmp_path / "data/coco/images/val2017"
    folder.mkdir(parents=True)
    first, *others = sorted((coco.tree / "images/val2017").iterdir())
    (folder / first.name).write_bytes(first.read_bytes() + b"mine")
    ended = fetched(tmp_path, coco.toml, "--only", "val")
    assert f"1 file (images/val2017/{first.name}) there already, of another size" in ended.err
    assert (folder / first.name).read_bytes() == first.read_bytes() + b"mine"
    assert {path.name for path in folder.iterdir()} == {path.name for path in (first, *others)}


def test_a_folder_that_others_name_otherwise_is_there(coco: Site, tmp_path: Path) -> None:
    shutil.copytree(coco.tree / "images/val2017", tmp_path / "data/coco/val2017")
    ended = fetched(tmp_path, coco.toml, "--only", "val")
    assert ended.status == 0, ended
    assert coco.served.asked == [""]  # the annotations
    assert not (tmp_path / "data/coco/images").exists()


def test_shards_are_there_for_the_images_in_them(coco: Site, tmp_path: Path) -> None:
    called(tmp_path, "shard", "coco", str(coco.tree.parent), "-o", "shards")
    shutil.rmtree(tmp_path / "shards/coco/annotations")
    (tmp_path / "shards/coco" / MARK).unlink()  # as if of the publisher's images
    only = ("--only", "train", "--only", "val2017")
    ended = called(tmp_path, "fetch", coco.toml, *only, "--data", "shards")
    assert ended.status == 0, ended
    assert coco.served.asked == [""]  # the annotations


def test_a_file_that_is_no_archive_is_put_where_it_is_read(coco: Site, tmp_path: Path) -> None:
    boxes = (coco.tree / BOXES).read_bytes()
    coco.served.files["/boxes.json"] = boxes
    about = next(a for a in coco.raw["downloads"] if a["gives"][0]["place"] == BOXES)
    del about["steps"]
    about |= {"file": Path(BOXES).name, "address": f"{coco.served.address}/boxes.json"}
    Path(tmp_path, coco.toml).write_text(tomli_w.dumps(coco.raw), "utf-8")
    cache = {"HRBENCH_CACHE": str(tmp_path / "cache")}
    ended = fetched(tmp_path, coco.toml, "--only", "val", **cache)
    assert ended.status == 0, ended
    assert (tmp_path / "data/coco" / BOXES).read_bytes() == boxes
    assert "by hand" not in ended.out
    (tmp_path / "data/coco" / BOXES).unlink()
    coco.served.files["/boxes.json"] = b"[]"  # no hash is published: that of the first use counts
    ended = fetched(tmp_path, coco.toml, "--only", "val", **cache)
    assert ended.status == 1
    assert not (tmp_path / "data/coco" / BOXES).exists()


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


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"steps": ["ask"]}, "downloads: 0: name an address or steps, one of them"),
        ({"address": ""}, "downloads: 0: name an address or steps, one of them"),
        ({"file": ""}, "downloads: 0: the key 'file' is missing"),
        ({"file": "../a.zip"}, "downloads: 0: file: '../a.zip' does not lie below the folder"),
        ({"hash": "md5:1"}, "downloads: 0: hash: write md5: and 32 hex digits, or sha256: and 64"),
        ({"splits": ["tests"]}, "downloads: splits: no split is 'tests'"),
        (
            {"gives": [{"place": "a"}, {"place": "b", "entry": "b"}]},
            "downloads: 0: gives: say what entry of the archive 'a' is",
        ),
        ({"gives": [{"place": "/a"}]}, "gives: 0: place: '/a' does not lie below the folder"),
    ],
)
def test_a_table_of_downloads_that_leads_nowhere_is_refused(
    change: dict[str, Any], words: str
) -> None:
    raw = catalog.load_dataset("coco").plain()
    raw["downloads"][0] |= change
    with pytest.raises(SpecError) as caught:
        validate(DatasetSpec, raw, "mine.toml")
    assert words in str(caught.value)


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


@pytest.mark.parametrize("name", catalog.names("datasets"))
def test_all_that_a_split_names_has_an_address_or_steps(name: str) -> None:
    dataset = catalog.load_dataset(name)
    for key, split in dataset.splits.items():
        given = {
            place.place
            for about in dataset.downloads
            if not about.splits or key in about.splits
            for place in about.gives
        }

        def known(*places: str | None, given: set[str] = given) -> bool:
            return any(place.startswith(g) for g in given for place in places if place)

        assert known(split.annotations, *split.release) or not split.annotations, (name, key)
        assert known(*split.images, *split.release) or not split.images, (name, key)
        for place in (split.detections, split.heads, split.synsets):
            assert known(place) or not place, (name, place)
        assert all(known(f"{s}/MyPoseFeatures/D3_Positions") for s in split.subjects)


@pytest.mark.parametrize("name", catalog.names("datasets"))
def test_an_address_is_one_and_a_hash_has_all_its_digits(name: str) -> None:
    lengths = {"md5": 32, "sha256": 64}
    for about in catalog.load_dataset(name).downloads:
        assert about.address.startswith(("http://", "https://")) or not about.address
        if about.hash:
            algorithm, _, digits = about.hash.partition(":")
            assert len(digits) == lengths[algorithm]
        if about.address.startswith("http://"):  # nothing else vouches for it on the way
            assert about.hash
