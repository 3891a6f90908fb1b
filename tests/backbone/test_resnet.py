"""SimpleBaseline: a ResNet and deconvolutions beside HRNet."""

from pathlib import Path

import pytest
import torch
from specs import landmark_task
from torchvision import models

from hrbench import network
from hrbench.backbone.input import IMAGENET, Normalisation
from hrbench.backbone.registry import BACKBONES
from hrbench.errors import SpecError, UnknownNameError
from hrbench.network import ImageNetwork


def built(task: str) -> ImageNetwork:
    with torch.device("meta"):
        return network.build(landmark_task(task).model, 17, 0)


@pytest.mark.parametrize(
    ("variant", "millions"),
    [("resnet50-256x192", 34.0), ("resnet101-256x192", 53.0), ("resnet152-384x288", 68.6)],
)
def test_parameters_are_as_many_as_published(variant: str, millions: float) -> None:
    count = sum(p.numel() for p in built(f"coco-pose@{variant}").parameters())
    assert round(count / 1e6, 1) == millions


def test_a_resnet_of_torchvision_has_these_names_and_shapes() -> None:
    """As torchvision's resnet50-0676ba61.pth has them: 318 without the classes."""
    with torch.device("meta"):
        state = BACKBONES["resnet-50"].make(1, "nearest").state_dict()
    assert len(state) == 318
    assert state["conv1.weight"].shape == (64, 3, 7, 7)
    assert state["layer1.0.downsample.0.weight"].shape == (256, 64, 1, 1)
    assert state["layer4.2.conv3.weight"].shape == (2048, 512, 1, 1)
    strided = BACKBONES["resnet-50"].make(1, "nearest").get_submodule("layer2.0.conv2")
    assert strided.stride == (2, 2)  # and not conv1, where He et al. had it


@pytest.mark.parametrize("depth", ["18", "50"])
def test_a_resnet_answers_as_torchvisions_own_does(depth: str) -> None:
    theirs = models.get_model(f"resnet{depth}", weights=None).eval()
    ours = BACKBONES[f"resnet-{depth}"].make(1, "nearest").eval()
    state = {n: t for n, t in theirs.state_dict().items() if not n.startswith("fc.")}
    ours.load_state_dict(state)
    assert list(ours.state_dict()) == list(state)
    images = torch.randn(1, 3, 64, 96, generator=torch.Generator().manual_seed(0))
    expected = torch.nn.Sequential(*list(theirs.children())[:-2])(images)
    assert torch.equal(ours(images)[0], expected)


def test_heatmaps_are_a_quarter_of_the_image() -> None:
    images = torch.zeros(2, 256, 192, 3, dtype=torch.uint8, device="meta")
    assert built("coco-pose@resnet50-256x192")(images).shape == (2, 17, 64, 48)
    assert built("coco-pose@tiny-resnet")(images).shape == (2, 17, 64, 48)


def test_an_unknown_depth_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match=r"no backbone is called 'resnet-51'\. Did"):
        network.build(landmark_task("coco-pose@tiny", ["model.backbone=resnet-51"]).model, 17, 0)


def test_branches_of_hrnet_are_refused_for_a_resnet() -> None:
    with pytest.raises(SpecError, match=r"upsampling are HRNet's: with 'resnet-50'"):
        network.require_buildable(landmark_task("300w", ["model.backbone=resnet-50"]).model)


def test_blue_first_is_by_the_statistics_of_red_first() -> None:
    images = torch.zeros(1, 1, 1, 3, dtype=torch.uint8)
    images[..., 2] = 255  # blue
    planes = Normalisation(IMAGENET, "bgr")(images).flatten()
    expected = [(1 - 0.485) / 0.229, -0.456 / 0.224, -0.406 / 0.225]
    torch.testing.assert_close(planes, torch.tensor(expected))


def test_a_variant_takes_what_it_is_like_from_its_own_file(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "tasks/coco-pose.toml").read_text("utf-8")
    file = tmp_path / "mine.toml"
    file.write_text(text + '\n[variants.mine]\nlike = "tiny"\nmodel = { sigma = 2 }\n', "utf-8")
    mine = landmark_task(f"{file}@mine")
    assert (mine.model.sigma, mine.model.backbone, mine.recipe.epochs) == (2, "hrnet-w8", 8)
    for wrong in ("tiny-resnet", "mine", "tyni"):
        file.write_text(text + f'\n[variants.mine]\nlike = "{wrong}"\n', "utf-8")
        with pytest.raises(SpecError, match=r"variants: mine: like names a variant"):
            landmark_task(f"{file}@mine")
