"""The official classification networks: names, sizes, work, and outputs with the golden weights."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812  the field's name for it
from golden import recipe, training
from golden.ledger import Ledger
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from hrbench.backbone import fitting, hrnet, layouts, weights
from hrbench.heads.classify import ClassificationHead
from hrbench.kinds.classes.predicting import likeliest
from hrbench.metrics.topk import score_classes
from hrbench.network import Classifier

MODELS = "rest/cls/cls_models.json.gz"
TIMM = "rest/cls/timm_compare.json"
SMALL = ["w18_small_v1", "w18_small_v2"]
OURS_ALONE = {"hrnet-w8", "hrnet-w16"}  # for the synthetic runs
WATCHED = ("layer1", "stage2", "stage3", "stage4")


@pytest.fixture(params=SMALL)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def loaded(name: str, golden: Ledger, tmp_path: Path) -> Classifier:
    """The network of `name` that has loaded a checkpoint in the official layout."""
    models: Any = golden.json(MODELS)
    file = recipe.official_checkpoint(models[name], tmp_path / "official.pth")
    checkpoint = weights.read(file)
    assert checkpoint.layout == "classification"
    built = classifier(name)
    fitting.load_network(checkpoint, built)
    return built.eval()


def test_there_is_a_network_for_each_official_one(golden: Ledger) -> None:
    models: Any = golden.json(MODELS)
    assert set(hrnet.SIZES) - OURS_ALONE == {ours(variant) for variant in models}


def test_names_order_shapes_and_work_are_the_official_ones(golden: Ledger) -> None:
    models: Any = golden.json(MODELS)
    for variant, described in models.items():
        with torch.device("meta"):
            built = classifier(variant).eval()
            images = torch.empty(1, 3, 224, 224)
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            built(images)
        macs = counter.get_total_flops() // 2
        state = [f"{n} {list(tensor.shape)}" for n, tensor in built.state_dict().items()]
        official = [
            f"{layouts.CLASSIFICATION.ours(n)} {shape}" for n, shape in described["state_dict"]
        ]
        golden.check_value(MODELS, variant, state, official)
        found = {
            "num_params": count(built),
            "summary_total_parameters": count(built),
            "num_state_entries": len(state),
            "macs_conv_linear_224": macs,
            "gmacs_official_print_224": macs / 1024**3,
        }
        for key, value in found.items():
            golden.check_value(MODELS, variant, value, described[key])


def test_timm_has_the_same_networks(golden: Ledger) -> None:
    compared: Any = golden.json(TIMM)
    for variant, described in compared.items():
        with torch.device("meta"):
            golden.check_value(TIMM, variant, count(classifier(variant)), described["num_params"])
        # To the official ones, whose names, order and shapes ours are by the test above.
        assert described["same_name_set"]
        assert described["same_order"]
        assert not described["only_timm"] + described["only_official"]
        assert not described["shape_mismatch"]


@pytest.mark.parametrize("kind", ["gauss", "block"])
def test_outputs_in_evaluation_are_the_official_ones(
    kind: str, name: str, loaded: Classifier, golden: Ledger
) -> None:
    seen = watch(loaded)
    with torch.inference_mode():
        logits = loaded(images_of(kind))
    golden.check(f"rest/cls/logits_{name}.npz", f"eval_{kind}_logits", logits.numpy())
    file = f"rest/cls/logits_{name}_intermediate_stats.json.gz"
    expected: Any = golden.json(file)
    assert set(seen) == set(expected[kind])
    for module, values in expected[kind].items():
        golden.check_value(file, kind, summary(seen[module]), values)


def test_a_training_step_is_the_official_one(name: str, loaded: Classifier, golden: Ledger) -> None:
    file = f"rest/cls/logits_{name}.npz"
    ours, exact = training.step_twice(loaded, images_of("block"), loss)
    golden.check_trained(file, "train_block_logits", ours.answers.numpy(), exact.answers.numpy())
    golden.check_trained(file, "train_block_ce", ours.loss, exact.loss)
    golden.check_trained(file, "train_block_grad_l2", ours.norms, exact.norms)


def loss(logits: Tensor) -> Tensor:
    return F.cross_entropy(logits, torch.tensor([3, 7]))


def test_top_1_and_top_5_are_the_official_ones(golden: Ledger) -> None:
    logits = np.random.default_rng(5).standard_normal((64, 20)).astype(np.float32)
    labels = np.random.default_rng(6).integers(0, 20, 64)
    file = "rest/cls/accuracy.json"
    expected: Any = golden.json(file)
    key = "top1_top5_percent"
    answers, _ = likeliest(torch.from_numpy(logits), len(labels))
    scores = score_classes(labels, answers, [str(number) for number in range(20)])
    golden.check_value(file, key, list(scores.figures.values()), expected[key])


def classifier(variant: str) -> Classifier:
    size = hrnet.SIZES[ours(variant)]
    return Classifier(
        hrnet.HRNet(size, num_outputs=4), ClassificationHead(size.channels, num_classes=1000)
    )


def ours(variant: str) -> str:
    return "hrnet-" + variant.replace("_", "-")


def count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def images_of(kind: str) -> Tensor:
    if kind == "gauss":
        return recipe.network_inputs(224, 224)["gauss"]
    small = np.random.default_rng(1).standard_normal((2, 3, 7, 7))
    return recipe.as_float32(2 * np.kron(small, np.ones((32, 32))))


def watch(loaded: Classifier) -> dict[str, Tensor]:
    """Return a dict that the next forward fills with the outputs of modules, by branch."""
    seen: dict[str, Tensor] = {}

    def keep(name: str) -> Any:
        def hook(_module: nn.Module, _inputs: object, output: Any) -> None:
            branches = output if isinstance(output, list) else [output]
            seen.update({f"{name}.{i}": branch.clone() for i, branch in enumerate(branches)})

        return hook

    for name in WATCHED:
        loaded.backbone.get_submodule(name).register_forward_hook(keep(name))
    for name in ("final_layer", "classifier"):
        loaded.head.get_submodule(name).register_forward_hook(keep(name))
    return seen


def summary(output: Tensor) -> list[float]:
    values = output.double()
    parts = (values.mean(), values.std(correction=0), values.min(), values.max())
    return [*(part.item() for part in parts), values.abs().sum().item()]
