"""A fetch that is cut, killed, short of room or given something else ends well, or at once."""

import hashlib
import random
import shutil
import subprocess
import time
from pathlib import Path

import pytest
import tomli_w
from cli.command import INSTALLED, environment
from commands.fetch.publishers import Site, content_of, fetched, files, packed_as

from hrbench.begun import under_way
from hrbench.commands.fetch import plan as planning
from hrbench.commands.fetch import unpacking
from hrbench.fetching import transfer


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
