import pytest
import torch
from torch import Tensor

from hrbench.heads.codecs import UnbiasedHeatmap
from hrbench.heads.decoding import DECODERS, dark, quarter, udp


def empty(count: int = 1) -> Tensor:
    return torch.zeros(1, count, 16, 12)


def test_the_quarter_step_goes_towards_the_higher_neighbour() -> None:
    maps = empty()
    maps[0, 0, 8, 5], maps[0, 0, 8, 6], maps[0, 0, 7, 5] = 1, 0.5, 0.3
    cells, scores = quarter(maps, 1)
    assert cells.tolist() == [[[5.25, 7.75]]]
    assert scores.tolist() == [[1]]


def test_the_border_takes_no_quarter_step() -> None:
    maps = empty(2)
    maps[0, :, 8, 1], maps[0, :, 8, 2] = 1, 0.5
    maps[0, 1, 8, 2] = 1.5
    cells, _ = quarter(maps, 1)
    assert cells.tolist() == [[[1, 8], [1.75, 8]]]


@pytest.mark.parametrize("name", DECODERS)
def test_a_map_with_no_positive_value_is_the_corner_with_its_maximum(name: str) -> None:
    maps = empty(3)
    maps[0, 1], maps[0, 2] = -0.25, -1
    maps[0, 2, 8, 5] = -0.5
    cells, scores = DECODERS[name](maps, 2)
    assert cells.tolist() == [[[0, 0]] * 3]
    assert scores.tolist() == [[0, -0.25, -0.5]]


@pytest.mark.parametrize("name", DECODERS)
def test_nothing_decodes_to_nan(name: str) -> None:
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(8, 17, 16, 12, generator=generator)
    spikes = empty(2)
    spikes[0, 0, 8, 5], spikes[0, 1] = 1e-30, 0.25
    for maps in (noise, noise - 3, spikes):
        cells, scores = DECODERS[name](maps, 2)
        assert cells.isfinite().all()
        assert torch.equal(scores, maps.amax((2, 3)))


@pytest.mark.parametrize("name", DECODERS)
def test_a_maximum_in_the_corner_does_not_look_at_the_map_behind_it(name: str) -> None:
    maps = torch.full((2, 1, 16, 12), torch.nan)
    maps[0] = 0
    maps[0, 0, 15, 11] = 1
    together, alone = DECODERS[name](maps, 2)[0], DECODERS[name](maps[:1], 2)[0]
    assert together[0].tolist() == [pytest.approx(alone[0, 0].tolist())]
    assert together[1].tolist() == [[0, 0]]  # NaN is not positive


def test_the_first_of_equal_maxima_counts() -> None:
    maps = empty()
    maps[0, 0, 4, 9] = maps[0, 0, 12, 3] = 1
    for decode in DECODERS.values():
        assert decode(maps, 1)[0].round().tolist() == [[[9, 4]]]


def test_dark_leaves_the_two_outermost_cells_where_they_are() -> None:
    codec = UnbiasedHeatmap(64, 48, 4, 2)
    points = torch.tensor([[[5.0, 100], [9, 100], [183, 100], [178, 100]]], dtype=torch.float64)
    maps = codec.encode(points, torch.ones(1, 4) > 0, torch.device("cpu")).maps
    x = dark(maps, 2)[0][0, :, 0]
    assert x[0] == 1  # of 1.25
    assert x[2] == 46  # of 45.75
    assert x[1] == pytest.approx(2.25, abs=0.2)  # the blur misses what is cut off
    assert x[3] == pytest.approx(44.5, abs=0.2)


def test_udp_moves_a_maximum_on_the_border_half_a_cell_out() -> None:
    codec = UnbiasedHeatmap(64, 48, 4, 2)
    points = torch.tensor([[[0.0, 100]]], dtype=torch.float64)
    maps = codec.encode(points, torch.ones(1, 1) > 0, torch.device("cpu")).maps
    cells, _ = udp(maps, 2)
    assert cells[0, 0].tolist() == pytest.approx([-0.5, 25], abs=0.2)
