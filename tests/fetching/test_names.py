"""Weights by name: timm's, the hub's, the rows of results/weights.csv."""

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fetching.hub_here import hub_here
from fetching.hub_server import COMMIT, Hub
from fetching.server import serving

from hrbench.errors import FetchError
from hrbench.fetching import names
from hrbench.fetching.names import fetched, hub_parts, is_name

PLAIN = "hrnet_w32_mpii_256x256-6c4f923f_20200812.pth"  # of results/weights.csv, with an address


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with hub_here(tmp_path, monkeypatch) as served:
        yield served


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("hf:org/net", ("org/net", "model.safetensors", None)),
        ("hf:org/net/w32/best.pt", ("org/net", "w32/best.pt", None)),
        ("hf:org/net@v2/best.pt", ("org/net", "best.pt", "v2")),
        ("hf:org/net@refs%2Fpr%2F1", ("org/net", "model.safetensors", "refs/pr/1")),
    ],
)
def test_a_name_on_the_hub_has_a_repository_a_revision_and_a_file(
    name: str, parts: tuple[str, str, str | None]
) -> None:
    assert is_name(name)
    assert hub_parts(name) == parts


def test_half_a_name_on_the_hub_is_refused() -> None:
    with pytest.raises(FetchError, match=r"'hf:net': write hf:ORG/REPO/FILE"):
        fetched("hf:net")


def test_a_revision_is_fetched(hub: Hub) -> None:
    hub.files["org/net", "best.pt"] = b"best"
    assert fetched(f"hf:org/net@{COMMIT}/best.pt").path.read_bytes() == b"best"


def test_a_network_of_timm_that_is_published_here_is_found_without_timm(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "timm.models", None)
    hub.files["timm/hrnet_w32.ms_in1k", "model.safetensors"] = b"w32"
    assert fetched("timm:hrnet_w32.ms_in1k").path.read_bytes() == b"w32"
    with pytest.raises(FetchError, match=r"pip install 'hrbench\[timm\]'"):
        fetched("timm:resnet50.a1_in1k")


def test_any_other_is_found_as_timm_s_own_configuration_names_it(hub: Hub) -> None:
    from timm.models import get_pretrained_cfg

    named = get_pretrained_cfg("resnet50")  # without its tag, as timm takes it
    assert named is not None
    repository = str(named.hf_hub_id)
    assert repository == f"timm/resnet50.{named.tag}"
    hub.files[repository, "model.safetensors"] = b"r50"
    assert fetched("timm:resnet50").path.read_bytes() == b"r50"
    with pytest.raises(FetchError, match="timm has no pretrained weights of that name"):
        fetched("timm:resnet50.none_in1k")
    with pytest.raises(FetchError, match=r"name\. Its `timm\.list_pretrained\(\)` has their names"):
        fetched("timm:no_such_network")
    with pytest.raises(FetchError, match=r"Did you mean 'timm:hrnet_w32\.ms_in1k'\?"):
        fetched("timm:hrnet_w32.ms_in2k")


def test_a_row_with_an_address_is_fetched_and_its_printed_hash_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HRBENCH_CACHE", str(tmp_path))
    row = names._rows()[PLAIN]
    assert row["sha256_prefix"] == "6c4f923f"
    content = b"w32"
    sha256 = hashlib.sha256(content).hexdigest()
    with serving(files={f"/mmpose/{PLAIN}": content}) as server:
        here = {**row, "url": f"{server.address}/mmpose/{PLAIN}"}
        monkeypatch.setattr(names, "_rows", lambda: {PLAIN: here})
        with pytest.raises(FetchError, match="its SHA256 does not begin with 6c4f923f"):
            fetched(PLAIN)
        here["sha256_prefix"] = sha256[:8]
        assert fetched(PLAIN).sha256 == sha256
        assert fetched(PLAIN, only_here=True).path.name == PLAIN
        server.files[f"/other/{PLAIN}"] = b"other"
        other = {**here, "url": f"{server.address}/other/{PLAIN}", "sha256_prefix": ""}
        monkeypatch.setattr(names, "_rows", lambda: {PLAIN: other})
        assert fetched(PLAIN).path.read_bytes() == b"other"  # beside the first


def test_rows_of_pages_and_without_an_address_say_where_to_look() -> None:
    with pytest.raises(FetchError, match=r"open https://1drv\.ms/u/s!\S+ in a browser"):
        fetched("HR18-300W.pth")
    with pytest.raises(FetchError, match=r"has no address .* look for it at https://github\.com"):
        fetched("pose_hrnet_w32_256x192.pth")


def test_what_is_called_nothing_has_a_near_miss() -> None:
    assert not is_name("pose_hrnet_w32_256x193.pth")
    with pytest.raises(FetchError, match=r"Did you mean '\S+'\?"):
        fetched("pose_hrnet_w32_256x193.pth")
    with pytest.raises(FetchError, match="`hrbench list weights` has their names"):
        fetched("qqq")


def test_what_is_not_here_is_not_fetched_where_nobody_asks(hub: Hub) -> None:
    hub.files["org/net", "model.safetensors"] = b"net"
    with pytest.raises(FetchError, match="not in the hub's cache"):
        fetched("hf:org/net", only_here=True)
    assert hub.asked == []
