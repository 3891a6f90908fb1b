import pytest
import torch
import torch.nn.functional as F  # noqa: N812  the field's name for it

from hrbench.backbone import hrnet
from hrbench.backbone.hrnet import HighResolutionModule, enlarge
from hrbench.backbone.registry import BACKBONES


@pytest.mark.parametrize("upsampling", ["nearest", "bilinear"])
@pytest.mark.parametrize("outputs", [1, 4])
def test_as_many_branches_leave_as_asked_for(outputs: int, upsampling: hrnet.Upsampling) -> None:
    backbone = BACKBONES["hrnet-w8"].make(outputs, upsampling).eval()
    with torch.inference_mode():
        maps = backbone(torch.zeros(1, 3, 64, 96))
    sizes = [(8, 16, 24), (16, 8, 12), (32, 4, 6), (64, 2, 3)]
    assert [tuple(branch.shape[1:]) for branch in maps] == sizes[:outputs]


def test_upsampling_changes_no_name_and_no_shape() -> None:
    states = [BACKBONES["hrnet-w8"].make(4, kind).state_dict() for kind in ("nearest", "bilinear")]
    shapes = [{name: tensor.shape for name, tensor in state.items()} for state in states]
    assert shapes[0] == shapes[1]
    assert list(states[0]) == list(states[1])


def test_upsampling_changes_what_is_summed() -> None:
    torch.manual_seed(0)
    one = HighResolutionModule((8, 16), num_blocks=1, num_outputs=2, upsampling="nearest").eval()
    two = HighResolutionModule((8, 16), num_blocks=1, num_outputs=2, upsampling="bilinear").eval()
    two.load_state_dict(one.state_dict())
    branches = [torch.randn(1, 8, 8, 8), torch.randn(1, 16, 4, 4)]
    with torch.inference_mode():
        (fine, coarse), (other_fine, other_coarse) = one(branches), two(branches)
    assert torch.equal(coarse, other_coarse)  # nothing is enlarged on the way there
    assert not torch.allclose(fine, other_fine)


def test_cells_cover_the_same_area_when_enlarged() -> None:
    # Twice as many cells: the new middles lie a quarter of an old cell from the old ones.
    row = torch.tensor([0.0, 4.0]).view(1, 1, 1, 2)
    target = torch.zeros(1, 1, 1, 4)
    assert enlarge(row, target, "bilinear").flatten().tolist() == [0, 1, 3, 4]
    assert enlarge(row, target, "nearest").flatten().tolist() == [0, 0, 4, 4]


def test_sizes_that_are_no_multiples_are_enlarged_to_the_finer_branch() -> None:
    x, target = torch.randn(1, 1, 3, 3), torch.zeros(1, 1, 5, 6)
    expected = F.interpolate(x, (5, 6), mode="bilinear", align_corners=False)
    assert torch.equal(enlarge(x, target, "bilinear"), expected)
