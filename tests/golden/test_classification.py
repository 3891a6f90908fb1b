"""The official classification networks: names, sizes, work, and outputs with the golden weights."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812  the field's name for it
from golden import networks, recipe, training
from golden.folder import each
from golden.ledger import Ledger
from golden.networks import Loaded
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from hrbench.backbone import hrnet, layouts
from hrbench.heads.classify import ClassificationHead
from hrbench.kinds.classes.predicting import likeliest
from hrbench.metrics.topk import score_classes
from hrbench.network import ImageNetwork

MODELS = "rest/cls/cls_models.json.gz"
each_network = each("rest/cls/logits_*.npz")


def variant_of(file: str) -> str:
    return file.removeprefix("rest/cls/logits_").removesuffix(".npz")


@pytest.fixture
def loaded(file: str, golden: Ledger, tmp_path: Path) -> Loaded:
    """The network of a file, after it loaded a checkpoint in the official layout."""
    models: Any = golden.json(MODELS)
    described = models[variant_of(file)]
    built = networks.classifier(networks.shapes_of(described))
    network = networks.loaded(described, built, tmp_path)
    assert network[1].name == "classification"
    return network


@each(MODELS)
def test_there_is_a_network_for_each_official_one(file: str, golden: Ledger) -> None:
    models: Any = golden.json(file)
    sizes = {ours(v): networks.hrnet_size(networks.shapes_of(models[v])) for v in models}
    assert sizes == {name: hrnet.SIZES[name] for name in sizes}


@each(MODELS)
def test_names_order_shapes_and_work_are_the_official_ones(file: str, golden: Ledger) -> None:
    models: Any = golden.json(file)
    for variant, described in models.items():
        with torch.device("meta"):
            built = classifier(hrnet.SIZES[ours(variant)]).eval()
            images = torch.empty(1, 3, 224, 224)
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            built(images)
        macs = counter.get_total_flops() // 2
        named = ((name, list(tensor.shape)) for name, tensor in built.state_dict().items())
        state = networks.lines(named)
        official = networks.lines(
            (layouts.CLASSIFICATION.ours(name), shape) for name, shape in described["state_dict"]
        )
        golden.check_value(file, variant, state, official)
        found = {
            "num_params": networks.count(built),
            "summary_total_parameters": networks.count(built),
            "num_state_entries": len(state),
            "macs_conv_linear_224": macs,
            "gmacs_official_print_224": macs / 1024**3,
        }
        for key, value in found.items():
            golden.check_value(file, variant, value, described[key])


@each("rest/cls/timm_compare.json")
def test_timm_has_the_same_networks(file: str, golden: Ledger) -> None:
    compared: Any = golden.json(file)
    for variant, described in compared.items():
        with torch.device("meta"):
            parameters = networks.count(classifier(hrnet.SIZES[ours(variant)]))
        golden.check_value(file, variant, parameters, described["num_params"])
        # To the official ones, whose names, order and shapes ours are by the test above.
        assert described["same_name_set"]
        assert described["same_order"]
        assert not described["only_timm"] + described["only_official"]
        assert not described["shape_mismatch"]


@each_network
@pytest.mark.parametrize("kind", ["gauss", "block"])
def test_outputs_in_evaluation_are_the_official_ones(
    file: str, kind: str, loaded: Loaded, golden: Ledger
) -> None:
    statistics = file.replace(".npz", "_intermediate_stats.json.gz")
    logits = networks.answer(golden, statistics, kind, loaded, images_of(kind))
    golden.check(file, f"eval_{kind}_logits", logits.numpy())


@each_network
def test_a_training_step_is_the_official_one(file: str, loaded: Loaded, golden: Ledger) -> None:
    ours, exact = training.step_twice(loaded[0], images_of("block"), loss)
    pairs: training.Pairs = {
        "logits": (ours.answers.numpy(), exact.answers.numpy()),
        "ce": (ours.loss, exact.loss),
        "grad_l2": (ours.norms, exact.norms),
    }
    training.check(golden, file, "train_block_", pairs)


def loss(logits: Tensor) -> Tensor:
    return F.cross_entropy(logits, torch.tensor([3, 7]))


@each("rest/cls/accuracy*.json")
def test_top_1_and_top_5_are_the_official_ones(file: str, golden: Ledger) -> None:
    described: Any = golden.json(file)
    logits = recipe.drawn(described["logits"]).astype(np.float32)
    labels = recipe.drawn(described["target"])
    answers, _ = likeliest(torch.from_numpy(logits), len(labels))
    scores = score_classes(
        labels, answers.numpy(), [str(number) for number in range(logits.shape[1])]
    )
    found = list(scores.figures.values())
    golden.check_value(file, "top1_top5_percent", found, described["top1_top5_percent"])


def classifier(size: hrnet.Size) -> ImageNetwork:
    head = ClassificationHead(size.channels, num_classes=1000)
    return ImageNetwork(nn.Identity(), hrnet.HRNet(size, num_outputs=4), head)


def ours(variant: str) -> str:
    return "hrnet-" + variant.replace("_", "-")


def images_of(kind: str) -> Tensor:
    return recipe.network_inputs(224, 224, blocks=7)[kind]
