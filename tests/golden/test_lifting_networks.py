"""The official lifting networks with the golden weights: names, outputs, gradients."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from golden import recipe, training
from golden.ledger import Ledger
from torch import Tensor, nn

from hrbench.heads.linear_lift import LinearLifter
from hrbench.heads.temporal_lift import TemporalLifter, carried_tap

LINEAR = "rest/lifting/linear_model"
TEMPORAL = "rest/lifting/temporal"


def test_the_linear_network_has_the_ports_parameters(golden: Ledger) -> None:
    described: Any = golden.json(f"{LINEAR}.json")
    network = linear(described, dropout=0.5)
    ours = layout(network)
    golden.check_value(f"{LINEAR}.json", "state_dict", ours, lines(described["state_dict"]))
    found = {
        "linear_size": network.w1.out_features,
        "num_stage": len(network.linear_stages),
        "num_params": count(network),
        "num_state_entries": len(ours),
    }
    for key, value in found.items():
        golden.check_value(f"{LINEAR}.json", key, value, described[key])


def test_the_linear_network_answers_and_learns_as_the_port_does(golden: Ledger) -> None:
    described: Any = golden.json(f"{LINEAR}.json")
    shape = golden.load(f"{LINEAR}.npz")["eval_out"].shape
    network = linear(described, dropout=0.5).eval()
    x = noise(0, (shape[0], network.w1.in_features))
    golden.check(f"{LINEAR}.npz", "eval_out", network(x).detach().numpy())
    ours, exact = training.step_twice(
        linear(described, dropout=0.0),
        x,
        lambda answers: (answers - noise(1, shape).to(answers)).square().mean(),
    )
    pairs: training.Pairs = {
        "out": (ours.answers.numpy(), exact.answers.numpy()),
        "mse": (ours.loss, exact.loss),
        "grad_l2": (ours.norms, exact.norms),
    }
    for key, (actual, truth) in pairs.items():
        golden.check_trained(f"{LINEAR}.npz", f"train_nodrop_{key}", actual, truth)


def test_temporal_networks_have_the_official_parameters_and_reach(golden: Ledger) -> None:
    described: Any = golden.json(f"{TEMPORAL}.json")
    for arc, expected in described.items():
        network = temporal(expected)
        taps = [(carried_tap(w, causal=False), carried_tap(w, causal=True)) for w in network.widths]
        reaches = list(zip(taps, network.dilations, strict=True))
        joints = expected["input_shape"][2]
        # All but `total_causal_shift_causal`, which officially is wrong and never used.
        found: dict[str, Any] = {
            "filter_widths": network.widths,
            "receptive_field": network.receptive_field,
            "pad": network.pad,
            "num_params": count(network),
            "num_params_trajectory_1joint": count(built(expected, joints, 1)),
            "layers_pad": [middle * dilation for (middle, _), dilation in reaches],
            "causal_shift_reference": [
                (last - mid) * dilation for (mid, last), dilation in reaches
            ],
            "causal_shift_optimized": [last - middle for middle, last in taps],
        }
        for key, value in found.items():
            golden.check_value(f"{TEMPORAL}.json", arc, value, expected[key])
        names = lines(expected["state_dict"])
        golden.check_value(f"{TEMPORAL}.json", arc, layout(network), names)
        golden.check_value(f"{TEMPORAL}.json", arc, layout(temporal(expected, causal=True)), names)


def test_temporal_networks_answer_as_the_official_ones_do(golden: Ledger) -> None:
    described: Any = golden.json(f"{TEMPORAL}.json")
    for arc, expected in described.items():
        x = noise(0, expected["input_shape"])
        golden.check_value(f"{TEMPORAL}.json", arc, list(x.shape), expected["input_shape"])
        for causal in (False, True):
            network = temporal(expected, causal=causal).eval()
            with torch.inference_mode():
                answers, alone = network(x), network.one_frame(x[:, : network.receptive_field])
            prefix = f"arc{arc.replace(',', '_')}{'_causal' * causal}"
            golden.check(f"{TEMPORAL}.npz", f"{prefix}_out", answers.numpy())
            golden.check(f"{TEMPORAL}.npz", f"{prefix}_optimized1f_out", alone.numpy())
            same = torch.allclose(alone, answers[:, :1], rtol=1e-5, atol=1e-5)
            key = f"{'causal_' * causal}optimized1f_equals_reference_1e5"
            golden.check_value(f"{TEMPORAL}.json", arc, same, expected[key])


def linear(described: Any, dropout: float) -> LinearLifter:
    """The network of the golden sizes, with the golden weights."""
    shapes = dict(described["state_dict"])
    network = LinearLifter(
        shapes["w1.weight"][1] // 2,
        shapes["w2.weight"][0] // 3,
        width=described["linear_size"],
        stages=described["num_stage"],
        dropout=dropout,
    )
    load(network, described)
    return network


def temporal(described: Any, *, causal: bool = False) -> TemporalLifter:
    """The network of the golden sizes, with the golden weights."""
    joints = dict(described["state_dict"])["shrink.bias"][0] // 3
    network = built(described, described["input_shape"][2], joints, causal=causal)
    load(network, described)
    return network


def built(described: Any, keypoints: int, joints: int, *, causal: bool = False) -> TemporalLifter:
    channels = dict(described["state_dict"])["expand_bn.weight"][0]
    widths = described["filter_widths"]
    return TemporalLifter(keypoints, joints, widths=widths, channels=channels, causal=causal)


def load(network: nn.Module, described: Any) -> None:
    shapes = [(name, tuple(shape)) for name, shape in described["state_dict"]]
    network.load_state_dict(recipe.golden_state(shapes))


def layout(network: nn.Module) -> list[str]:
    return lines((name, list(tensor.shape)) for name, tensor in network.state_dict().items())


def lines(named_shapes: Iterable[tuple[str, list[int]]]) -> list[str]:
    return [f"{name} {shape}" for name, shape in named_shapes]


def count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def noise(seed: int, shape: tuple[int, ...]) -> Tensor:
    return recipe.as_float32(np.random.default_rng(seed).standard_normal(shape))
