import pytest
import torch
from torch import Tensor, nn

from hrbench.heads.classify import ClassificationHead


def branches(*sizes: int, channels: int = 8) -> list[Tensor]:
    """Two images' maps, each coarser branch with twice as many channels."""
    return [torch.randn(2, channels * 2**i, size, size) for i, size in enumerate(sizes)]


def zero(module: nn.Module) -> None:
    for parameter in module.parameters():
        nn.init.zeros_(parameter)


@pytest.mark.parametrize("sizes", [(56, 28, 14, 7), (24, 12, 6, 3), (8, 4, 2, 1)])
def test_images_of_any_size_give_one_number_per_class(sizes: tuple[int, ...]) -> None:
    head = ClassificationHead((8, 16, 32, 64), 10, width=4, features=32)
    assert head(branches(*sizes)).shape == (2, 10)


def test_without_other_words_the_head_is_as_wide_as_the_published_one() -> None:
    with torch.device("meta"):
        head = ClassificationHead((18, 36, 72, 144), num_classes=1000)
    shapes = {name: tuple(tensor.shape) for name, tensor in head.state_dict().items()}
    assert shapes["incre_modules.0.0.conv3.weight"] == (128, 32, 1, 1)
    assert shapes["incre_modules.3.0.conv1.weight"] == (256, 144, 1, 1)
    assert shapes["downsamp_modules.2.0.weight"] == (1024, 512, 3, 3)
    assert shapes["downsamp_modules.2.0.bias"] == (1024,)
    assert shapes["final_layer.0.bias"] == (2048,)
    assert shapes["classifier.weight"] == (1000, 2048)


def test_a_narrow_head_has_the_names_of_the_published_one() -> None:
    with torch.device("meta"):
        published = ClassificationHead((18, 36, 72, 144), 1000)
        narrow = ClassificationHead((8, 16, 32, 64), 10, width=4, features=32)
    assert list(narrow.state_dict()) == list(published.state_dict())


def test_features_are_means_over_the_cells_of_the_coarsest_branch() -> None:
    head = ClassificationHead((4,), num_classes=1, width=1, features=4).eval()
    zero(head)  # the bottleneck then carries its input, which is as wide as its output
    with torch.no_grad():
        head.get_parameter("final_layer.0.weight").copy_(torch.eye(4)[..., None, None])
        head.get_parameter("final_layer.1.weight").fill_(1)
        head.get_parameter("classifier.weight").fill_(1)
        head.get_parameter("classifier.bias").fill_(10)
        image = torch.zeros(1, 4, 2, 2)
        image[0, 0] = torch.tensor([[1.0, 2], [3, 6]])  # 3 in the mean
        image[0, 1, 0, 0] = -8  # nothing is below 0
        image[0, 3, 1, 1] = 4  # 1 in the mean
        assert head([image]).item() == pytest.approx(10 + 3 + 1, rel=1e-4)


@pytest.mark.parametrize("branch", range(4))
def test_every_branch_counts(branch: int) -> None:
    torch.manual_seed(0)
    head = ClassificationHead((8, 16, 32, 64), 10, width=4, features=32).eval()
    maps = branches(8, 4, 2, 1)
    changed = [maps[i] + (i == branch) for i in range(4)]
    with torch.no_grad():
        assert not torch.allclose(head(maps), head(changed))


def test_another_number_of_branches_is_refused() -> None:
    head = ClassificationHead((8, 16), 10, width=4, features=32)
    with pytest.raises(ValueError, match="zip"):
        head(branches(8))
