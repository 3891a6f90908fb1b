"""Files from plain addresses, fetched from a server of this machine."""

import hashlib
import shutil
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import filelock
import pytest
from fetching.server import Served, serving

from hrbench.errors import FetchError
from hrbench.fetching import transfer
from hrbench.fetching.download import download
from hrbench.fetching.fetched import record_of, recorded
from hrbench.fetching.transfer import CHUNK

CONTENT = bytes(range(256)) * 4000  # of 1.024 MB
SHA256 = hashlib.sha256(CONTENT).hexdigest()
MD5 = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HRBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("HRBENCH_OFFLINE", raising=False)
    monkeypatch.setattr(transfer, "WAIT", 0.0)


@pytest.fixture
def served() -> Iterator[Served]:
    with serving(files={"/w32.pth": CONTENT}) as server:
        yield server


def test_a_file_is_fetched_once_and_told_with_its_hash(served: Served, tmp_path: Path) -> None:
    address, path = f"{served.address}/w32.pth", tmp_path / "folder" / "w32.pth"
    got = [download(address, path) for _ in range(2)]
    assert path.read_bytes() == CONTENT
    assert {(one.path, one.address, one.sha256) for one in got} == {(path, address, SHA256)}
    assert served.asked == [""]
    assert [p.name for p in path.parent.iterdir()] == ["w32.pth"]


def test_of_several_that_ask_at_once_one_fetches(served: Served, tmp_path: Path) -> None:
    address, path = f"{served.address}/w32.pth", tmp_path / "w32.pth"
    with ThreadPoolExecutor(4) as pool:
        got = list(pool.map(lambda _: download(address, path), range(4)))
    assert {one.sha256 for one in got} == {SHA256}
    assert served.asked == [""]


def test_a_cut_is_gone_on_from_by_ranges(served: Served, tmp_path: Path) -> None:
    served.cuts = [4 * CHUNK, 3 * CHUNK + 10]
    got = download(f"{served.address}/w32.pth", tmp_path / "w32.pth", known=f"sha256:{SHA256}")
    assert got.path.read_bytes() == CONTENT
    assert served.asked == ["", f"bytes={4 * CHUNK}-", f"bytes={7 * CHUNK}-"]


def test_a_later_call_goes_on_where_an_earlier_one_gave_up(served: Served, tmp_path: Path) -> None:
    address, path = f"{served.address}/w32.pth", tmp_path / "w32.pth"
    served.cuts = [5 * CHUNK, *[0] * transfer.TRIES]
    with pytest.raises(FetchError, match=r"was cut off again and again .* what has come is kept"):
        download(address, path)
    assert not path.exists()
    served.cuts, served.asked = [], []
    assert download(address, path).sha256 == SHA256
    assert served.asked == [f"bytes={5 * CHUNK}-"]


def test_parts_of_two_versions_are_not_put_together(served: Served, tmp_path: Path) -> None:
    address, path = f"{served.address}/w32.pth", tmp_path / "w32.pth"
    served.cuts = [5 * CHUNK, *[0] * transfer.TRIES]
    with pytest.raises(FetchError):
        download(address, path)
    other = CONTENT[::-1]
    served.cuts, served.files, served.tag = [], {"/w32.pth": other}, '"two"'
    assert download(address, path).path.read_bytes() == other


@pytest.mark.parametrize("behaviour", [{"ranges": False}, {"tag": ""}, {"tag": 'W/"weak"'}])
def test_a_server_without_ranges_or_tags_begins_anew(
    behaviour: dict[str, Any], tmp_path: Path
) -> None:
    with serving(files={"/a": CONTENT}, cuts=[5 * CHUNK], **behaviour) as server:
        assert download(f"{server.address}/a", tmp_path / "a").sha256 == SHA256


def test_all_but_the_renaming_is_not_fetched_again(served: Served, tmp_path: Path) -> None:
    (tmp_path / ".w32.pth.part").write_bytes(CONTENT)
    (tmp_path / ".w32.pth.part.tag").write_text(served.tag, "utf-8")
    assert download(f"{served.address}/w32.pth", tmp_path / "w32.pth").sha256 == SHA256
    assert served.asked == [f"bytes={len(CONTENT)}-"]


def test_a_busy_server_is_asked_again(served: Served, tmp_path: Path) -> None:
    served.statuses = [503, 429]
    assert download(f"{served.address}/w32.pth", tmp_path / "w32.pth").sha256 == SHA256
    assert len(served.asked) == 3


@pytest.mark.parametrize("known", [f"md5:{MD5}", f"sha256:{SHA256}", SHA256[:8], f"md5:{MD5[:8]}"])
def test_the_publishers_hash_is_compared(known: str, served: Served, tmp_path: Path) -> None:
    address = f"{served.address}/w32.pth"
    assert download(address, tmp_path / "right", known=known).sha256 == SHA256
    served.files["/w32.pth"] = b"other"
    with pytest.raises(FetchError, match=r"does not begin with .* It is not kept"):
        download(address, tmp_path / "wrong", known=known)
    assert not list(tmp_path.glob("*wrong*"))


def test_without_one_the_hash_of_the_first_use_must_come_again(
    served: Served, tmp_path: Path
) -> None:
    address = f"{served.address}/w32.pth"
    download(address, tmp_path / "first")
    assert recorded(address) == SHA256
    served.files["/w32.pth"] = b"other"
    with pytest.raises(FetchError, match=r"does not begin .* was changed since.* remove .*\.json$"):
        download(address, tmp_path / "second")
    assert not (tmp_path / "second").exists()


@pytest.mark.parametrize("known", ["", SHA256])
def test_a_kept_file_that_was_changed_is_refused(
    known: str, served: Served, tmp_path: Path
) -> None:
    address, path = f"{served.address}/w32.pth", tmp_path / "w32.pth"
    download(address, path, known=known)
    path.write_bytes(CONTENT[:-1])
    with pytest.raises(FetchError, match="begin"):
        download(address, path, known=known)


@pytest.mark.parametrize("kept", ["", "{", "[1]", '{"sha256": "none"}'])
def test_a_hash_of_the_first_use_that_cannot_be_read_is_said(
    kept: str, served: Served, tmp_path: Path
) -> None:
    address = f"{served.address}/w32.pth"
    download(address, tmp_path / "first")
    record_of(address).write_text(kept, "utf-8")
    for path in (tmp_path / "first", tmp_path / "second"):
        with pytest.raises(FetchError, match=r"cannot be read: remove it, and the next use counts"):
            download(address, path)
    record_of(address).unlink()
    assert download(address, tmp_path / "first").sha256 == SHA256


def test_a_cache_that_cannot_be_written_is_named(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("HRBENCH_CACHE", str(tmp_path / "file"))
    with pytest.raises(FetchError, match=r"file.fetched cannot .* with \$HRBENCH_CACHE\.$"):
        download(f"{served.address}/w32.pth", tmp_path / "w32.pth", advice="Elsewhere.")
    assert served.asked == []


def test_a_file_system_that_knows_no_locks_is_written_all_the_same(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(_: object) -> None:
        raise NotImplementedError

    monkeypatch.setattr(filelock.FileLock, "acquire", unknown)
    assert download(f"{served.address}/w32.pth", tmp_path / "w32.pth").sha256 == SHA256


def test_a_missing_file_and_a_page_are_told_apart(served: Served, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="the server answers 404 Not Found"):
        download(f"{served.address}/w64.pth", tmp_path / "w64.pth")
    served.kind = "text/html; charset=utf-8"
    with pytest.raises(FetchError, match="a web page, not with a file: open it in a browser"):
        download(f"{served.address}/w32.pth", tmp_path / "w32.pth")


def test_too_little_room_is_said_before_anything_is_written(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = shutil.disk_usage(tmp_path)._replace(free=10_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    with pytest.raises(FetchError, match=r"needs 1 MB more in .*, which has 0 MB free\. Elsewhere"):
        download(f"{served.address}/w32.pth", tmp_path / "w32.pth", advice="Elsewhere.")
    assert not (tmp_path / ".w32.pth.part").exists()


def test_offline_nothing_is_asked_and_what_is_there_is_taken(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, path = f"{served.address}/w32.pth", tmp_path / "w32.pth"
    monkeypatch.setenv("HRBENCH_OFFLINE", "1")
    with pytest.raises(FetchError, match="HRBENCH_OFFLINE forbids to fetch it"):
        download(address, path)
    path.write_bytes(CONTENT)
    assert download(address, path).sha256 == SHA256
    assert served.asked == []


def test_no_network_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/w32.pth"
        with pytest.raises(FetchError, match=r"127.0.0.1:\d+ is not reached \(no network\?\)$"):
            download(address, tmp_path / "w32.pth")


def test_how_far_it_is_is_told_in_megabytes(
    served: Served, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    download(f"{served.address}/w32.pth", tmp_path / "w32.pth", title="HRNet-W32")
    assert capsys.readouterr().err.startswith("fetching HRNet-W32 (MB) 2/2")
