from pathlib import Path

import pytest
import torch
from specs import landmark_task
from torch import Tensor

from hrbench import network
from hrbench.backbone import weights
from hrbench.errors import WeightsError
from hrbench.network import LandmarkNetwork


def tiny(keypoints: int = 17, seed: int = 0) -> LandmarkNetwork:
    return network.build(landmark_task("coco-pose@tiny").model, keypoints, seed)


def official(built: LandmarkNetwork) -> dict[str, Tensor]:
    """A network's tensors under the names of the official pose release."""
    state = built.state_dict()
    return {
        name.replace("head.score", "final_layer").removeprefix("backbone."): tensor
        for name, tensor in state.items()
    }


@pytest.mark.parametrize("wrap", ["bare", "state_dict", "model", "module", "ours"])
def test_every_wrapping_of_a_network_loads_whole(wrap: str, tmp_path: Path) -> None:
    source, target = tiny(seed=1), tiny(seed=2)
    content: object = official(source)
    if wrap in {"state_dict", "model"}:
        content = {wrap: content, "epoch": 3}
    elif wrap == "module":
        content = {f"module.{name}": tensor for name, tensor in official(source).items()}
    elif wrap == "ours":
        content = {"network": source.state_dict()}
    torch.save(content, tmp_path / "file.pth")
    weights.load_network(weights.read(tmp_path / "file.pth"), target)
    assert weights.digest(source) == weights.digest(target)


def test_another_number_of_keypoints_is_refused_with_both_shapes(tmp_path: Path) -> None:
    torch.save(official(tiny(16)), tmp_path / "file.pth")
    with pytest.raises(WeightsError, match=r"file \(16, 8, 1, 1\), network \(17, 8, 1, 1\)"):
        weights.load_network(weights.read(tmp_path / "file.pth"), tiny())


def test_a_missing_and_a_left_over_tensor_are_named(tmp_path: Path) -> None:
    state = official(tiny())
    state["extra.weight"] = state.pop("final_layer.bias")
    torch.save(state, tmp_path / "file.pth")
    with pytest.raises(WeightsError) as caught:
        weights.load_network(weights.read(tmp_path / "file.pth"), tiny())
    assert "1 are missing (head.score.bias)" in str(caught.value)
    assert "1 are left over (backbone.extra.weight)" in str(caught.value)


def test_the_backbone_of_another_head_is_loaded_and_the_rest_said(tmp_path: Path) -> None:
    source, target = tiny(16, seed=1), tiny(17, seed=2)
    torch.save(official(source), tmp_path / "file.pth")
    left = weights.load_backbone(weights.read(tmp_path / "file.pth"), target.backbone)
    assert left == ["head.score.weight", "head.score.bias"]
    assert weights.digest(source.backbone) == weights.digest(target.backbone)


def test_a_backbone_that_lacks_a_tensor_is_refused(tmp_path: Path) -> None:
    state = official(tiny())
    del state["conv2.weight"]
    torch.save(state, tmp_path / "file.pth")
    with pytest.raises(WeightsError, match=r"1 are missing \(conv2.weight\)"):
        weights.load_backbone(weights.read(tmp_path / "file.pth"), tiny().backbone)


def test_an_unknown_layout_is_refused_by_its_names(tmp_path: Path) -> None:
    torch.save({"encoder.weight": torch.zeros(1)}, tmp_path / "file.pth")
    with pytest.raises(WeightsError, match=r"no layout that is known here; .* encoder\.weight"):
        weights.read(tmp_path / "file.pth")
