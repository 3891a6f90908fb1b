import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hrbench.heads.codec import Codec
from hrbench.heads.codecs import CODECS, GaussianHeatmap, UdpHeatmap, UnbiasedHeatmap
from hrbench.heads.decoding import DECODERS
from hrbench.heads.heatmap import Targets

CPU = torch.device("cpu")
SMALL: Any = {"height": 16, "width": 12, "stride": 4, "sigma": 1}
CODEC = GaussianHeatmap(**SMALL)


def encoded(x: float, y: float, codec: Codec = CODEC, *, seen: bool = True) -> Targets:
    points = torch.tensor([[[x, y]]], dtype=torch.float64)
    return codec.encode(points, torch.tensor([[seen]]), CPU)


def test_a_target_peaks_at_one_in_the_nearest_cell() -> None:
    targets = encoded(21, 33)  # 5.25, 8.25 cells
    assert targets.maps[0, 0, 8, 5] == 1
    assert targets.maps[0, 0, 8, 6] == pytest.approx(math.exp(-0.5))
    assert targets.maps[0, 0, 8, 9] == 0  # beyond three sigma
    assert targets.weights.tolist() == [[1]]


def test_an_unbiased_target_peaks_where_the_keypoint_is() -> None:
    maps = encoded(22, 32, UnbiasedHeatmap(**SMALL)).maps[0, 0]  # 5.5, 8 cells
    assert maps[8, 5] == maps[8, 6] == pytest.approx(math.exp(-0.125))
    assert maps[8, 9] == pytest.approx(math.exp(-6.125))  # nothing is cut off


def test_a_udp_target_counts_cells_from_edge_to_edge() -> None:
    codec = UdpHeatmap(**SMALL)
    assert encoded(47, 63, codec).maps[0, 0, 15, 11] == 1  # the last pixel is the last cell
    maps = encoded(5.75 * 47 / 11, 21, codec).maps[0, 0]  # 47 pixels are 11 steps, 63 are 15
    assert maps[5, 6].item() == pytest.approx(math.exp(-(0.25**2) / 2), rel=1e-6)
    assert maps[5, 5].item() == pytest.approx(math.exp(-(0.75**2) / 2), rel=1e-6)
    assert maps[5, 9].item() == pytest.approx(math.exp(-(3.25**2) / 2), rel=1e-5)
    assert maps[5, 2] == 0  # the window is around cell 6


@pytest.mark.parametrize("name", CODECS)
def test_an_invisible_keypoint_has_an_empty_map_and_no_weight(name: str) -> None:
    targets = encoded(21, 33, CODECS[name](**SMALL, decoder=name), seen=False)
    assert targets.maps.sum() == 0
    assert targets.weights.tolist() == [[0]]


@pytest.mark.parametrize(("x", "weight"), [(-21, 1), (-22, 0), (57, 1), (58, 0)])
def test_a_bump_counts_as_long_as_it_reaches_the_map(x: float, weight: float) -> None:
    # Cell -4 (x above -22) still counts although its bump, to cell -1, is cut off whole.
    assert encoded(x, 33).weights.tolist() == [[weight]]


@pytest.mark.parametrize(("x", "weight"), [(-16, 1), (-16.1, 0), (59.9, 1), (60, 0)])
def test_an_unbiased_target_counts_by_where_it_really_is(x: float, weight: float) -> None:
    targets = encoded(x, 33, UnbiasedHeatmap(**SMALL))  # -4 cells, and 15
    assert targets.weights.tolist() == [[weight]]
    assert (targets.maps.sum() > 0) == bool(weight)


def test_a_position_is_truncated_towards_zero() -> None:
    assert encoded(-5, 33).maps[0, 0, 8, 0] == 1  # -0.75 cells: floor would give -1


@given(st.floats(12, 34), st.floats(12, 50))
def test_the_quarter_step_is_within_half_a_cell(x: float, y: float) -> None:
    cells, _ = CODEC.decode(encoded(x, y).maps)
    assert (cells[0, 0] * 4 - torch.tensor([x, y])).abs().max() <= 2.0 + 1e-6


@pytest.mark.parametrize("sigma", [2, 3])
@given(st.floats(40, 151), st.floats(40, 215))
def test_dark_is_within_a_thousandth_of_a_cell(sigma: float, x: float, y: float) -> None:
    codec = UnbiasedHeatmap(64, 48, 4, sigma)
    cells, _ = codec.decode(encoded(x, y, codec).maps)
    assert (cells[0, 0] - torch.tensor([x, y]) / 4).abs().max() <= 1e-3


@pytest.mark.parametrize("sigma", [2, 3])
@given(st.floats(40, 151), st.floats(40, 215))
def test_udp_is_within_a_hundredth_of_a_cell(sigma: float, x: float, y: float) -> None:
    codec = UdpHeatmap(64, 48, 4, sigma)
    cells, _ = codec.decode(encoded(x, y, codec).maps)
    assert (cells[0, 0] - torch.tensor([x * 47 / 191, y * 63 / 255])).abs().max() <= 1e-2


@given(st.floats(0, 191), st.floats(0, 255))
def test_a_udp_target_of_the_mirrored_crop_is_the_mirrored_target(x: float, y: float) -> None:
    codec = UdpHeatmap(64, 48, 4, 2)
    mirrored = encoded(191 - x, y, codec).maps.flip(-1)
    # Cut off at three sigma, where a bump is 0.011, by its nearest cell: halves round up.
    assert (encoded(x, y, codec).maps - mirrored).abs().max() <= 0.02


@pytest.mark.parametrize("name", DECODERS)
def test_maps_from_logits_give_the_target_back(name: str) -> None:
    codec = CODECS[name](**SMALL, decoder=name)
    maps = encoded(21, 33, codec).maps
    logits = torch.log(maps.clamp(min=1e-12))
    assert codec.from_logits(logits) == pytest.approx(maps, rel=0.01, abs=1e-4)


@pytest.mark.parametrize("name", DECODERS)
def test_heatmaps_are_decoded_by_the_decoder_of_their_name(name: str) -> None:
    make: Any = CODECS[name]  # each class has its own decoder, where none is named
    codec = make(**SMALL)
    maps = encoded(21, 33, codec).maps
    assert codec.decoder == name
    expected = DECODERS[name](maps, codec.sigma)
    assert all(torch.equal(*pair) for pair in zip(codec.decode(maps), expected, strict=True))


def test_another_decoder_replaces_only_decode() -> None:
    codec = GaussianHeatmap(**SMALL, decoder="dark")
    maps = encoded(21, 33, codec).maps
    assert torch.equal(maps, encoded(21, 33, CODEC).maps)
    assert torch.equal(codec.decode(maps)[0], DECODERS["dark"](maps, 1)[0])


@pytest.mark.parametrize("name", CODECS)
def test_the_middle_of_a_map_is_that_of_its_crop(name: str) -> None:
    codec = CODECS[name](**SMALL, decoder=name)
    center, scale = np.array([[100.0, 80.0]]), np.array([[0.3, 0.4]])  # 3 : 4, as the map
    middle = np.array([[codec.middle]], dtype=np.float32)
    assert codec.to_image(middle, center, scale, codec.size) == pytest.approx(
        np.array([[[100, 80]]])
    )


@pytest.mark.parametrize("name", CODECS)
def test_a_target_leads_back_to_where_its_crop_has_the_keypoint(name: str) -> None:
    """By two ways: through the map's cells, and through the crop's own pixels."""
    codec = CODECS[name](**SMALL, decoder=name)
    cells, _ = codec.decode(encoded(20, 32, codec).maps)
    crop = (int(codec.width * codec.stride), int(codec.height * codec.stride))
    center, scale = np.array([[100.0, 80.0]]), np.array([[0.3, 0.4]])
    by_cells = codec.to_image(cells.numpy(), center, scale, codec.size)
    by_pixels = codec.to_image(codec.crop_pixels(cells).numpy(), center, scale, crop)
    assert by_cells == pytest.approx(by_pixels, abs=1e-4)
    assert by_cells == pytest.approx(
        codec.to_image(np.array([[[20.0, 32.0]]], np.float32), center, scale, crop), abs=0.5
    )
