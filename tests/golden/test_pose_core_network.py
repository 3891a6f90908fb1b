"""Official networks with the golden weights: names, outputs, losses, gradients."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from golden import networks, recipe, training
from golden.folder import arrays_of, each
from golden.ledger import Ledger
from golden.networks import Loaded
from torch import Tensor, nn

from hrbench.heads.heatmap import Targets, mse, ohkm

each_network = each("pose_core/net_*.json.gz")


@pytest.fixture
def loaded(file: str, golden: Ledger, tmp_path: Path) -> Loaded:
    """The network that a file describes, after it loaded a checkpoint in the official layout."""
    described = golden.json(file)
    built = networks.heatmap_network(described)
    return networks.loaded(described, built, tmp_path)


def inputs(described: Any) -> dict[str, Tensor]:
    width, height = described["image_w_h"]
    return recipe.network_inputs(height, width)


@each_network
def test_names_shapes_and_counts_are_the_official_ones(
    file: str, loaded: Loaded, golden: Ledger
) -> None:
    described: Any = golden.json(file)
    built, layout = loaded
    networks.check_names(golden, file, built, layout)
    with torch.inference_mode():
        _, keypoints, height, width = built(inputs(described)["block"]).shape
    golden.check_value(file, "num_joints", keypoints, described["num_joints"])
    golden.check_value(file, "image_w_h", [4 * width, 4 * height], described["image_w_h"])
    norms = [n for n, m in built.named_modules() if isinstance(m, nn.BatchNorm2d)]
    for which, name in (("first_bn", norms[0]), ("last_bn", norms[-1])):
        golden.check_value(file, which, f"{name}.", layout.ours(described[which]))


@each_network
def test_outputs_in_evaluation_are_the_official_ones(
    file: str, loaded: Loaded, golden: Ledger
) -> None:
    for kind, images in inputs(golden.json(file)).items():
        key = f"eval_{kind}_intermediate_stats"
        maps = networks.answer(golden, file, key, loaded, images)
        networks.check_maps(golden, arrays_of(file), f"eval_{kind}_", maps)
        if kind == "block":
            for name, value in losses(golden, arrays_of(file), maps).items():
                golden.check(arrays_of(file), f"eval_block_{name}", value)


@each_network
def test_a_training_step_is_the_official_one(file: str, loaded: Loaded, golden: Ledger) -> None:
    described: Any = golden.json(file)
    (built, layout), arrays = loaded, arrays_of(file)
    images = inputs(described)["block"]
    ours, exact = training.step_twice(built, images, lambda maps: mse(maps, targets_for(maps)))
    golden.check(arrays, "train_grad_missing", ours.missing)
    pairs: training.Pairs = {
        "out_sub": (ours.answers[:, :, ::4, ::4].numpy(), exact.answers[:, :, ::4, ::4].numpy()),
        "grad_l2": (ours.norms, exact.norms),
    }
    truths = losses(golden, arrays, exact.answers)
    for key, value in losses(golden, arrays, ours.answers).items():
        pairs[key] = (value, truths[key])
    for which in ("first", "last"):
        for statistic in ("running_mean", "running_var"):
            name = layout.ours(described[f"{which}_bn"] + statistic)
            pairs[f"{which}_bn_{statistic}"] = (ours.state(name), exact.state(name))
    training.check(golden, arrays, "train_", pairs)


def targets_for(maps: Tensor) -> Targets:
    count, keypoints, height, width = maps.shape
    target = np.random.default_rng(2).random((count, keypoints, height, width))
    weight = np.random.default_rng(3).integers(0, 2, (count, keypoints, 1))
    weights = recipe.as_float32(weight)[..., 0]
    return Targets(recipe.as_float32(target).to(maps), weights.to(maps))


def losses(golden: Ledger, arrays: str, maps: Tensor) -> dict[str, float]:
    """Return the losses that there are goldens of: with the targets' weights, and all alike."""
    weighted = targets_for(maps)
    alike = Targets(weighted.maps, torch.ones_like(weighted.weights))
    found = {}
    for match in (re.fullmatch(r"train_((mse|ohkm(\d+))_w([01]))", k) for k in golden.load(arrays)):
        if match:
            targets = weighted if match[4] == "1" else alike
            loss = ohkm(maps, targets, int(match[3])) if match[3] else mse(maps, targets)
            found[match[1]] = loss.item()
    return found
