import numpy as np
import pytest
import torch
from torch import Tensor

from hrbench.heads.codecs import UnbiasedHeatmap
from hrbench.heads.decoding import DECODERS, udp
from hrbench.heads.maxima import ArrayPeaks, TensorPeaks, highest, peaks_of
from hrbench.heads.ties import tied

LIMIT = 1e-3  # cells

each_decoder = pytest.mark.parametrize("name", DECODERS)


def answered(height: int, width: int, sigma: float) -> Tensor:
    """Return (8, 17, h, w) maps as of a network: from sure answers to nothing but noise."""
    generator = torch.Generator().manual_seed(0)
    codec = UnbiasedHeatmap(height, width, 4, sigma)
    share = torch.rand(8, 17, 2, generator=generator, dtype=torch.float64)
    points = share * torch.tensor([4 * width - 1, 4 * height - 1])
    bumps = codec.encode(points, torch.ones(8, 17) > 0, torch.device("cpu")).maps
    heights = torch.logspace(-4, 2, 8)[:, None, None, None]
    maps: Tensor = bumps * heights + 1e-3 * torch.randn(bumps.shape, generator=generator)
    return maps


@each_decoder
@pytest.mark.parametrize("size", [(64, 48), (16, 12)])
@pytest.mark.parametrize("sigma", [1, 2, 3])
def test_arrays_decode_as_tensors_do(name: str, size: tuple[int, int], sigma: float) -> None:
    maps = answered(*size, sigma)
    cells, scores = DECODERS[name](maps, sigma)
    expected, maxima = DECODERS[name](maps.clone().requires_grad_(), sigma)
    firm = ~tied(maps, name, sigma, LIMIT)
    assert firm.float().mean() > 0.5
    assert torch.equal(scores, maxima)
    assert (cells - expected)[firm].abs().max() <= (0 if name == "quarter" else LIMIT)


@each_decoder
@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16], ids=str)
def test_maps_of_half_the_precision_decode_as_tensors_do(name: str, kind: torch.dtype) -> None:
    maps = answered(64, 48, 2).to(kind)
    assert isinstance(peaks_of(maps), TensorPeaks)
    cells, scores = DECODERS[name](maps, 2)
    expected, maxima = DECODERS[name](maps.clone().requires_grad_(), 2)
    assert torch.equal(scores, maxima)
    assert torch.equal(cells, expected)


def test_what_is_low_is_scaled_before_it_is_clamped() -> None:
    """At 0.002 the blur alone would leave less than UDP's bound of 0.001, and no step."""
    codec = UnbiasedHeatmap(64, 48, 4, 2)
    points = torch.tensor([[[97.2, 101.6]]], dtype=torch.float64)
    maps = codec.encode(points, torch.ones(1, 1) > 0, torch.device("cpu")).maps
    assert isinstance(peaks_of(maps), ArrayPeaks)
    assert udp(0.002 * maps, 2)[0].flatten().tolist() == pytest.approx([24.3, 25.4], abs=0.01)


@each_decoder
def test_what_is_decoded_does_not_hold_the_maps(name: str) -> None:
    maps = answered(64, 48, 2)
    for found in DECODERS[name](maps, 2):
        assert found.untyped_storage().nbytes() <= found.numel() * 4
        assert not np.shares_memory(found.numpy(), maps.numpy())


@each_decoder
def test_away_from_cpus_no_step_depends_on_a_value(name: str) -> None:
    """A tensor without values stands in for one whose values the host would have to wait for."""
    maps = torch.empty(2, 17, 64, 48, device="meta")
    assert isinstance(peaks_of(maps), TensorPeaks)
    cells, scores = DECODERS[name](maps, 2)
    assert (cells.shape, scores.shape) == ((2, 17, 2), (2, 17))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@each_decoder
def test_a_card_decodes_as_a_cpu_does_and_the_host_never_waits(name: str) -> None:
    maps = answered(64, 48, 2)
    firm = ~tied(maps, name, 2, LIMIT)
    expected, _ = DECODERS[name](maps, 2)
    there = maps.to("cuda")
    before = torch.cuda.get_sync_debug_mode()
    torch.cuda.set_sync_debug_mode("error")
    try:
        cells, _ = DECODERS[name](there, 2)
    finally:
        torch.cuda.set_sync_debug_mode(before)
    assert (cells.cpu() - expected)[firm].abs().max() <= LIMIT


def test_the_first_of_equal_values_is_the_highest() -> None:
    values = torch.tensor([[0.0, 2, 1, 2], [3, 3, 3, 3]])
    for given in (values, values.clone().requires_grad_()):
        maximum, index = highest(given)
        assert maximum.tolist() == [2, 3]
        assert index.tolist() == [1, 0]
