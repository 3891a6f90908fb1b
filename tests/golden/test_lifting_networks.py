"""The official lifting networks with the golden weights: names, outputs, gradients."""

from typing import Any

import numpy as np
import torch
from golden import networks, recipe, training
from golden.folder import arrays_of, each
from golden.ledger import Ledger
from torch import Tensor, nn

from hrbench.heads.linear_lift import LinearLifter
from hrbench.heads.temporal_lift import TemporalLifter, carried_tap

each_linear = each("rest/lifting/linear_model*.json")
each_temporal = each("rest/lifting/temporal*.json")


@each_linear
def test_the_linear_network_has_the_ports_parameters(file: str, golden: Ledger) -> None:
    described: Any = golden.json(file)
    network = linear(described, dropout=0.5)
    ours = layout(network)
    golden.check_value(file, "state_dict", ours, networks.lines(described["state_dict"]))
    found = {
        "linear_size": network.w1.out_features,
        "num_stage": len(network.linear_stages),
        "num_params": networks.count(network),
        "num_state_entries": len(ours),
    }
    for key, value in found.items():
        golden.check_value(file, key, value, described[key])


@each_linear
def test_the_linear_network_answers_and_learns_as_the_port_does(file: str, golden: Ledger) -> None:
    described: Any = golden.json(file)
    x, target = (recipe.as_float32(recipe.drawn(described[key])) for key in ("input", "target"))
    network = linear(described, dropout=0.5).eval()
    golden.check(arrays_of(file), "eval_out", network(x).detach().numpy())
    ours, exact = training.step_twice(
        linear(described, dropout=0.0),
        x,
        lambda answers: (answers - target.to(answers)).square().mean(),
    )
    pairs: training.Pairs = {
        "out": (ours.answers.numpy(), exact.answers.numpy()),
        "mse": (ours.loss, exact.loss),
        "grad_l2": (ours.norms, exact.norms),
    }
    training.check(golden, arrays_of(file), "train_nodrop_", pairs)


@each_temporal
def test_temporal_networks_have_the_official_parameters_and_reach(
    file: str, golden: Ledger
) -> None:
    described: Any = golden.json(file)
    for arc, expected in described.items():
        network = temporal(expected)
        taps = [(carried_tap(w, causal=False), carried_tap(w, causal=True)) for w in network.widths]
        reaches = list(zip(taps, network.dilations, strict=True))
        joints = network.expand_conv.in_channels // 2
        # All but `total_causal_shift_causal`, which officially is wrong and never used.
        found: dict[str, Any] = {
            "filter_widths": network.widths,
            "input_shape": [2, network.receptive_field + 4, joints, 2],
            "receptive_field": network.receptive_field,
            "pad": network.pad,
            "num_params": networks.count(network),
            "num_params_trajectory_1joint": networks.count(built(expected, joints, 1)),
            "layers_pad": [middle * dilation for (middle, _), dilation in reaches],
            "causal_shift_reference": [
                (last - mid) * dilation for (mid, last), dilation in reaches
            ],
            "causal_shift_optimized": [last - middle for middle, last in taps],
        }
        for key, value in found.items():
            golden.check_value(file, arc, value, expected[key])
        names = networks.lines(expected["state_dict"])
        golden.check_value(file, arc, layout(network), names)
        golden.check_value(file, arc, layout(temporal(expected, causal=True)), names)


@each_temporal
def test_temporal_networks_answer_as_the_official_ones_do(file: str, golden: Ledger) -> None:
    described: Any = golden.json(file)
    for arc, expected in described.items():
        x = noise(0, expected["input_shape"])
        for causal in (False, True):
            network = temporal(expected, causal=causal).eval()
            with torch.inference_mode():
                answers, alone = network(x), network.one_frame(x[:, : network.receptive_field])
            prefix = f"arc{arc.replace(',', '_')}{'_causal' * causal}"
            golden.check(arrays_of(file), f"{prefix}_out", answers.numpy())
            golden.check(arrays_of(file), f"{prefix}_optimized1f_out", alone.numpy())
            same = torch.allclose(alone, answers[:, :1], rtol=1e-5, atol=1e-5)
            key = f"{'causal_' * causal}optimized1f_equals_reference_1e5"
            golden.check_value(file, arc, same, expected[key])


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
    return networks.lines(
        (name, list(tensor.shape)) for name, tensor in network.state_dict().items()
    )


def noise(seed: int, shape: tuple[int, ...]) -> Tensor:
    return recipe.as_float32(np.random.default_rng(seed).standard_normal(shape))
