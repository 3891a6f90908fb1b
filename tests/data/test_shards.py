"""Files in tar shards: as webdataset and tarfile read them, and as we do, by offset."""

import errno
import io
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import tarfile
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from hrbench.data import stored
from hrbench.data.shard_writing import File, index, write
from hrbench.data.shards import INDEX, Shards, load
from hrbench.errors import DataError, RunError

LONG = "deep/" + "x" * 150 + ".jpg"  # longer than the plain header of a tar file has room for
CONTENT = {
    "a/1.jpg": b"one",
    "a/2.jpg": b"",
    "b/c/3.jpg": bytes(range(256)) * 5,
    "b/gr\u00fcn.jpg": b"green",
    LONG: b"far",
    "top.jpg": b"t" * 512,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "train"
    folder.mkdir()
    files = [File(name, content) for name, content in CONTENT.items()]
    assert write(folder, "train", files, size=3000) == 3
    return folder


def test_a_shard_is_closed_when_it_has_the_size_that_was_asked_for(folder: Path) -> None:
    names = sorted(path.name for path in folder.iterdir())
    assert names == [INDEX, *(f"train-00000{number}.tar" for number in range(3))]
    with tarfile.open(folder / names[1]) as tar:  # heads and bytes in blocks: 1024, 512, 2048
        assert tar.getnames() == ["a/1.jpg", "a/2.jpg", "b/c/3.jpg"]


def test_tarfile_finds_every_file_where_the_index_says(folder: Path) -> None:
    shards, found = load(folder), {}
    for number, name in enumerate(shards.tars):
        with tarfile.open(folder / name) as tar:
            for info in tar:
                row = shards.find(info.name)
                assert row is not None
                assert (shards.tar[row], shards.offsets[row]) == (number, info.offset_data)
                found[info.name] = shards.read(row)
    assert found == CONTENT


def read_by_webdataset(urls: str) -> list[dict[str, str]]:
    """The samples that webdataset makes, in a process of its own: it leaves files open."""
    code = (
        "import json, sys, webdataset\n"
        "samples = webdataset.WebDataset(sys.argv[1], shardshuffle=False)\n"
        "text = lambda value: value.decode() if isinstance(value, bytes) else value\n"
        "print(json.dumps([{key: text(s[key]) for key in s} for s in samples]))\n"
    )
    command = [sys.executable, "-c", code, urls]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    samples: list[dict[str, str]] = json.loads(done.stdout)
    return samples


def test_webdataset_reads_pictures_with_their_classes(tmp_path: Path) -> None:
    files = [File(f"n01/{n}.JPEG", b"%d" % n, beside=((f"n01/{n}.cls", b"7"),)) for n in range(5)]
    count = write(tmp_path, "train", files, size=3000)
    assert count == 3  # two samples of 2048 bytes in each
    samples = read_by_webdataset(f"{tmp_path.as_posix()}/train-{{000000..000002}}.tar")
    assert [sample["__key__"] for sample in samples] == [f"n01/{n}" for n in range(5)]
    assert [(s["jpeg"], s["cls"]) for s in samples] == [(str(n), "7") for n in range(5)]
    assert load(tmp_path).find("n01/0.cls") is None


def test_the_same_files_give_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    again.mkdir()
    write(again, "train", [File(name, content) for name, content in CONTENT.items()], size=3000)
    for name in load(folder).tars:
        assert (again / name).read_bytes() == (folder / name).read_bytes()


def test_no_file_gives_no_shard(tmp_path: Path) -> None:
    assert write(tmp_path, "train", [], size=3000) == 0
    assert load(tmp_path).find("a.jpg") is None
    assert stored.listed(tmp_path).files == []


def test_a_shard_that_is_cut_short_is_refused_before_anything_is_read(folder: Path) -> None:
    tar = folder / "train-000001.tar"
    size = tar.stat().st_size
    tar.write_bytes(tar.read_bytes()[:-700])
    words = rf"train-000001.tar has {size - 700} bytes, not the {size} that were written; copy it"
    with pytest.raises(DataError, match=words):
        load(folder)


def test_a_shard_that_is_missing_is_named(folder: Path) -> None:
    (folder / "train-000000.tar").unlink()
    with pytest.raises(DataError, match=r"train-000000.tar cannot be read: No such file"):
        stored.listed(folder)


def test_a_file_that_was_changed_is_named_when_it_is_read(folder: Path) -> None:
    tar = folder / "train-000000.tar"
    tar.write_bytes(tar.read_bytes().replace(b"one", b"two"))
    words = r"train-000000.tar: a/1.jpg is not as it was written; copy it again, or write the"
    with pytest.raises(DataError, match=words):
        stored.read(folder / "a" / "1.jpg")
    assert stored.read(folder / "b" / "c" / "3.jpg") == CONTENT["b/c/3.jpg"]


def test_a_shard_that_is_cut_off_meanwhile_is_named(folder: Path) -> None:
    shards = load(folder)
    (folder / "train-000002.tar").write_bytes(b"")
    row = shards.find("top.jpg")
    assert row is not None
    with pytest.raises(DataError, match=r"train-000002.tar: top.jpg is cut short; copy it again"):
        shards.read(row)


@pytest.mark.parametrize("content", [b"", b"not an archive", b"PK\x03\x04"])
def test_an_index_that_is_none_is_named(folder: Path, content: bytes) -> None:
    (folder / INDEX).write_bytes(content)
    with pytest.raises(DataError, match=rf"{INDEX} is no index of shards \("):
        stored.read(folder / "top.jpg")


def test_an_index_that_lacks_a_column_is_named(folder: Path) -> None:
    np.savez(folder / INDEX, tars=np.array(["train-000000.tar"]), bytes=np.array([1]))
    with pytest.raises(DataError, match=rf"{INDEX} is no index of shards"):
        load(folder)


def test_an_index_that_finds_no_room_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(file: Path, **_: object) -> None:
        file.write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("hrbench.data.shard_writing.np.savez", full)
    with pytest.raises(RunError, match=r"shards\.npz: cannot be written \(No space left"):
        write(tmp_path, "train", [File("a.jpg", b"a")], 1)
    assert [path.name for path in tmp_path.iterdir()] == ["train-000000.tar"]


def test_a_file_is_read_from_any_place(folder: Path) -> None:
    content = CONTENT["b/c/3.jpg"]
    with stored.opened(folder / "b" / "c" / "3.jpg") as file:
        file.seek(-3, 2)
        assert file.read() == content[-3:]
        file.seek(300)
        assert file.read(4) == content[300:304]
        file.seek(1, 1)
        assert file.tell() == 305
        file.seek(5000)
        assert file.read(10) == b""


def read_all(folder: Path) -> dict[str, bytes]:
    return {name: stored.read(folder / name) for name in CONTENT}


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")  # Python 3.12 on forks
@pytest.mark.parametrize("method", sorted({*multiprocessing.get_all_start_methods()}))
def test_processes_read_at_once_however_they_were_started(method: str, folder: Path) -> None:
    assert read_all(folder) == CONTENT  # the shards are open before
    context = multiprocessing.get_context(method)
    names = list(CONTENT) * 20
    with ProcessPoolExecutor(2, context) as pool:
        read = list(pool.map(stored.read, [folder / name for name in names], chunksize=7))
    assert read == [CONTENT[name] for name in names]


def test_threads_read_at_once(folder: Path) -> None:
    names = list(CONTENT) * 50
    with ThreadPoolExecutor(8) as pool:
        read = list(pool.map(stored.read, [folder / name for name in names]))
    assert read == [CONTENT[name] for name in names]


def test_more_shards_than_stay_open_are_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hrbench.data.shards.KEPT", 1)
    assert read_all(folder) == CONTENT


def test_without_reading_at_a_place_the_bytes_are_the_same(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("os.pread", raising=False)  # Windows has none
    assert read_all(folder) == CONTENT


def test_a_name_is_found_among_names_of_other_lengths(folder: Path) -> None:
    shards: Shards = load(folder)
    assert shards.find("x" * 1000) is None
    assert shards.find("") is None
    assert {name for name in CONTENT if shards.find(name) is None} == set()


def test_shards_are_the_same_folders_and_files_as_before(folder: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    for name, content in CONTENT.items():
        (plain / name).parent.mkdir(parents=True, exist_ok=True)
        (plain / name).write_bytes(content)
    for place in (".", "a", "b", "b/c", "deep"):
        assert stored.listed(folder / place) == stored.listed(plain / place)
        assert stored.sizes(folder / place) == stored.sizes(plain / place)
    for top in (plain, folder):
        assert stored.size(top / "top.jpg") == 512
        for missing in ("a/9.jpg", "9.jpg", "c/1.jpg"):
            with pytest.raises(FileNotFoundError, match=missing):
                stored.read(top / missing)
        for missing in ("c", "a/b"):
            with pytest.raises(FileNotFoundError, match=missing):
                stored.listed(top / missing)


def test_a_folder_that_comes_later_is_seen(tmp_path: Path, folder: Path) -> None:
    late = tmp_path / "late"
    with pytest.raises(FileNotFoundError):
        stored.read(late / "top.jpg")
    shutil.copytree(folder, late)
    assert stored.read(late / "top.jpg") == CONTENT["top.jpg"]


def tar_of(path: Path, files: dict[str, bytes]) -> None:
    """Write a tar file as another program may: with a folder of its own, and names from "./" on."""
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as tar:
        folder = tarfile.TarInfo("./")
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))


def test_shards_of_others_are_found_by_the_classes_beside_their_pictures(tmp_path: Path) -> None:
    tar_of(tmp_path / "0.tar", {"7.cls": b"1\n", "7.jpg": b"seven", "7.json": b"{}"})
    tar_of(
        tmp_path / "1.tar", {"a/8.jpg": b"eight", "a/8.cls": b"0", "a/9.png": b"", "a/9.cls": b"1"}
    )
    assert index(tmp_path, ["n01", "n02"]) == 3
    assert stored.listed(tmp_path).folders == ["n01", "n02"]
    assert stored.listed(tmp_path / "n02").files == ["7.jpg", "9.png"]
    assert stored.read(tmp_path / "n02" / "7.jpg") == b"seven"
    assert stored.read(tmp_path / "n01" / "8.jpg") == b"eight"


def test_shards_of_others_without_classes_keep_their_names(tmp_path: Path) -> None:
    tar_of(tmp_path / "0.tar", {"./000000000009.jpg": b"nine", "./000000000009.json": b"[]"})
    assert index(tmp_path, []) == 1
    assert stored.read(tmp_path / "000000000009.jpg") == b"nine"


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"7.jpg": b""}, r"0.tar: 7.jpg has no .cls beside it; that is to be one of 0 to 1"),
        (
            {"7.jpg": b"", "7.cls": b"2"},
            r"0.tar: 7.jpg says class '2'; that is to be one of 0 to 1",
        ),
        ({"7.jpg": b"", "7.cls": b"cat"}, r"0.tar: 7.jpg says class 'cat'; that is to be"),
        ({"7.cls": b"1"}, r"no picture is in its tar files"),
        (
            {"a/7.jpg": b"", "a/7.cls": b"1", "b/7.jpg": b"", "b/7.cls": b"1"},
            r"n02/7.jpg is in its tar files twice",
        ),
    ],
    ids=["no class", "too large", "no number", "no picture", "twice"],
)
def test_shards_of_others_that_say_no_class_are_refused(
    files: dict[str, bytes], words: str, tmp_path: Path
) -> None:
    tar_of(tmp_path / "0.tar", files)
    with pytest.raises(DataError, match=words):
        index(tmp_path, ["n01", "n02"])
    assert not (tmp_path / INDEX).exists()


@pytest.mark.parametrize(
    "left", [100, 1600, 2100]
)  # of 512 for the folder, 512 and 2048 for a file
def test_a_tar_file_of_others_that_is_cut_short_is_refused(left: int, tmp_path: Path) -> None:
    tar_of(tmp_path / "0.tar", {"7.jpg": bytes(2048)})
    content = (tmp_path / "0.tar").read_bytes()
    (tmp_path / "0.tar").write_bytes(content[:left])
    with pytest.raises(DataError, match=r"0.tar is (no whole tar file \(|cut short in 7.jpg)"):
        index(tmp_path, [])
