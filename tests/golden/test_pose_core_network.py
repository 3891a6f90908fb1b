"""Official networks with the golden weights: names, outputs, losses, gradients."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from golden import recipe, training
from golden.ledger import Ledger
from specs import landmark_task
from torch import Tensor, nn

from hrbench import network
from hrbench.backbone import fitting, layouts, weights
from hrbench.heads.heatmap import Targets, mse, ohkm
from hrbench.network import LandmarkNetwork

NETWORKS = {
    "hrnet_w32_coco_256x192": (17, (256, 192)),
    "hrnet_w32_mpii_256x256": (16, (256, 256)),
}


@pytest.fixture(params=NETWORKS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def loaded(name: str, golden: Ledger, tmp_path: Path) -> LandmarkNetwork:
    """The network of `name` that has loaded a checkpoint in the official layout."""
    keypoints, size = NETWORKS[name]
    spec = landmark_task("coco-pose@w32-256x192", [f"model.input={list(size)}"])
    built = network.build(spec.model, keypoints, seed=0)
    description = golden.json(f"pose_core/net_{name}.json.gz")
    file = recipe.official_checkpoint(description, tmp_path / "official.pth")
    fitting.load_network(weights.read(file), built)
    return built.eval()


def test_names_shapes_and_counts_are_the_official_ones(
    name: str, loaded: LandmarkNetwork, golden: Ledger
) -> None:
    file = f"pose_core/net_{name}.json.gz"
    description: Any = golden.json(file)
    ours = {key: list(tensor.shape) for key, tensor in loaded.state_dict().items()}
    theirs = {layouts.POSE.ours(key): shape for key, shape in description["state_dict"]}
    assert ours == theirs
    assert list(ours) == list(theirs)
    golden.check_value(file, "state_dict", 0, 0)
    count = sum(parameter.numel() for parameter in loaded.parameters())
    golden.check_value(file, "num_params", count, description["num_params"])
    golden.check_value(file, "num_state_entries", len(ours), description["num_state_entries"])
    order = [layouts.POSE.ours(key) for key in description["parameters_order"]]
    golden.check_value(file, "parameters_order", [k for k, _ in loaded.named_parameters()], order)
    golden.check_value(file, "num_joints", NETWORKS[name][0], description["num_joints"])
    golden.check_value(file, "image_w_h", NETWORKS[name][1][::-1], description["image_w_h"])


def test_outputs_in_evaluation_are_the_official_ones(
    name: str, loaded: LandmarkNetwork, golden: Ledger
) -> None:
    file = f"pose_core/net_{name}.npz"
    for key, images in recipe.network_inputs(*NETWORKS[name][1]).items():
        seen = watch(loaded)
        with torch.inference_mode():
            maps = loaded(images)
        statistics = {module: summary(output) for module, output in seen.items()}
        check_maps(golden, file, f"eval_{key}_", maps)
        stats_key = f"eval_{key}_intermediate_stats"
        expected: Any = golden.json(f"pose_core/net_{name}.json.gz")
        expected = expected[stats_key]
        for module, values in expected.items():
            golden.check_value(
                f"pose_core/net_{name}.json.gz", stats_key, statistics[module], values
            )
        if key == "block":
            for name_of_loss, value in losses(maps).items():
                golden.check(file, f"eval_block_{name_of_loss}", value)


def test_a_training_step_is_the_official_one(
    name: str, loaded: LandmarkNetwork, golden: Ledger
) -> None:
    file = f"pose_core/net_{name}.npz"
    images = recipe.network_inputs(*NETWORKS[name][1])["block"]
    ours, exact = training.step_twice(loaded, images, lambda maps: mse(maps, targets_for(maps)))
    golden.check(file, "train_grad_missing", ours.missing)
    pairs: training.Pairs = {
        "out_sub": (ours.answers[:, :, ::4, ::4].numpy(), exact.answers[:, :, ::4, ::4].numpy()),
        "grad_l2": (ours.norms, exact.norms),
    }
    truths = losses(exact.answers)
    for key, value in losses(ours.answers).items():
        pairs[key] = (value, truths[key])
    description: Any = golden.json(f"pose_core/net_{name}.json.gz")
    for which in ("first", "last"):
        for statistic in ("running_mean", "running_var"):
            module = f"backbone.{description[f'{which}_bn']}{statistic}"
            pairs[f"{which}_bn_{statistic}"] = (ours.state(module), exact.state(module))
        golden.check_value(f"pose_core/net_{name}.json.gz", f"{which}_bn", 0, 0)
    for key, (actual, truth) in pairs.items():
        golden.check_trained(file, f"train_{key}", actual, truth)


def targets_for(maps: Tensor) -> Targets:
    count, keypoints, height, width = maps.shape
    target = np.random.default_rng(2).random((count, keypoints, height, width))
    weight = np.random.default_rng(3).integers(0, 2, (count, keypoints, 1))
    weights = recipe.as_float32(weight)[..., 0]
    return Targets(recipe.as_float32(target).to(maps), weights.to(maps))


def check_maps(golden: Ledger, file: str, prefix: str, maps: Tensor) -> None:
    golden.check(file, prefix + "out_sub", maps[:, :, ::4, ::4].numpy())
    golden.check(file, prefix + "argmax", maps.flatten(2).argmax(2).numpy())
    flat = maps.double().flatten(2)
    parts = (flat.mean(2), flat.std(2, correction=0), flat.amin(2), flat.amax(2))
    golden.check(file, prefix + "map_stats", torch.stack(parts, dim=2).numpy())


def losses(maps: Tensor) -> dict[str, float]:
    """Return the golden losses by their keys: with the targets' weights, and all alike."""
    weighted = targets_for(maps)
    alike = Targets(weighted.maps, torch.ones_like(weighted.weights))
    found = {}
    for key, targets in (("w1", weighted), ("w0", alike)):
        found[f"mse_{key}"] = mse(maps, targets).item()
        found[f"ohkm8_{key}"] = ohkm(maps, targets).item()
    return found


def watch(loaded: LandmarkNetwork) -> dict[str, Tensor]:
    """Return a dict that the next forward fills with the outputs of the official modules."""
    seen: dict[str, Tensor] = {}

    def keep(name: str) -> Any:
        def hook(_module: nn.Module, _inputs: object, output: Any) -> None:
            if isinstance(output, list):
                seen.update({f"{name}.{i}": branch.clone() for i, branch in enumerate(output)})
            else:
                seen[name] = output.clone()

        return hook

    for name in ("conv1", "bn2", "layer1", "stage2", "stage3", "stage4"):
        loaded.backbone.get_submodule(name).register_forward_hook(keep(name))
    loaded.head.register_forward_hook(keep("final_layer"))
    return seen


def summary(output: Tensor) -> list[float]:
    values = output.double()
    parts = (values.mean(), values.std(correction=0), values.min(), values.max())
    return [*(part.item() for part in parts), values.abs().sum().item()]
