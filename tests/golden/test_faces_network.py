"""The official face network with the golden weights: names, outputs, loss, gradients."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from golden import recipe, training
from golden.ledger import Ledger
from torch import Tensor, nn

from hrbench import network
from hrbench.backbone import fitting, layouts, weights
from hrbench.heads.heatmap import LOSSES, Targets
from hrbench.network import LandmarkNetwork
from hrbench.spec import HeatmapModel

DESCRIPTION = "rest/face/net_300w.json.gz"
ARRAYS = "rest/face/net_300w.npz"
MODEL = HeatmapModel(
    backbone="hrnet-w18",
    head="heatmap",
    branches=4,
    upsampling="bilinear",
    momentum=0.01,
    input=(256, 256),
    sigma=1,
)
WATCHED = ("bn1", "bn2", "layer1", "stage2", "stage3", "stage4")
STATISTICS = {  # of a training step, by the golden's key
    "bn1_running_mean": "backbone.bn1.running_mean",
    "head1_running_var": "head.mix.1.running_var",
}


@pytest.fixture
def loaded(golden: Ledger, tmp_path: Path) -> LandmarkNetwork:
    """The network that has loaded a checkpoint in the official layout."""
    file = recipe.official_checkpoint(golden.json(DESCRIPTION), tmp_path / "official.pth")
    checkpoint = weights.read(file)
    assert checkpoint.layout == "face"
    built = network.build(MODEL, num_keypoints=68, seed=0)
    fitting.load_network(checkpoint, built)
    return built.eval()


def test_names_shapes_and_counts_are_the_official_ones(
    loaded: LandmarkNetwork, golden: Ledger
) -> None:
    described: Any = golden.json(DESCRIPTION)
    ours = [(name, list(tensor.shape)) for name, tensor in loaded.state_dict().items()]
    theirs = [(layouts.FACE.ours(name), shape) for name, shape in described["state_dict"]]
    assert ours == theirs
    golden.check_value(DESCRIPTION, "state_dict", [n for n, _ in ours], [n for n, _ in theirs])
    count = sum(parameter.numel() for parameter in loaded.parameters())
    golden.check_value(DESCRIPTION, "num_params", count, described["num_params"])
    golden.check_value(DESCRIPTION, "num_state_entries", len(ours), described["num_state_entries"])
    order = [layouts.FACE.ours(name) for name in described["parameters_order"]]
    names = [name for name, _ in loaded.named_parameters()]
    golden.check_value(DESCRIPTION, "parameters_order", names, order)


@pytest.mark.parametrize("kind", ["gauss", "block"])
def test_outputs_in_evaluation_are_the_official_ones(
    kind: str, loaded: LandmarkNetwork, golden: Ledger
) -> None:
    seen = watch(loaded)
    with torch.inference_mode():
        maps = loaded(recipe.network_inputs(256, 256)[kind])
    golden.check(ARRAYS, f"eval_{kind}_out_sub", maps[:, :, ::4, ::4].numpy())
    golden.check(ARRAYS, f"eval_{kind}_argmax", maps.flatten(2).argmax(2).numpy())
    flat = maps.double().flatten(2)
    parts = (flat.mean(2), flat.std(2, correction=0), flat.amin(2), flat.amax(2))
    golden.check(ARRAYS, f"eval_{kind}_map_stats", torch.stack(parts, dim=2).numpy())
    golden.check(ARRAYS, f"eval_{kind}_mse", loss(maps).item())
    described: Any = golden.json(DESCRIPTION)
    key = f"eval_{kind}_intermediate_stats"
    assert set(seen) == set(described[key])
    for module, values in described[key].items():
        golden.check_value(DESCRIPTION, key, summary(seen[module]), values)


def test_a_training_step_is_the_official_one(loaded: LandmarkNetwork, golden: Ledger) -> None:
    ours, exact = training.step_twice(loaded, recipe.network_inputs(256, 256)["block"], loss)
    pairs: training.Pairs = {
        "out_sub": (ours.answers[:, :, ::4, ::4].numpy(), exact.answers[:, :, ::4, ::4].numpy()),
        "mse": (ours.loss, exact.loss),
        "grad_l2": (ours.norms, exact.norms),
    }
    for key, name in STATISTICS.items():
        pairs[key] = (ours.state(name), exact.state(name))
    for key, (actual, truth) in pairs.items():
        golden.check_trained(ARRAYS, f"train_block_{key}", actual, truth)


def loss(maps: Tensor) -> Tensor:
    target = recipe.as_float32(np.random.default_rng(2).random(tuple(maps.shape)))
    weights = torch.ones(maps.shape[:2], dtype=maps.dtype)
    return LOSSES["plain-mse"](maps, Targets(target.to(maps), weights))


def watch(loaded: LandmarkNetwork) -> dict[str, Tensor]:
    """Return a dict that the next forward fills with the outputs of modules, by branch."""
    seen: dict[str, Tensor] = {}

    def keep(name: str) -> Any:
        def hook(_module: nn.Module, _inputs: object, output: Any) -> None:
            branches = output if isinstance(output, list) else [output]
            seen.update({f"{name}.{i}": branch.clone() for i, branch in enumerate(branches)})

        return hook

    for name in WATCHED:
        loaded.backbone.get_submodule(name).register_forward_hook(keep(name))
    loaded.head.register_forward_hook(keep("head"))
    return seen


def summary(output: Tensor) -> list[float]:
    values = output.double()
    parts = (values.mean(), values.std(correction=0), values.min(), values.max())
    return [*(part.item() for part in parts), values.abs().sum().item()]
