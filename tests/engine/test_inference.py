"""What is only faster in a prediction gives what the plain network gives. No card is needed."""

import copy
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from engine.injected import Injected
from specs import landmark_task
from torch import Tensor, nn

from hrbench.backbone.registry import backbone_of
from hrbench.engine import inference as module
from hrbench.engine.folding import folded
from hrbench.engine.graphs import WARM_UPS, Tensors
from hrbench.engine.inference import Inference, Pass
from hrbench.engine.predict import overlapped
from hrbench.engine.runtime import Runtime
from hrbench.engine.sizes import held
from hrbench.heads.deconvolution import DeconvolutionHead
from hrbench.network import build

CPU = Runtime(torch.device("cpu"))
EAGER = Runtime(torch.device("cpu"), eager=True)
GIB = 2**30


def settled(network: nn.Module) -> nn.Module:
    """A network whose statistics are not those with which it begins."""
    generator = torch.Generator().manual_seed(0)
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            assert layer.running_mean is not None
            assert layer.running_var is not None
            layer.running_mean.normal_(0, 0.1, generator=generator)
            layer.running_var.uniform_(0.5, 2, generator=generator)
            nn.init.normal_(layer.bias, 0, 0.1, generator=generator)
    return network.eval()


class Pictures(nn.Module):
    """A convolution and its normalisation, of (B, H, W, 3) uint8 images; and how often it ran."""

    def __init__(self, layers: nn.Module) -> None:
        super().__init__()
        self.layers, self.given = layers, list[int]()

    def forward(self, images: Tensor) -> Tensor:
        self.given.append(len(images))
        outputs: Tensor = self.layers(images.permute(0, 3, 1, 2) / 255)
        return outputs


def small() -> Pictures:
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU())
    return Pictures(settled(layers))


class Twice(nn.Module):
    """A convolution before two normalisations: it cannot take up both."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layer = nn.Conv2d(3, 4, 3)
        self.norms = nn.ModuleList([nn.BatchNorm2d(4), nn.BatchNorm2d(4)])

    def forward(self, inputs: Tensor) -> Tensor:
        first, second = (norm(self.layer(inputs)) for norm in self.norms)
        both: Tensor = first - second
        return both


def images(count: int) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randint(256, (count, 32, 32, 3), dtype=torch.uint8, generator=generator)


def norms(network: nn.Module) -> int:
    return sum(isinstance(layer, nn.BatchNorm2d) for layer in network.modules())


def test_a_convolution_takes_up_the_scale_and_the_shift_behind_it() -> None:
    layer, norm = nn.Conv2d(1, 1, 1, bias=False), nn.BatchNorm2d(1, eps=0)
    layer.weight.data.fill_(3.0)
    for values, value in ((norm.running_mean, 5), (norm.running_var, 4), (norm.bias.data, 7)):
        assert values is not None
        values.fill_(value)
    both = nn.Sequential(layer, norm).eval()
    alone = folded(both, torch.ones(1, 1, 1, 1))
    assert alone(torch.full((1, 1, 1, 1), 2.0)).item() == 7.5  # (2 * 3 - 5) / 2 + 7
    assert norms(alone) == 0
    assert norms(both) == 1


@torch.no_grad()
@pytest.mark.parametrize(
    "name", ["hrnet-w8", "resnet-50", "timm/mobilenetv4_conv_small_050", "timm/regnetx_002"]
)
def test_no_normalisation_is_left_in_a_backbone_and_its_outputs_stay(name: str) -> None:
    torch.manual_seed(0)
    entry = backbone_of(name)
    network = settled(entry.make(len(entry.channels), "nearest"))
    inputs = torch.randn(2, 3, 64, 64)
    found = folded(network, inputs)
    assert norms(found) == 0
    for ours, plain in zip(found(inputs), network(inputs), strict=True):
        assert (ours - plain).abs().max() <= 1e-5 * plain.abs().max()


@torch.no_grad()
def test_transposed_convolutions_are_folded_too() -> None:
    torch.manual_seed(0)
    network = settled(DeconvolutionHead(8, 8, 5, 2))
    features = [torch.randn(2, 8, 4, 4)]
    found = folded(network, features)  # type: ignore[arg-type]
    assert norms(found) == 0
    torch.testing.assert_close(found(features), network(features), rtol=0, atol=1e-5)


@torch.inference_mode()
def test_a_network_is_folded_at_its_first_batch_and_stays_as_it_was_trained() -> None:
    network = small()
    before = copy.deepcopy(network.state_dict())
    inference = Inference(network, CPU, "fp32")
    torch.testing.assert_close(inference(images(8)), network(images(8)), rtol=0, atol=1e-5)
    assert inference.folds
    assert inference.format == "channels_last"
    assert network.given == [module.TRIED, 8]  # the first of them to compare
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


@torch.inference_mode()
def test_plain_torch_is_the_network_itself() -> None:
    network = small()
    inference = Inference(network, EAGER, "fp32")
    assert torch.equal(inference(images(3)), network(images(3)))
    execution = Pass(inference, lambda given: (inference(given),), 3).execution(3)
    assert execution.content() == {
        "path": "eager",
        "precision": "fp32",
        "memory_format": "contiguous",
        "batch": 3,
        "reasons": ["--eager was asked for"],
    }


@torch.inference_mode()
def test_where_folding_moves_the_outputs_the_network_itself_predicts_and_says_so() -> None:
    network = Pictures(settled(Twice()))
    inference = Inference(network, CPU, "fp32")
    assert torch.equal(inference(images(3)), network(images(3)))
    (reason,) = inference.reasons()
    assert reason.startswith("batch normalisation is not folded: outputs would move by ")
    assert inference.format == "contiguous"


@torch.inference_mode()
def test_bf16_is_near_and_its_outputs_are_float32() -> None:
    network = small()
    found = Inference(network, CPU, "bf16")(images(4))
    assert found.dtype == torch.float32
    gap = (found - network(images(4))).abs().max() / found.abs().max()
    assert 1e-4 < gap < 2e-2  # 8 bits of a number


@torch.inference_mode()
def test_without_a_compiler_it_predicts_all_the_same_and_the_reason_is_a_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def failing(*_: object, **__: object) -> None:
        raise RuntimeError("No working C++ compiler found\n\nSet ...")

    monkeypatch.setattr(torch, "compile", failing)
    compiles = Inference(small(), replace(CPU, compiles=True), "fp32", 4)
    assert torch.equal(compiles(images(4)), Inference(small(), CPU, "fp32")(images(4)))
    assert list(compiles.reasons()) == ["not compiled: No working C++ compiler found"]


@torch.inference_mode()
def test_only_full_batches_are_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "compile", lambda network, **_: network)
    compiles = Inference(small(), replace(CPU, compiles=True), "fp32", 4)
    compiles(images(3))
    assert list(compiles.reasons()) == ["not compiled: no batch was full"]
    compiles(images(4))
    assert compiles.compiled
    assert not list(compiles.reasons())


@torch.inference_mode()
@pytest.mark.slow
def test_what_is_compiled_predicts_as_the_network_does() -> None:
    network = small()
    compiles = Inference(network, replace(CPU, compiles=True), "fp32", 4)
    torch.testing.assert_close(compiles(images(4)), network(images(4)), rtol=0, atol=1e-5)
    assert list(compiles.reasons()) == []


@pytest.mark.parametrize("count", [0, 1, 2, 7])
def test_what_is_seen_comes_in_order_and_whole_each_after_the_next_was_launched(count: int) -> None:
    launched: list[int] = []

    def see(given: Tensor) -> Tensors:
        launched.append(len(given))
        return given * 2, given.sum(dim=1)

    batches = [(index, torch.full((3 if index < 6 else 1, 2), index)) for index in range(count)]
    for at, (index, (doubled, summed)) in enumerate(overlapped(iter(batches), see, CPU.device)):
        assert index == at
        assert doubled.tolist() == (batches[index][1] * 2).tolist()
        assert summed.tolist() == [2 * index] * len(batches[index][1])
        assert len(launched) == min(at + 2, count)
    assert len(launched) == count


class Overwriting(Injected):
    """Leaves results where the ones before were, as a card's graph does."""

    def record(self, function: Callable[[], Tensors]) -> tuple[Callable[[], object], Tensors]:
        self.recorded += 1
        kept = tuple(torch.empty_like(result) for result in function())

        def replay() -> None:
            self.replayed += 1
            for result, value in zip(kept, function(), strict=True):
                result.copy_(value)

        return replay, kept


@torch.inference_mode()
def test_a_graph_is_replayed_for_full_batches_and_the_last_is_computed_outside() -> None:
    network, card = small(), Overwriting()
    inference = Inference(network, CPU, "fp32")
    given = images(4 * (WARM_UPS + 3) + 1)
    whole = Pass(inference, lambda part: (inference(part),), 4, card)
    seen = overlapped(enumerate(given.split(4)), whole, CPU.device)
    found = np.concatenate([read for _, (read,) in seen])
    alone = Inference(network, CPU, "fp32")
    np.testing.assert_array_equal(found, torch.cat([alone(part) for part in given.split(4)]))
    assert (card.recorded, card.replayed) == (1, 3)
    assert whole.execution(4).path == "CUDA graph, BatchNorm folded"


@torch.inference_mode()
def test_too_few_batches_for_a_graph_are_computed_without_one() -> None:
    inference = Inference(small(), CPU, "fp32")
    whole = Pass(inference, lambda part: (inference(part),), 4, Overwriting())
    whole(images(4))
    assert whole.execution(4).reasons == ("no CUDA graph: too few batches for one",)


@pytest.mark.parametrize(
    ("each", "room", "count", "batch"),
    [
        (GIB / 16, 32 * GIB, 104_125, 512),
        (GIB / 16, 8 * GIB, 104_125, 128),
        (GIB / 16, 31 * GIB, 104_125, 256),  # 496 would fit
        (GIB / 16, 32 * GIB, 2_000, 128),  # 8 batches of 250
        (GIB / 16, 32 * GIB, 20, 32),
        (GIB, GIB / 2, 20, 1),
        (0.0, GIB, 10**6, 512),
    ],
)
def test_a_batch_is_a_power_of_two_that_the_memory_holds_and_the_boxes_fill_eight_times(
    each: float, room: float, count: int, batch: int
) -> None:
    assert held(each, room, count) == batch


@torch.inference_mode()
def test_in_bf16_the_head_answers_in_single_precision() -> None:
    spec = landmark_task("coco-pose@tiny", [])
    network = settled(build(spec.model, 17, seed=0))
    height, width = spec.model.input
    given = torch.randint(256, (2, height, width, 3), dtype=torch.uint8)
    maps = Inference(network, CPU, "bf16")(given)
    plain = Inference(network, EAGER, "fp32")(given)
    assert not torch.equal(maps, maps.bfloat16().float())  # not rounded to 8 bits
    assert (maps - plain).abs().max() < 0.05 * plain.abs().max()
