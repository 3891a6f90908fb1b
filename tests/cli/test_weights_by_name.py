"""A name in place of a file of weights, wherever one is taken."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.command import called, installed, refused
from cli.test_weights import built
from fetching.hub_here import hub_here
from fetching.hub_server import COMMIT, Hub
from safetensors.torch import save
from worlds import SMALL, ran, small_world

import hrbench
from hrbench.commands import verify

NAME = "hf:org/net"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """One with the tiny network of coco-pose, as it is before training."""
    with hub_here(tmp_path, monkeypatch) as served:
        served.files["org/net", "model.safetensors"] = save(built().state_dict())
        yield served


def sha256(hub: Hub) -> str:
    return hashlib.sha256(hub.files["org/net", "model.safetensors"]).hexdigest()


def test_fetching_prints_the_file_its_address_and_its_hash(hub: Hub, tmp_path: Path) -> None:
    """By the installed command and $HF_ENDPOINT, as users have it."""
    variables = {"HF_ENDPOINT": hub.address, "HF_HOME": str(tmp_path / "home")}
    ended = installed(tmp_path, "weights", "fetch", NAME, "--json", **variables)
    assert ended.status == 0, ended.err
    (one,) = json.loads(ended.out)
    assert Path(one["file"]).read_bytes() == hub.files["org/net", "model.safetensors"]
    assert Path(one["file"]).is_relative_to(tmp_path / "home")
    assert one["address"] == f"{hub.address}/org/net/resolve/{COMMIT}/model.safetensors"
    assert (one["name"], one["sha256"]) == (NAME, sha256(hub))
    text = installed(tmp_path, "weights", "fetch", NAME, HRBENCH_OFFLINE="1", **variables).out
    assert text.splitlines()[0] == f"{NAME}: {one['file']}"


def test_offline_what_was_never_fetched_is_one_sentence(hub: Hub, tmp_path: Path) -> None:
    ended = called(tmp_path, "weights", "inspect", NAME, HRBENCH_OFFLINE="1")
    refused(ended, ["hf:org/net/model.safetensors: it is not in the hub's cache", "OFFLINE"])
    assert hub.asked == []


def test_an_evaluation_records_the_name_the_address_and_the_hash(hub: Hub, tmp_path: Path) -> None:
    options = {"data": str(small_world()), "overrides": SMALL}
    record, folder = ran("coco-pose@tiny", tmp_path / "runs", weights=NAME, **options)
    assert record.weights.origin == NAME
    assert record.weights.sha256 == sha256(hub)
    assert record.weights.address == f"{hub.address}/org/net/resolve/{COMMIT}/model.safetensors"
    assert json.loads((folder / "run.json").read_text("utf-8"))["options"]["weights"] == NAME
    checked = verify.verify(folder)
    assert not checked.faults
    assert f"the weights in {NAME}" in [told.words for told in checked.told]
    hub.files.clear()
    again, _ = ran("coco-pose@tiny", tmp_path / "runs", weights=NAME, **options)
    assert again.weights == record.weights  # from the cache
    of_run, _ = ran("coco-pose@tiny", tmp_path / "runs", weights=str(folder), **options)
    assert of_run.weights == record.weights


def test_a_training_records_what_it_began_with(hub: Hub, tmp_path: Path) -> None:
    options = {"data": str(small_world()), "overrides": SMALL}
    record, _ = ran("coco-pose@tiny", tmp_path, init=NAME, **options)
    begun = record.weights.begun_from
    assert begun is not None
    assert (begun.origin, begun.sha256) == (NAME, sha256(hub))
    assert begun.address == f"{hub.address}/org/net/resolve/{COMMIT}/model.safetensors"
    assert record.weights.init == f"hrbench:{sha256(hub)[:16]}"


def test_weights_are_inspected_converted_and_loaded_by_name(hub: Hub, tmp_path: Path) -> None:
    told = json.loads(called(tmp_path, "weights", "inspect", NAME, "--json").out)
    assert (told["origin"], told["sha256"]) == (NAME, sha256(hub))
    assert told["address"].endswith(f"/org/net/resolve/{COMMIT}/model.safetensors")
    assert called(tmp_path, "weights", "convert", NAME, "-o", "net.pth").status == 0
    ended = called(tmp_path, "weights", "inspect", "net.pth", "--json")
    assert json.loads(ended.out)["tensors"] == told["tensors"]
    assert len(hrbench.load("coco-pose@tiny", weights=NAME, device="cpu").names) == 17
