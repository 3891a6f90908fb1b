"""Weights of timm's releases, read by timm's own loader: whole, or one sentence."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import pytest
import timm
import torch
from safetensors.torch import save_file

from hrbench import network
from hrbench.backbone import fitting, weights
from hrbench.backbone.about import KEY, About
from hrbench.backbone.timm_weights import read
from hrbench.errors import WeightsError
from hrbench.spec import ClassifierModel, HeatmapModel

SIZE = (64, 96)
PLAIN = "vit_tiny_patch16_224"


def released(name: str, folder: Path, **arguments: Any) -> tuple[Path, Any]:
    """A file as timm publishes it, and the network that it is of."""
    torch.manual_seed(0)
    model = timm.create_model(name, **arguments)
    for values in model.parameters():
        values.data.normal_()
    path = folder / f"{name}.safetensors"
    save_file({key: value.contiguous() for key, value in model.state_dict().items()}, path)
    return path, model.eval()


def backbone_of(name: str) -> torch.nn.Module:
    model = HeatmapModel(head="heatmap", backbone=f"timm/{name}", input=SIZE, sigma=1)
    return network.build(model, 5, seed=1).backbone


@pytest.mark.parametrize(
    ("name", "classifier"),
    [
        ("convnext_atto", "head.fc"),
        ("mobilenetv4_conv_small_050", "classifier"),
        ("hrnet_w18_small", "classifier"),
    ],
)
def test_every_tensor_of_the_backbone_is_the_files_and_the_heads_are_left_over(
    name: str, classifier: str, tmp_path: Path
) -> None:
    path, model = released(name, tmp_path)
    backbone = backbone_of(name)
    checkpoint = read(path, f"timm/{name}", SIZE, pooled=False)
    fit = fitting.load_backbone(checkpoint, backbone)
    assert (fit.missing, fit.reshaped, checkpoint.changes) == ((), (), ())
    assert f"head.{classifier}.weight" in fit.left_over
    theirs = model.state_dict()
    assert all(
        torch.equal(theirs[key.removeprefix("model.")], value)
        for key, value in backbone.state_dict().items()
    )
    assert len(theirs) == len(fit.matched) + len(fit.left_over)


def test_positions_are_resampled_to_the_images_as_timm_does_and_that_is_said(
    tmp_path: Path,
) -> None:
    path, _ = released(PLAIN, tmp_path)
    checkpoint = read(path, f"timm/{PLAIN}", SIZE, pooled=False)
    assert " ".join(checkpoint.changes) == (
        "timm has resampled pos_embed (1, 197, 192) to (1, 25, 192): for images of 64 x 96 "
        "pixels, and not 224 x 224."
    )
    overlay = {"file": str(path), "custom_load": False}
    theirs = timm.create_model(
        PLAIN, pretrained=True, pretrained_cfg_overlay=overlay, img_size=SIZE
    ).state_dict()
    found = checkpoint.tensors["backbone.model.pos_embed"]
    assert torch.equal(found, theirs["pos_embed"])
    fitting.load_backbone(checkpoint, backbone_of(PLAIN))


def test_a_release_for_classes_answers_as_timm_does(tmp_path: Path) -> None:
    path, theirs = released("convnext_atto", tmp_path, num_classes=7)
    model = ClassifierModel(head="classify", backbone="timm/convnext_atto", input=(64, 64))
    ours = network.build_classifier(model, 7, seed=1).eval()
    checkpoint = read(path, model.backbone, (64, 64), pooled=True)
    assert fitting.load_network(checkpoint, ours).whole
    images = torch.randint(0, 256, (2, 64, 64, 3), dtype=torch.uint8)
    with torch.no_grad():
        assert torch.equal(ours(images), theirs(ours.normalise(images)))


def test_a_release_without_classes_is_whole_too(tmp_path: Path) -> None:
    path, _ = released(PLAIN, tmp_path, num_classes=0)
    fit = fitting.load_backbone(read(path, f"timm/{PLAIN}", SIZE, pooled=False), backbone_of(PLAIN))
    assert (fit.missing, fit.left_over) == ((), ())


def test_half_precision_and_an_average_that_timm_takes_are_said(tmp_path: Path) -> None:
    path, model = released(PLAIN, tmp_path)
    halved = {key: value.half() for key, value in model.state_dict().items()}
    torch.save({"state_dict": {}, "state_dict_ema": halved}, tmp_path / "halved.pth")
    checkpoint = read(tmp_path / "halved.pth", f"timm/{PLAIN}", (224, 224), pooled=False)
    assert checkpoint.changes == (
        "Taken are the weights in state_dict_ema, as timm does.",
        f"{len(halved)} tensors of float16 are loaded as float32.",
    )
    assert checkpoint.dtypes == ("float16",)
    assert path.exists()


class Opens:
    """Makes a file where its code is run."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return h5py.File, (str(self.path), "w")


def test_of_what_lies_beside_the_tensors_no_code_is_run(tmp_path: Path) -> None:
    _, model = released("convnext_atto", tmp_path)
    beside = {"state_dict": model.state_dict(), "args": Opens(tmp_path / "made")}
    torch.save(beside, tmp_path / "trained.pth")
    checkpoint = read(tmp_path / "trained.pth", "timm/convnext_atto", SIZE, pooled=False)
    assert len(checkpoint.tensors) == len(model.state_dict())
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("held", [{"state_dict": {}}, {"model": {"epoch": 3}}, ["nothing"], {}])
def test_a_file_without_tensors_is_refused_and_nothing_is_fetched_for_it(
    held: object, tmp_path: Path
) -> None:
    torch.save(held, tmp_path / "empty.pth")
    with pytest.raises(WeightsError, match="holds no tensors by name"):
        read(tmp_path / "empty.pth", "timm/convnext_atto", SIZE, pooled=False)


def test_weights_of_another_network_are_one_sentence(tmp_path: Path) -> None:
    path, _ = released("convnext_atto", tmp_path)
    with pytest.raises(WeightsError) as said:
        read(path, f"timm/{PLAIN}", SIZE, pooled=False)
    assert str(said.value).startswith(
        f"{path} is not of timm's {PLAIN}: VisionTransformer: Missing key(s)"
    )
    assert "\n" not in str(said.value)


def test_a_tensor_that_is_missing_is_refused(tmp_path: Path) -> None:
    path, model = released("convnext_atto", tmp_path)
    some = {key: v.contiguous() for key, v in model.state_dict().items() if "stem.1" not in key}
    save_file(some, path)
    with pytest.raises(WeightsError, match=r'Missing key\(s\) in state_dict: "stem\.1\.weight"'):
        read(path, "timm/convnext_atto", SIZE, pooled=False)


def test_a_number_that_is_none_is_refused(tmp_path: Path) -> None:
    path, model = released("convnext_atto", tmp_path)
    state = model.state_dict()
    state["stem.0.bias"][0] = torch.nan
    save_file({key: value.contiguous() for key, value in state.items()}, path)
    with pytest.raises(WeightsError, match="has NaN or infinity in 1 tensors"):
        read(path, "timm/convnext_atto", SIZE, pooled=False)


def test_a_file_of_ours_is_read_as_any_other(tmp_path: Path) -> None:
    path = tmp_path / "best.pt"
    tensors = {f"backbone.{k}": v for k, v in backbone_of("convnext_atto").state_dict().items()}
    said = About(
        task="coco-pose",
        variant="tiny",
        outputs=("nose",),
        color="rgb",
        seen_datasets=(),
        init="random",
        backbone="timm/convnext_atto",
        mean=(0.5, 0.5, 0.5),
        std=(0.25, 0.25, 0.25),
    )
    head = {"head.score.weight": torch.zeros(1, 256, 1, 1)}
    torch.save({KEY: said.content(), "network": tensors | head}, path)
    ours = read(path, "timm/convnext_atto", SIZE, pooled=False)
    assert ours == replace(weights.read(path), tensors=ours.tensors, theirs=ours.theirs)
    assert (ours.about, ours.backbone, ours.layout) == (said, "timm/convnext_atto", "hrbench")
