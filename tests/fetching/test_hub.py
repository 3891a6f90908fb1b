"""Files of the hub by its real client, from a stand-in for the hub on this machine."""

import hashlib
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from fetching.hub_here import hub_here
from fetching.hub_server import COMMIT, Hub
from huggingface_hub import constants

from hrbench.errors import FetchError
from hrbench.fetching.hub import from_hub

CONTENT = bytes(range(256)) * 2000
PLACE = ("org/net", "model.safetensors")


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with hub_here(tmp_path, monkeypatch) as served:
        served.files[PLACE] = CONTENT
        yield served


def test_a_file_is_fetched_once_and_told_with_its_commit_and_hash(hub: Hub) -> None:
    got = [from_hub(*PLACE) for _ in range(2)]
    assert got[0] == got[1]
    assert got[0].path.read_bytes() == CONTENT
    assert got[0].sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert got[0].address == f"{hub.address}/org/net/resolve/{COMMIT}/model.safetensors"
    assert hub.asked == ["model.safetensors 0"]


def test_the_client_goes_on_after_a_cut(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 1000)
    hub.cuts = [100_000]
    assert from_hub(*PLACE).path.read_bytes() == CONTENT
    assert hub.asked == ["model.safetensors 0", "model.safetensors 100000"]


def test_a_file_in_a_folder_and_of_a_revision(hub: Hub) -> None:
    hub.files["org/net", "w32/best.pt"] = b"best"
    assert from_hub("org/net", "w32/best.pt", COMMIT).path.read_bytes() == b"best"
    assert COMMIT in from_hub("org/net", "w32/best.pt", COMMIT).address


def test_offline_what_was_fetched_is_there_and_nothing_else(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = from_hub(*PLACE)
    hub.files["org/net", "other.pt"] = b"other"
    monkeypatch.setenv("HRBENCH_OFFLINE", "1")
    assert from_hub(*PLACE) == first
    with pytest.raises(FetchError, match=r"other\.pt: it is not in the hub's cache, and HRBENCH_"):
        from_hub("org/net", "other.pt")


def test_a_damaged_file_is_told_by_the_hash_that_the_hub_gave(hub: Hub) -> None:
    from_hub(*PLACE).path.resolve().write_bytes(b"damaged")
    with pytest.raises(FetchError, match=r"is damaged: its SHA-256 is not the hub's; remove it"):
        from_hub(*PLACE)
    assert len(hub.asked) == 1


def test_no_network_and_too_little_room_are_said_at_once(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = shutil.disk_usage(tmp_path)._replace(free=10_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    with pytest.raises(FetchError, match=r"needs 1 MB more in \S+hub, which has 0 MB free\. \$HF_"):
        from_hub(*PLACE)
    assert hub.asked == []
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        place = address + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "ENDPOINT", address)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", place)
        with pytest.raises(FetchError, match=r"127.0.0.1:\d+ is not reached \(no network\?\)"):
            from_hub(*PLACE)


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (("org/none", "x"), "no repository is called org/none, or it is private"),
        (("org/net", "none.pt"), "/org/net has no such file"),
        (("org/net", "model.safetensors", "v2"), "/org/net has no revision v2"),
        (("org/gated", "x"), "sign for it on .*/org/gated"),
        (("org/net/more", "x"), "'org/net/more' is no ORG/REPO"),
    ],
)
def test_what_is_not_given_is_one_sentence(place: tuple[str, ...], words: str, hub: Hub) -> None:
    hub.files["org/gated", "x"] = b"x"
    hub.gated.add("org/gated")
    with pytest.raises(FetchError, match=words) as caught:
        from_hub(*place)
    assert "\n" not in str(caught.value)
