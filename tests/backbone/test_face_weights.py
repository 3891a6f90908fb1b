"""Official face checkpoints, and ImageNet ones as what face networks start from."""

from pathlib import Path
from typing import Any

import pytest
import torch
from golden.ledger import Ledger
from torch import Tensor

from hrbench import network
from hrbench.backbone import fitting, weights
from hrbench.backbone.registry import BACKBONES
from hrbench.errors import WeightsError
from hrbench.network import ImageNetwork
from hrbench.spec import HeatmapModel

MODEL = HeatmapModel(
    backbone="hrnet-w8",
    head="heatmap",
    branches=4,
    upsampling="bilinear",
    momentum=0.01,
    input=(64, 64),
    sigma=1,
)
OURS_TO_THEIRS = {"head.mix.0.": "head.0.", "head.mix.1.": "head.1.", "head.score.": "head.3."}


def face(keypoints: int = 19, seed: int = 0) -> ImageNetwork:
    return network.build(MODEL, keypoints, seed)


def official(built: ImageNetwork) -> dict[str, Tensor]:
    """A network's tensors under the names of the official face release."""
    named = {}
    for name, tensor in built.state_dict().items():
        ours = next((prefix for prefix in OURS_TO_THEIRS if name.startswith(prefix)), "backbone.")
        named[OURS_TO_THEIRS.get(ours, "") + name.removeprefix(ours)] = tensor
    return named


@pytest.mark.parametrize("prefix", ["", "module."])
def test_an_official_face_network_loads_whole_whatever_its_file_is_called(
    prefix: str, tmp_path: Path
) -> None:
    source, target = face(seed=1), face(seed=2)
    named = {prefix + name: tensor for name, tensor in official(source).items()}
    torch.save({"state_dict": named}, tmp_path / "hrnet_w32-pose.pth")
    checkpoint = weights.read(tmp_path / "hrnet_w32-pose.pth")
    assert checkpoint.layout == "face"
    fitting.load_network(checkpoint, target)
    assert weights.digest(source) == weights.digest(target)


def test_another_number_of_points_is_refused_with_both_shapes(tmp_path: Path) -> None:
    torch.save(official(face(68)), tmp_path / "file.pth")
    with pytest.raises(WeightsError, match=r"file \(68, 120, 1, 1\), network \(19, 120, 1, 1\)"):
        fitting.load_network(weights.read(tmp_path / "file.pth"), face(19))


def test_the_backbone_of_another_face_network_is_loaded_and_its_head_said(tmp_path: Path) -> None:
    source, target = face(68, seed=1), face(19, seed=2)
    torch.save(official(source), tmp_path / "file.pth")
    left = fitting.load_backbone(weights.read(tmp_path / "file.pth"), target.backbone).left_over
    assert len(left) == 9
    assert {name.split(".")[0] for name in left} == {"head"}
    assert weights.digest(source.backbone) == weights.digest(target.backbone)


def test_imagenet_weights_fill_all_but_the_head_of_the_official_face_network(
    golden: Ledger, tmp_path: Path
) -> None:
    classifiers: Any = golden.json("rest/cls/cls_models.json.gz")
    described: Any = golden.json("rest/face/net_300w.json.gz")
    # Views of one number, so that the file is small; a tensor's name and shape are what counts.
    state = {n: torch.zeros(()).expand(s) for n, s in classifiers["w18"]["state_dict"]}
    torch.save(state, tmp_path / "imagenet.pth")
    checkpoint = weights.read(tmp_path / "imagenet.pth")
    assert checkpoint.layout == "classification"
    backbone = BACKBONES["hrnet-w18"].make(4, "bilinear")
    left = fitting.load_backbone(checkpoint, backbone).left_over
    matched = len(backbone.state_dict())
    assert matched == 1830 == described["num_state_entries"] - 9
    assert matched == len(state) - len(left)
    assert all(name.startswith("head.") for name in left)
    assert all(not parameter.any() for parameter in backbone.parameters())
