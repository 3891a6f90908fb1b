"""The golden networks' weights, saved as each release names them, load to the same outputs."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from golden import networks, recipe
from golden.ledger import Ledger
from safetensors.torch import save_file
from torch import Tensor, nn

from hrbench.backbone import fitting, weights
from hrbench.errors import WeightsError
from hrbench.network import ImageNetwork

State = dict[str, Tensor]
NECK = re.compile(r"(downsamp_modules\.\d|final_layer)\.0\.bias")  # what mmpretrain leaves out


FILES = {
    "pose": "pose_core/net_hrnet*.json.gz",
    "face": "rest/face/net_*.json.gz",
    "class": "rest/cls/cls_models.json.gz",
}


def described(kind: str, golden: Ledger) -> Any:
    """Return the smallest network of a kind that the goldens describe."""
    contents: list[Any] = [golden.json(file) for file in golden.files(FILES[kind])]
    if kind == "class":
        contents = [model for content in contents for model in content.values()]
    if not contents:
        pytest.skip(f"these goldens have no network of a {kind}")
    return min(contents, key=lambda content: int(content["num_params"]))


def official(kind: str, golden: Ledger) -> State:
    shapes = networks.shapes_of(described(kind, golden))
    state = recipe.golden_state(list(shapes.items()))
    if kind == "class":  # as if they were not there, which is how mmpretrain has them
        state |= {n: torch.zeros_like(t) for n, t in state.items() if NECK.match(n)}
    return state


def built(kind: str, golden: Ledger) -> ImageNetwork:
    content = described(kind, golden)
    if kind == "class":
        return networks.classifier(networks.shapes_of(content))
    return networks.heatmap_network(content)


def renamed(*pairs: tuple[str, str]) -> Callable[[State], State]:
    """Rename by the first pattern that matches a name's beginning."""

    def rename(name: str) -> str:
        found = ((re.match(old, name), old, new) for old, new in pairs)
        return next(re.sub(old, new, name, count=1) for match, old, new in found if match)

    return lambda state: {rename(name): tensor for name, tensor in state.items()}


def mmpretrain(state: State) -> State:
    rename = renamed(
        ("incre_modules", "neck.increase_layers"),
        (r"downsamp_modules\.(\d)\.0", r"neck.downsample_layers.\1.conv"),
        (r"downsamp_modules\.(\d)\.1", r"neck.downsample_layers.\1.bn"),
        (r"final_layer\.0", "neck.final_layer.conv"),
        (r"final_layer\.1", "neck.final_layer.bn"),
        ("classifier", "head.fc"),
        ("", "backbone."),
    )
    return rename({n: t for n, t in state.items() if not NECK.match(n)})


FACE_1 = (
    ("head.0", "head.conv_layers.0"),
    ("head.1", "head.conv_layers.1"),
    ("head.3", "head.final_layer"),
)
FACE_0 = (("head", "keypoint_head.final_layer"),)
RELEASES: list[tuple[str, str, Callable[[State], State]]] = [
    ("pose", "pose", dict),
    ("pose", "mmpose", renamed(("final_layer", "head.final_layer"), ("", "backbone."))),
    ("pose", "mmpose-0", renamed(("final_layer", "keypoint_head.final_layer"), ("", "backbone."))),
    ("face", "face", dict),
    ("face", "mmpose", renamed(*FACE_1, ("", "backbone."))),
    ("face", "mmpose-0", renamed(*FACE_0, ("", "backbone."))),
    ("class", "classification", dict),
    ("class", "mmpretrain", mmpretrain),
]
IDS = [f"{kind}-{layout}" for kind, layout, _ in RELEASES]
each_release = pytest.mark.parametrize(("kind", "layout", "release"), RELEASES, ids=IDS)


def as_safetensors(state: State, path: Path) -> None:
    save_file({name: tensor.contiguous() for name, tensor in state.items()}, path)


def as_mmengine(state: State, path: Path) -> None:
    known = {"sigmas": np.ones(17), "classes": ("person",)}
    torch.save({"meta": {"epoch": 210, "dataset_meta": known}, "state_dict": state}, path)


def as_parallel(state: State, path: Path) -> None:
    torch.save({f"module.{name}": tensor for name, tensor in state.items()}, path)


SAVES = (as_safetensors, as_mmengine, as_parallel)


@each_release
@torch.inference_mode()
def test_every_release_loads_to_the_same_outputs(
    kind: str, layout: str, release: Callable[[State], State], golden: Ledger, tmp_path: Path
) -> None:
    theirs, path = official(kind, golden), tmp_path / "misnamed.bin"
    SAVES[IDS.index(f"{kind}-{layout}") % len(SAVES)](release(theirs), path)
    checkpoint = weights.read(path)
    assert checkpoint.layout == layout
    ours = built(kind, golden)
    assert fitting.load_network(checkpoint, ours).whole
    torch.save(theirs, path)
    reference = built(kind, golden)
    fitting.load_network(weights.read(path), reference)
    images = recipe.as_float32(np.random.default_rng(2).standard_normal((1, 3, 64, 64)))
    assert torch.equal(ours.eval().answer(images), reference.eval().answer(images))
    assert weights.digest(ours) == weights.digest(reference)


@each_release
def test_every_release_starts_a_training_from_its_whole_backbone(
    kind: str, layout: str, release: Callable[[State], State], golden: Ledger, tmp_path: Path
) -> None:
    del layout
    theirs = official(kind, golden)
    torch.save(release(theirs), tmp_path / "file.pth")
    target = built(kind, golden)
    found = fitting.load_backbone(weights.read(tmp_path / "file.pth"), target.backbone)
    assert found.total == len(target.backbone.state_dict())
    assert not found.missing
    assert torch.equal(target.backbone.state_dict()["conv1.weight"], theirs["conv1.weight"])


def higher(state: State) -> State:
    """Add what HigherHRNet has after its backbone, of shapes that no head here has."""
    width = state["final_layer.weight"].shape[1]
    heads = {"final_layers.0.weight": torch.zeros(34, width, 1, 1)}
    heads |= {"deconv_layers.0.0.0.weight": torch.zeros(66, width, 4, 4)}
    return {n: t for n, t in state.items() if not n.startswith("final_layer.")} | heads


def test_a_bottom_up_network_gives_its_backbone_only(golden: Ledger, tmp_path: Path) -> None:
    torch.save({"state_dict": higher(official("pose", golden))}, tmp_path / "higher.pth.tar")
    checkpoint = weights.read(tmp_path / "higher.pth.tar")
    target = built("pose", golden)
    found = fitting.load_backbone(checkpoint, target.backbone)
    assert not found.missing
    assert len(found.left_over) == 2
    with pytest.raises(WeightsError, match="It finds all persons at once: start training from its"):
        fitting.load_network(checkpoint, target)


def test_features_of_timm_give_their_backbone(golden: Ledger, tmp_path: Path) -> None:
    heads = ("classifier.", "final_layer.", "downsamp_modules.")
    state = {n: t for n, t in official("class", golden).items() if not n.startswith(heads)}
    as_safetensors(state, tmp_path / "model.safetensors")
    checkpoint = weights.read(tmp_path / "model.safetensors")
    assert checkpoint.layout == "features"
    assert not fitting.load_backbone(checkpoint, built("class", golden).backbone).missing


def test_a_backbone_of_one_output_starts_another_of_four_only_where_allowed(
    golden: Ledger,
    tmp_path: Path,
) -> None:
    torch.save(official("pose", golden), tmp_path / "pose.pth")
    checkpoint = weights.read(tmp_path / "pose.pth")
    target = ImageNetwork(
        nn.Identity(), networks.backbone(described("pose", golden), 4), nn.Identity()
    )
    before = {name: tensor.clone() for name, tensor in target.backbone.state_dict().items()}
    with pytest.raises(WeightsError, match="let the rest start random with --allow-partial"):
        fitting.load_backbone(checkpoint, target.backbone)
    found = fitting.load_backbone(checkpoint, target.backbone, partial=True)
    outputs_but_one = re.compile(r"stage4\.\d+\.fuse_layers\.[123]\.")
    assert found.missing
    assert all(outputs_but_one.match(name) for name in found.missing)
    after: nn.Module = target.backbone
    assert all(torch.equal(before[name], after.state_dict()[name]) for name in found.missing)
