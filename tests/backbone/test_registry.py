"""What the registry says of each backbone, and a backbone that comes from outside."""

from typing import Any

import pytest
import torch
from specs import landmark_task
from torch import Tensor, nn

from hrbench import network
from hrbench.backbone.anatomy import anatomy
from hrbench.backbone.input import IMAGENET, Color, Input, Normalisation
from hrbench.backbone.registry import BACKBONES, Backbone

GREY = Input((0.5, 0.5, 0.5), (0.25, 0.25, 0.25), "rgb")
PATCH = 16  # pixels


class Patches(nn.Module):
    """The first layer of a vision transformer, which draws its weights itself."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Conv2d(3, 8, PATCH, stride=PATCH)
        nn.init.constant_(self.embed.weight, 0.02)

    def forward(self, images: Tensor) -> list[Tensor]:
        return [self.embed(images)]


def as_it_is(backbone: nn.Module, initial: str) -> None:
    """Draw nothing: the constructor has."""


TOY = Backbone(
    make=lambda _branches, _upsampling: Patches(),
    channels=(8,),
    strides=(PATCH,),
    mark=("embed.weight", 8),
    initialise=as_it_is,
    input=GREY,
    filters=4,
)


@pytest.mark.parametrize("name", BACKBONES)
def test_channels_and_strides_are_those_of_the_maps(name: str) -> None:
    backbone = BACKBONES[name]
    with torch.device("meta"):
        maps = backbone.make(len(backbone.channels), "nearest")(torch.empty(1, 3, 64, 96))
    assert [tuple(branch.shape[1:]) for branch in maps] == [
        (channels, 64 // stride, 96 // stride)
        for channels, stride in zip(backbone.channels, backbone.strides, strict=True)
    ]


@pytest.mark.parametrize("name", BACKBONES)
def test_a_checkpoint_is_known_by_its_mark(name: str) -> None:
    with torch.device("meta"):
        state = BACKBONES[name].make(1, "nearest").state_dict()
    names = anatomy({f"backbone.{key}": tensor for key, tensor in state.items()}).backbones
    assert name in names
    assert len(names) <= 2  # hrnet-w18-small-v1 is hrnet-w16


def test_a_backbone_of_another_family_keeps_its_weights_and_its_statistics(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(BACKBONES, "toy", TOY)
    spec = landmark_task("coco-pose@tiny", ["model.backbone=toy"])
    built = network.build(spec.model, 17, seed=0, initial="normal")
    weight = built.backbone.get_parameter("embed.weight")
    assert torch.equal(weight, torch.full_like(weight, 0.02))
    assert built.head.get_parameter("deconv_layers.0.weight").std() < 0.002  # the head's own
    height, width = spec.model.input
    assert built(torch.zeros(2, height, width, 3, dtype=torch.uint8)).shape == (
        *(2, 17, height // 4, width // 4),
    )
    white = torch.full((1, 1, 1, 3), 255, dtype=torch.uint8)
    assert built.normalise(white).flatten().tolist() == [2, 2, 2]  # (1 - 0.5) / 0.25


def test_statistics_move_with_the_network_and_stay_out_of_checkpoints() -> None:
    built = network.build(landmark_task("coco-pose@tiny").model, 17, seed=0)
    assert not [name for name in built.state_dict() if "normalise" in name]
    assert built.to("meta").normalise.get_buffer("mean").device.type == "meta"


def test_images_are_normalised_as_torchvision_does_it() -> None:
    from torchvision.transforms.functional import normalize, to_tensor

    images = torch.randint(0, 256, (2, 5, 7, 3), dtype=torch.uint8)
    theirs = [
        normalize(to_tensor(image.numpy()), list(IMAGENET.mean), list(IMAGENET.deviation))
        for image in images
    ]
    assert torch.equal(Normalisation(IMAGENET)(images), torch.stack(theirs))


@pytest.mark.parametrize("color", ["rgb", "bgr"])
def test_every_level_is_normalised_alike_wherever_it_is_computed(color: Color) -> None:
    normalise = Normalisation(IMAGENET, color)
    levels = torch.stack([torch.arange(256).roll(by) for by in range(3)], dim=-1)
    images = levels.to(torch.uint8).view(2, 16, 8, 3)
    computed = normalise._computed(images)
    assert torch.equal(normalise(images), computed)
    apart = images.permute(3, 0, 1, 2).contiguous().permute(1, 2, 3, 0)
    assert torch.equal(normalise(apart), computed)


@pytest.mark.filterwarnings("ignore:.*torch.jit.trace")
def test_what_is_normalised_is_part_of_a_traced_network() -> None:
    normalise = Normalisation(IMAGENET)
    one, other = torch.randint(0, 256, (2, 1, 4, 4, 3), dtype=torch.uint8)
    traced: Any = torch.jit.trace(normalise, (one,))
    assert torch.equal(traced(other), normalise(other))
