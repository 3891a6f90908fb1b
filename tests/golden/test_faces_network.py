"""Official face networks with the golden weights: names, outputs, loss, gradients."""

from pathlib import Path

import numpy as np
import pytest
import torch
from golden import networks, recipe, training
from golden.folder import arrays_of, each
from golden.ledger import Ledger
from golden.networks import Loaded
from torch import Tensor

from hrbench.heads.heatmap import LOSSES, Targets

each_network = each("rest/face/net_*.json.gz")
CELL = 4 * 4  # image pixels between the cells of the maps that are kept
STATISTICS = {  # of a training step, by the golden's key
    "bn1_running_mean": "backbone.bn1.running_mean",
    "head1_running_var": "head.mix.1.running_var",
}


@pytest.fixture
def loaded(file: str, golden: Ledger, tmp_path: Path) -> Loaded:
    """The network that a file describes, after it loaded a checkpoint in the official layout."""
    described = golden.json(file)
    built = networks.heatmap_network(described)
    network = networks.loaded(described, built, tmp_path)
    assert network[1].name == "face"
    return network


def inputs(golden: Ledger, file: str) -> dict[str, Tensor]:
    height, width = golden.load(arrays_of(file))["eval_block_out_sub"].shape[2:]
    return recipe.network_inputs(CELL * height, CELL * width)


@each_network
def test_names_shapes_and_counts_are_the_official_ones(
    file: str, loaded: Loaded, golden: Ledger
) -> None:
    networks.check_names(golden, file, *loaded)


@each_network
@pytest.mark.parametrize("kind", ["gauss", "block"])
def test_outputs_in_evaluation_are_the_official_ones(
    file: str, kind: str, loaded: Loaded, golden: Ledger
) -> None:
    key, images = f"eval_{kind}_intermediate_stats", inputs(golden, file)[kind]
    maps = networks.answer(golden, file, key, loaded, images)
    networks.check_maps(golden, arrays_of(file), f"eval_{kind}_", maps)
    golden.check(arrays_of(file), f"eval_{kind}_mse", loss(maps).item())


@each_network
def test_a_training_step_is_the_official_one(file: str, loaded: Loaded, golden: Ledger) -> None:
    ours, exact = training.step_twice(loaded[0], inputs(golden, file)["block"], loss)
    pairs: training.Pairs = {
        "out_sub": (ours.answers[:, :, ::4, ::4].numpy(), exact.answers[:, :, ::4, ::4].numpy()),
        "mse": (ours.loss, exact.loss),
        "grad_l2": (ours.norms, exact.norms),
    }
    for key, name in STATISTICS.items():
        pairs[key] = (ours.state(name), exact.state(name))
    training.check(golden, arrays_of(file), "train_block_", pairs)


def loss(maps: Tensor) -> Tensor:
    target = recipe.as_float32(np.random.default_rng(2).random(tuple(maps.shape)))
    weights = torch.ones(maps.shape[:2], dtype=maps.dtype)
    return LOSSES["plain-mse"](maps, Targets(target.to(maps), weights))
