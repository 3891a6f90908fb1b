"""weights inspect and weights convert, as a user types them."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from cli.command import called, installed, refused
from safetensors import safe_open
from specs import landmark_task
from torch import Tensor

from hrbench import network
from hrbench.backbone import fitting, weights
from hrbench.network import ImageNetwork


def built(task: str = "coco-pose@tiny", keypoints: int = 17, seed: int = 0) -> ImageNetwork:
    return network.build(landmark_task(task).model, keypoints, seed)


def official(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {
        n.replace("head.score", "final_layer").removeprefix("backbone."): t
        for n, t in state.items()
    }


def inspected(folder: Path, *arguments: str) -> Any:
    ended = called(folder, "weights", "inspect", *arguments, "--json")
    assert ended.status == 0, ended.err
    return json.loads(ended.out)


def test_an_official_file_is_told_by_its_names_and_shapes(tmp_path: Path) -> None:
    state = official(built().state_dict())
    torch.save({"state_dict": state}, tmp_path / "resnet.pth")
    found = inspected(tmp_path, "resnet.pth", "--task", "coco-pose")
    assert (found["layout"], found["backbone"], found["head"]) == ("pose", ["hrnet-w8"], "heatmaps")
    assert (found["input_channels"], found["keypoints"], found["branches"]) == (3, 17, 1)
    assert found["parameters"] == 221_369
    assert found["preprocessing"]["color"] == "rgb"
    assert found["preprocessing"]["mean"] == [0.485, 0.456, 0.406]
    assert found["variants"] == ["coco-pose@tiny", "h36m-pose@tiny"]
    assert found["task"] == "coco-pose@tiny"
    assert found["fit"]["whole"]
    assert len(found["fit"]["matched"]) == len(state)


def test_what_does_not_fit_is_listed_whole(tmp_path: Path) -> None:
    state = official(built(keypoints=16).state_dict())
    state["extra.weight"] = state.pop("bn2.bias")
    torch.save(state, tmp_path / "odd.pth")
    fit = inspected(tmp_path, "odd.pth", "--task", "coco-pose@tiny")["fit"]
    assert not fit["whole"]
    assert fit["missing"] == ["backbone.bn2.bias"]
    assert fit["left_over"] == ["backbone.extra.weight"]
    assert fit["reshaped"] == [
        {"name": "head.score.weight", "file": [16, 8, 1, 1], "network": [17, 8, 1, 1]},
        {"name": "head.score.bias", "file": [16], "network": [17]},
    ]
    text = called(tmp_path, "weights", "inspect", "odd.pth", "--task", "coco-pose@tiny").out
    assert "does not fit coco-pose@tiny" in text
    assert "head.score.weight (16, 8, 1, 1) for (17, 8, 1, 1)" in text


def test_a_lifter_is_told_too(tmp_path: Path) -> None:
    from hrbench import catalog
    from hrbench.spec import LiftingTask

    spec = catalog.load_task("h36m-lift@linear")
    assert isinstance(spec, LiftingTask)
    lifter = network.build_lifter(spec.model, 0)
    torch.save({"network": lifter.state_dict()}, tmp_path / "lifter.pt")
    found = inspected(tmp_path, "lifter.pt")
    assert found["preprocessing"] is None
    assert "h36m-lift@linear" in found["variants"]


@pytest.mark.parametrize("name", ["out.safetensors", "out.pth"])
@pytest.mark.parametrize("names", ["hrbench", "official", "mmpose"])
def test_what_is_converted_loads_as_before(names: str, name: str, tmp_path: Path) -> None:
    source = built(seed=1)
    torch.save(official(source.state_dict()), tmp_path / "in.pth")
    ended = called(tmp_path, "weights", "convert", "in.pth", "-o", name, "--names", names, "--json")
    assert ended.status == 0, ended.err
    assert json.loads(ended.out)["tensors"] == len(source.state_dict())
    target, checkpoint = built(), weights.read(tmp_path / name)
    # What a file was before decides how faces are cut and colours ordered, so it is kept.
    assert checkpoint.layout == {"hrbench": "pose", "official": "pose"}.get(names, names)
    assert fitting.load_network(checkpoint, target).whole
    assert weights.digest(target) == weights.digest(source)


def test_official_names_are_those_of_the_release(tmp_path: Path) -> None:
    state = built().state_dict()
    torch.save({"network": state}, tmp_path / "in.pt")
    called(tmp_path, "weights", "convert", "in.pt", "-o", "o.safetensors", "--names", "official")
    with safe_open(tmp_path / "o.safetensors", framework="pt") as file:
        assert sorted(file.keys()) == sorted(official(state))


def test_a_resnet_is_not_given_names_that_other_colours_go_with(tmp_path: Path) -> None:
    torch.save({"network": built("coco-pose@tiny-resnet").state_dict()}, tmp_path / "in.pt")
    ended = called(tmp_path, "weights", "convert", "in.pt", "-o", "o.pth", "--names", "official")
    refused(ended, ["in.pt", "bgr", "unknown colour order"])
    assert not (tmp_path / "o.pth").exists()


def test_what_cannot_be_converted_leaves_nothing(tmp_path: Path) -> None:
    torch.save({"network": built().state_dict()}, tmp_path / "in.pt")
    for output, words in (
        ("out.bin", "end it in .safetensors, or in .pth or .pt"),
        ("gone/out.pth", "there is no folder gone"),
        ("/proc/out.safetensors", "cannot be written"),
    ):
        refused(called(tmp_path, "weights", "convert", "in.pt", "-o", output), [output, words])
    assert [path.name for path in tmp_path.iterdir()] == ["in.pt"]
    refused(called(tmp_path, "weights", "inspect", "gone.pth"), ["gone.pth does not exist"])
    state = official(built().state_dict()) | {"classifier.weight": torch.zeros(10, 8)}
    torch.save(state, tmp_path / "c.pth")
    ended = called(
        tmp_path, "weights", "convert", "c.pth", "-o", "c.safetensors", "--names", "mmpose"
    )
    refused(ended, ["c.pth: mmpose names heatmap networks only"])


def test_a_file_is_replaced_only_where_that_is_asked_for_and_never_by_itself(
    tmp_path: Path,
) -> None:
    torch.save({"network": built(seed=1).state_dict()}, tmp_path / "in.pt")
    (tmp_path / "old.pt").write_text("an older one")
    before, convert = (tmp_path / "in.pt").read_bytes(), ("weights", "convert", "in.pt", "-o")
    for force in ((), ("--force",)):
        ended = called(tmp_path, *convert, "in.pt", *force)
        refused(ended, ["-o in.pt is the file that is read; name another"])
    refused(called(tmp_path, *convert, "old.pt"), ["old.pt is there already", "--force"])
    assert (tmp_path / "in.pt").read_bytes() == before
    assert (tmp_path / "old.pt").read_text() == "an older one"
    assert called(tmp_path, *convert, "old.pt", "--force").status == 0
    assert fitting.load_network(weights.read(tmp_path / "old.pt"), built()).whole


def test_a_part_of_a_file_is_written_by_its_name(tmp_path: Path) -> None:
    average = official(built(seed=3).state_dict())
    torch.save({"state_dict": official(built().state_dict()), "ema": average}, tmp_path / "in.pth")
    taken = called(tmp_path, "weights", "convert", "in.pth", "-o", "ema.pth", "--part", "ema")
    assert taken.status == 0, taken.err
    target = built()
    assert fitting.load_network(weights.read(tmp_path / "ema.pth"), target).whole
    assert weights.digest(target) == weights.digest(built(seed=3))


def test_a_damaged_byte_of_a_safetensors_file_of_ours_is_seen(tmp_path: Path) -> None:
    torch.save({"network": built().state_dict()}, tmp_path / "in.pt")
    called(tmp_path, "weights", "convert", "in.pt", "-o", "w.safetensors")
    assert inspected(tmp_path, "w.safetensors")["checked"] == "the SHA-256 of its tensors"
    content = bytearray((tmp_path / "w.safetensors").read_bytes())
    content[-1000] ^= 1
    (tmp_path / "w.safetensors").write_bytes(content)
    ended = called(tmp_path, "weights", "inspect", "w.safetensors")
    refused(ended, ["w.safetensors is damaged: its tensors have not the SHA-256"])


def test_nothing_planted_is_run(tmp_path: Path) -> None:
    torch.save({"state_dict": Planted(tmp_path / "made")}, tmp_path / "evil.pth")
    refused(installed(tmp_path, "weights", "inspect", "evil.pth"), ["would run code"])
    assert not (tmp_path / "made").exists()


class Planted:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, tuple[str, str]]:
        return open, (str(self.path), "w")
