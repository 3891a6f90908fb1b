"""Networks of timm as backbones: what they give is what timm gives."""

import copy
import sys
from typing import Any, cast

import pytest
import timm.optim
import torch
from specs import landmark_task
from torch import Tensor

from hrbench import network
from hrbench.backbone.registry import backbone_of
from hrbench.backbone.timm_networks import TimmBackbone, TimmPooled, statistics
from hrbench.engine.optimizing import optimizer, set_rate
from hrbench.errors import HrbenchError, SpecError, UnknownNameError
from hrbench.spec import ClassifierModel, HeatmapModel, Recipe

SIZE = (64, 96)


def settled(built: torch.nn.Module) -> torch.nn.Module:
    """A network whose normalisation has seen something: no statistics of 0 and 1."""
    for name, values in built.named_buffers():
        if name.endswith(("running_mean", "running_var")):
            values.uniform_(0.5, 1.5)
    return built.eval()


@pytest.mark.parametrize(
    ("name", "channels", "stride"),
    [
        ("convnext_atto", 320, 32),
        ("mobilenetv4_conv_small_050", 480, 32),
        ("vit_tiny_patch16_224", 192, 16),
        ("swin_tiny_patch4_window7_224", 768, 32),
        ("levit_128s", 256, 32),  # whose coarsest maps have 64 pixels a cell
    ],
)
def test_channels_and_strides_are_those_of_the_maps_of_the_coarsest_level(
    name: str, channels: int, stride: int
) -> None:
    backbone = backbone_of(f"timm/{name}", SIZE)
    assert (backbone.channels, backbone.strides) == ((channels,), (stride,))
    (found,) = backbone.make(1, "nearest").eval()(torch.zeros(1, 3, *SIZE))
    assert found.shape == (1, channels, *(edge // stride for edge in SIZE))


@torch.no_grad()
@pytest.mark.parametrize("name", ["convnext_atto", "mobilenetv4_conv_small_050"])
def test_the_maps_are_those_of_timms_features_only_network(name: str) -> None:
    torch.manual_seed(0)
    ours = settled(TimmBackbone(name, SIZE))
    theirs = timm.create_model(name, features_only=True, out_indices=(-1,), feature_cls="getter")
    theirs.load_state_dict(ours.state_dict(), strict=True)
    images = torch.randn(2, 3, *SIZE)
    assert torch.equal(ours(images)[0], theirs.eval()(images)[0])


@torch.no_grad()
def test_a_transformers_map_is_its_tokens_behind_the_last_norm_without_the_class() -> None:
    torch.manual_seed(0)
    ours = TimmBackbone("vit_tiny_patch16_224", SIZE).eval()
    theirs: Any = timm.create_model("vit_tiny_patch16_224", img_size=SIZE, num_classes=0).eval()
    theirs.load_state_dict(
        {name.removeprefix("model."): value for name, value in ours.state_dict().items()}
    )
    images = torch.randn(2, 3, *SIZE)
    tokens: Tensor = theirs.forward_features(images)[:, 1:]
    (found,) = ours(images)
    assert torch.equal(found.flatten(2).mT, tokens)


@torch.no_grad()
@pytest.mark.parametrize(
    ("theirs", "ours"), [("hrnet_w18_small", "hrnet-w18-small-v1"), ("hrnet_w32", "hrnet-w32")]
)
def test_timms_hrnet_and_ours_give_equal_branches_of_the_same_tensors(
    theirs: str, ours: str
) -> None:
    torch.manual_seed(0)
    one = settled(backbone_of(f"timm/{theirs}", SIZE).make(4, "nearest"))
    other = backbone_of(ours).make(4, "nearest").eval()
    tensors = {name.removeprefix("model."): value for name, value in one.state_dict().items()}
    other.load_state_dict(tensors, strict=True)
    images = torch.randn(1, 3, *SIZE)
    for found, expected in zip(other(images), one(images), strict=True):
        assert (found - expected).abs().max() <= 1e-5 * expected.abs().max()


@torch.no_grad()
@pytest.mark.parametrize("name", ["convnext_atto", "mobilenetv4_conv_small_050"])
def test_a_classifier_of_timms_is_timms_own_to_the_bit(name: str) -> None:
    torch.manual_seed(0)
    theirs: Any = settled(timm.create_model(name, num_classes=7))
    model = ClassifierModel(head="classify", backbone=f"timm/{name}", input=(64, 64))
    ours = network.build_classifier(model, 7, seed=1).eval()
    classifier = theirs.pretrained_cfg["classifier"]
    ours.load_state_dict(
        {
            f"head.classifier.{key.rpartition('.')[2]}"
            if key.startswith(f"{classifier}.")
            else f"backbone.model.{key}": value
            for key, value in theirs.state_dict().items()
        }
    )
    images = torch.randint(0, 256, (2, 64, 64, 3), dtype=torch.uint8)
    assert torch.equal(ours(images), theirs(ours.normalise(images)))


def test_deconvolutions_are_as_many_as_bring_its_cells_to_those_of_heatmaps() -> None:
    counts = {}
    for name in ("vit_tiny_patch16_224", "convnext_atto"):
        model = HeatmapModel(head="heatmap", backbone=f"timm/{name}", input=(64, 64), sigma=1)
        head = network.build(model, 5, seed=0).head
        counts[name] = sum(isinstance(m, torch.nn.ConvTranspose2d) for m in head.modules())
    assert counts == {"vit_tiny_patch16_224": 2, "convnext_atto": 3}  # of 16 and 32 pixels, to 4


def test_a_transformers_head_has_the_layers_of_vitposes_plain_decoder() -> None:
    model = HeatmapModel(
        head="heatmap", backbone="timm/vit_small_patch16_224", input=(256, 192), sigma=2
    )
    head = network.build(model, 17, seed=0).head
    theirs = {  # mmpose's `HeatmapHead` of deconv_out_channels (256, 256), without its statistics
        "deconv_layers.0.weight": (384, 256, 4, 4),
        "deconv_layers.1.weight": (256,),
        "deconv_layers.1.bias": (256,),
        "deconv_layers.3.weight": (256, 256, 4, 4),
        "deconv_layers.4.weight": (256,),
        "deconv_layers.4.bias": (256,),
        "final_layer.weight": (17, 256, 1, 1),
        "final_layer.bias": (17,),
    }
    ours = {name: tuple(values.shape) for name, values in head.named_parameters()}
    assert ours == {name.replace("final_layer", "score"): shape for name, shape in theirs.items()}


def test_images_are_normalised_as_the_weights_of_that_name_had_them() -> None:
    assert statistics("vit_small_patch16_224").mean == (0.5, 0.5, 0.5)  # augreg's
    assert statistics("vit_small_patch16_224.dino").mean == (0.485, 0.456, 0.406)
    model = HeatmapModel(
        head="heatmap", backbone="timm/vit_tiny_patch16_224", input=(64, 64), sigma=1
    )
    white = torch.full((1, 1, 1, 3), 255, dtype=torch.uint8)
    assert network.build(model, 5, seed=0).normalise(white).flatten().tolist() == [1, 1, 1]
    told = model.model_copy(update={"mean": (0.0, 0.0, 0.5), "std": (1.0, 0.5, 0.25)})
    assert network.build(told, 5, seed=0).normalise(white).flatten().tolist() == [1, 2, 2]


def test_a_seed_draws_the_same_network_whatever_was_made_before() -> None:
    spec = landmark_task("coco-pose@tiny", ["model.backbone=timm/convnext_atto"])
    first = network.build(spec.model, 5, seed=3, drop_path=0.25)  # not made for these yet
    again = network.build(spec.model, 5, seed=3, drop_path=0.25)
    other = network.build(spec.model, 5, seed=4, drop_path=0.25)
    weights = [n.backbone.get_parameter("model.stem.0.weight") for n in (first, again, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_blocks_are_left_out_at_random_in_training_alone() -> None:
    built = TimmBackbone("vit_tiny_patch16_224", SIZE, drop_path=0.9)
    images = torch.randn(1, 3, *SIZE)
    with torch.no_grad():
        maps = [built.train()(images)[0] for _ in range(4)]
        assert len({tuple(found.flatten().tolist()) for found in maps}) > 1
        assert torch.equal(built.eval()(images)[0], built(images)[0])


def rates(name: str, layer_decay: float) -> dict[str, Any]:
    """The learning rate and the weight decay of every parameter, of 1 and 0.1."""
    model = HeatmapModel(head="heatmap", backbone=f"timm/{name}", input=(64, 64), sigma=1)
    built = network.build(model, 5, seed=0)
    recipe = Recipe.model_validate(
        {"optimizer": "adamw", "lr": 1.0, "weight_decay": 0.1, "epochs": 1, "batch_size": 1}
    )
    made = optimizer(recipe, built, layer_decay=layer_decay)
    of = {id(p): (g["lr"], g["weight_decay"]) for g in made.param_groups for p in g["params"]}
    return {key: of[id(parameter)] for key, parameter in built.named_parameters()}


def published(name: str, rate: float, blocks: int) -> float:
    """What ViTPose's code gives a parameter: layers are the stem, the blocks and the rest."""
    part, _, rest = name.removeprefix("backbone.model.").partition(".")
    if part == "blocks":
        return rate ** (blocks - int(rest.partition(".")[0]))
    return rate ** (blocks + 1) if part in {"cls_token", "pos_embed", "patch_embed"} else 1.0


def test_rates_by_layer_are_those_of_the_published_code() -> None:
    found = rates("vit_tiny_patch16_224", 0.75)
    assert found["backbone.model.patch_embed.proj.weight"] == (pytest.approx(0.75**13), 0.1)
    assert found["backbone.model.pos_embed"] == (pytest.approx(0.75**13), 0)
    assert found["backbone.model.blocks.0.mlp.fc1.weight"] == (pytest.approx(0.75**12), 0.1)
    assert found["backbone.model.blocks.11.mlp.fc1.bias"] == (pytest.approx(0.75), 0)
    assert found["head.score.weight"] == (1, 0.1)
    for name, (rate, decay) in found.items():
        if name.startswith("backbone.model.norm."):
            assert (rate, decay) == (pytest.approx(0.75), 0)  # timm's; 1 in the published code
        else:
            assert rate == pytest.approx(published(name, 0.75, 12))


@pytest.mark.parametrize("name", ["convnext_atto", "mobilenetv4_conv_small_050"])
def test_rates_by_layer_are_those_that_timm_gives_a_network_with_its_head(name: str) -> None:
    whole: Any = timm.create_model(name)
    groups = cast("Any", timm.optim).param_groups_layer_decay(whole, 0.1, layer_decay=0.5)
    theirs = {id(p): (g["lr_scale"], g["weight_decay"]) for g in groups for p in g["params"]}
    found = rates(name, 0.5)
    compared = [
        (found[f"backbone.model.{key}"], theirs[id(parameter)])
        for key, parameter in whole.named_parameters()
        if f"backbone.model.{key}" in found
    ]
    assert len(compared) > 50
    ours, expected = (torch.tensor([pair[i] for pair in compared]) for i in (0, 1))
    lowest = (ours[:, 0] / expected[:, 0]).log2()
    assert torch.equal(ours[:, 1], expected[:, 1])
    assert lowest.unique().numel() == 1  # the same steps from layer to layer


def test_a_rate_that_is_set_keeps_the_proportions_of_layers_in_tensors_too() -> None:
    model = HeatmapModel(
        head="heatmap", backbone="timm/vit_tiny_patch16_224", input=(64, 64), sigma=1
    )
    recipe = Recipe.model_validate(
        {"optimizer": "adamw", "lr": 1.0, "weight_decay": 0.1, "epochs": 1, "batch_size": 1}
    )
    built = network.build(model, 5, seed=0)
    for fused in (None, torch.device("cpu")):
        made = optimizer(recipe, built, fused, layer_decay=0.5)
        set_rate(made, 0.25)
        assert {float(group["lr"]) for group in made.param_groups} == {
            0.25 * 0.5**layer for layer in range(14)
        }


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("timm/convnext_tny", "Did you mean 'timm/convnext_tiny'?"),
        ("timm/vit_small_patch16_224.dyno", "Did you mean 'timm/vit_small_patch16_224.dino'?"),
        ("convnext_tiny", "Did you mean 'timm/convnext_tiny'?"),
    ],
)
def test_an_unknown_name_is_one_sentence_with_a_near_one(name: str, words: str) -> None:
    with pytest.raises(UnknownNameError) as said:
        backbone_of(name)
    assert str(said.value) == f"no backbone is called '{name}'. {words}"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("timm/qqqqqq", "no backbone is called 'timm/qqqqqq'; `python -c 'import timm; print"),
        ("timm/vit_small_patch14_dinov2", "cells, one for every 14 pixels, of images of"),
        ("timm/crossvit_9_240", "makes no maps of images of 64 x 96 (timm: "),
    ],
)
def test_a_network_that_makes_no_heatmaps_is_one_sentence(name: str, words: str) -> None:
    with pytest.raises(SpecError) as said:
        backbone_of(name, SIZE)
    assert words in str(said.value)
    assert "\n" not in str(said.value)


def test_a_network_without_blocks_to_leave_out_says_so() -> None:
    with pytest.raises(SpecError, match=r"recipe\.drop_path: 'timm/vgg11' leaves no blocks out"):
        backbone_of("timm/vgg11", SIZE, drop_path=0.1)


def test_without_timm_one_sentence_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(SpecError) as said:
        backbone_of("timm/convnext_tiny", (32, 32))
    assert str(said.value) == (
        "model.backbone 'timm/convnext_tiny' needs timm: pip install 'hrbench[timm]'"
    )


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["model.upsampling=bilinear"], "has one branch"),
        (["model.mean=[0.5, 0.5, 0.5]"], "mean and std go together"),
    ],
)
def test_keys_that_it_does_not_read_are_refused(overrides: list[str], words: str) -> None:
    with pytest.raises(HrbenchError, match=words):
        network.require_buildable(
            landmark_task("coco-pose@tiny", ["model.backbone=timm/convnext_atto", *overrides]).model
        )


def test_a_pooled_network_says_how_many_numbers_it_has() -> None:
    built = TimmPooled("mobilenetv4_conv_small_050", (64, 64)).eval()
    with torch.no_grad():
        (found,) = built(torch.zeros(2, 3, 64, 64))
    assert found.shape == (2, built.features)


def test_a_copy_of_it_gives_the_same() -> None:
    built = TimmBackbone("convnext_atto", SIZE).eval()
    images = torch.randn(1, 3, *SIZE)
    with torch.no_grad():
        assert torch.equal(copy.deepcopy(built)(images)[0], built(images)[0])
