"""What lies there already, whole or in part, packed or not, is not fetched again."""

import shutil
from pathlib import Path

import tomli_w
from cli.command import called
from commands.fetch.publishers import BOXES, Site, fetched, files, published
from fetching.server import Served

from hrbench.world import MARK


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
