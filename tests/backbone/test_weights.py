import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from specs import landmark_task
from torch import Tensor

from hrbench import network
from hrbench.backbone import fitting, weights
from hrbench.errors import WeightsError
from hrbench.network import ImageNetwork


def tiny(keypoints: int = 17, seed: int = 0) -> ImageNetwork:
    return network.build(landmark_task("coco-pose@tiny").model, keypoints, seed)


def official(built: ImageNetwork) -> dict[str, Tensor]:
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
    fitting.load_network(weights.read(tmp_path / "file.pth"), target)
    assert weights.digest(source) == weights.digest(target)


def test_simccs_own_names_are_known(tmp_path: Path) -> None:
    spec = landmark_task("coco-pose@tiny-simcc")
    source, target = (network.build(spec.model, 17, seed) for seed in (1, 2))
    state = {name.removeprefix("head."): tensor for name, tensor in official(source).items()}
    assert {"final_layer.weight", "mlp_head_x.weight", "mlp_head_y.bias"} < set(state)
    torch.save(state, tmp_path / "file.pth")
    assert fitting.load_network(weights.read(tmp_path / "file.pth"), target).whole
    assert weights.digest(source) == weights.digest(target)


def test_another_number_of_keypoints_is_refused_with_both_shapes(tmp_path: Path) -> None:
    torch.save(official(tiny(16)), tmp_path / "file.pth")
    with pytest.raises(WeightsError, match=r"file \(16, 8, 1, 1\), network \(17, 8, 1, 1\)"):
        fitting.load_network(weights.read(tmp_path / "file.pth"), tiny())


def test_a_missing_and_a_left_over_tensor_are_named(tmp_path: Path) -> None:
    state = official(tiny())
    state["extra.weight"] = state.pop("final_layer.bias")
    torch.save(state, tmp_path / "file.pth")
    with pytest.raises(WeightsError) as caught:
        fitting.load_network(weights.read(tmp_path / "file.pth"), tiny())
    assert "1 are missing (head.score.bias)" in str(caught.value)
    assert "1 are left over (backbone.extra.weight)" in str(caught.value)


def test_the_backbone_of_another_head_is_loaded_and_the_rest_said(tmp_path: Path) -> None:
    source, target = tiny(16, seed=1), tiny(17, seed=2)
    torch.save(official(source), tmp_path / "file.pth")
    left = fitting.load_backbone(weights.read(tmp_path / "file.pth"), target.backbone).left_over
    assert left == ("head.score.weight", "head.score.bias")
    assert weights.digest(source.backbone) == weights.digest(target.backbone)


def test_a_backbone_that_lacks_a_tensor_is_refused(tmp_path: Path) -> None:
    state = official(tiny())
    del state["conv2.weight"]
    torch.save(state, tmp_path / "file.pth")
    with pytest.raises(WeightsError, match=r"1 are missing \(conv2.weight\)"):
        fitting.load_backbone(weights.read(tmp_path / "file.pth"), tiny().backbone)


def test_an_unknown_layout_is_refused_by_its_names(tmp_path: Path) -> None:
    torch.save({"encoder.weight": torch.zeros(1)}, tmp_path / "file.pth")
    with pytest.raises(WeightsError, match=r"no layout that is known here; .* encoder\.weight"):
        weights.read(tmp_path / "file.pth")


def test_the_folder_of_a_run_stands_for_its_best_checkpoint(tmp_path: Path) -> None:
    (tmp_path / "run" / "checkpoints").mkdir(parents=True)
    torch.save({"network": tiny(seed=1).state_dict()}, tmp_path / "run/checkpoints/best.pt")
    checkpoint, target = weights.read(tmp_path / "run"), tiny()
    assert checkpoint.path == tmp_path / "run/checkpoints/best.pt"
    assert fitting.load_network(checkpoint, target).whole


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_are_loaded_as_float32_and_said(
    dtype: torch.dtype, tmp_path: Path
) -> None:
    state = official(tiny(seed=1))
    halved = {n: t.to(dtype) if t.is_floating_point() else t for n, t in state.items()}
    torch.save(halved, tmp_path / "half.pth")
    checkpoint, target = weights.read(tmp_path / "half.pth"), tiny()
    count = sum(t.is_floating_point() for t in state.values())
    name = str(dtype).removeprefix("torch.")
    assert checkpoint.changes == (f"{count} tensors of {name} are loaded as float32.",)
    assert fitting.load_network(checkpoint, target).whole
    expected = state["conv1.weight"].to(dtype).float()
    assert torch.equal(target.backbone.state_dict()["conv1.weight"], expected)


def test_a_file_from_before_batches_were_counted_is_whole(tmp_path: Path) -> None:
    """torchvision's resnet50-19c8e357.pth, which the official configurations name, is one."""
    state = {n: t for n, t in official(tiny()).items() if "num_batches_tracked" not in n}
    torch.save(state, tmp_path / "old.pth")
    assert fitting.load_network(weights.read(tmp_path / "old.pth"), tiny()).whole


def baseline(seed: int = 0) -> ImageNetwork:
    return network.build(landmark_task("coco-pose@tiny-resnet").model, 17, seed)


def test_a_pose_resnet_loads_whole_under_its_official_names(tmp_path: Path) -> None:
    state = {
        name.replace("head.score", "final_layer").split(".", 1)[1]
        if name.startswith(("backbone.", "head.deconv"))
        else name.replace("head.score", "final_layer"): tensor
        for name, tensor in baseline(seed=1).state_dict().items()
    }
    expected = {"conv1.weight", "layer4.0.bn2.bias", "deconv_layers.0.weight"}
    assert expected | {"deconv_layers.7.running_mean", "final_layer.bias"} <= state.keys()
    torch.save(state, tmp_path / "pose_resnet_50_256x192.pth.tar")
    checkpoint, target = weights.read(tmp_path / "pose_resnet_50_256x192.pth.tar"), baseline()
    assert (checkpoint.layout, checkpoint.color) == ("pose_resnet", "bgr")
    assert fitting.load_network(checkpoint, target).whole
    assert weights.digest(target) == weights.digest(baseline(seed=1))


def test_a_resnet_of_torchvision_starts_a_baseline(tmp_path: Path) -> None:
    state = baseline(seed=1).backbone.state_dict()
    classes = {"fc.weight": torch.zeros(1000, 128), "fc.bias": torch.zeros(1000)}
    torch.save(state | classes, tmp_path / "resnet.pth")
    checkpoint, target = weights.read(tmp_path / "resnet.pth"), baseline()
    assert (checkpoint.layout, checkpoint.color) == ("resnet", "rgb")
    fit = fitting.load_backbone(checkpoint, target.backbone)
    assert not fit.missing
    assert fit.left_over == ("head.fc.weight", "head.fc.bias")


def test_a_backbone_beside_an_unknown_head_is_known(tmp_path: Path) -> None:
    state = {f"backbone.{n}": t for n, t in tiny(seed=1).backbone.state_dict().items()}
    torch.save({**state, "decode_head.conv_seg.bias": torch.zeros(19)}, tmp_path / "seg.pth")
    checkpoint = weights.read(tmp_path / "seg.pth")
    assert checkpoint.layout == "backbone"
    assert not fitting.load_backbone(checkpoint, tiny().backbone).missing


def test_what_mmengine_logged_is_put_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its checkpoints keep a buffer of numbers for each loss, in an object of its own class."""
    module = ModuleType("mmengine.logging.history_buffer")
    kind = type("HistoryBuffer", (), {"__module__": module.__name__})
    vars(module)["HistoryBuffer"] = kind
    for name in ("mmengine", "mmengine.logging"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    losses = kind()
    vars(losses).update(_log_history=np.arange(3.0), max_length=1_000_000)
    content = {
        "message_hub": {"log_scalars": {"train/loss": losses}},
        "state_dict": official(tiny()),
    }
    torch.save(content, tmp_path / "epoch_210.pth")
    for name in (module.__name__, "mmengine.logging", "mmengine"):
        monkeypatch.delitem(sys.modules, name)
    assert weights.read(tmp_path / "epoch_210.pth").layout == "pose"
