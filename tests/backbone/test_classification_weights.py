"""Classification checkpoints, official and ours: evaluated, and started from."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from hrbench.backbone import fitting, hrnet, weights
from hrbench.backbone.about import About
from hrbench.backbone.input import IMAGENET, Normalisation
from hrbench.errors import WeightsError
from hrbench.heads.classify import ClassificationHead
from hrbench.heads.heatmap import HeatmapHead
from hrbench.network import ImageNetwork

SIZE = hrnet.SIZES["hrnet-w8"]


def classifier(classes: int = 10, seed: int = 0) -> ImageNetwork:
    torch.manual_seed(seed)
    head = ClassificationHead(SIZE.channels, classes, width=4, features=32)
    return ImageNetwork(Normalisation(IMAGENET), hrnet.HRNet(SIZE, num_outputs=4), head)


def pose(branches: int, seed: int = 0) -> ImageNetwork:
    torch.manual_seed(seed)
    backbone = hrnet.HRNet(SIZE, num_outputs=branches)
    head = HeatmapHead(SIZE.channels[:branches], num_keypoints=17)
    return ImageNetwork(Normalisation(IMAGENET), backbone, head)


def official(built: ImageNetwork) -> dict[str, Tensor]:
    """A network's tensors under the names of the official classification release."""
    state = built.state_dict()
    return {n.removeprefix("backbone.").removeprefix("head."): t for n, t in state.items()}


@pytest.mark.parametrize("wrap", ["bare", "state_dict", "module", "ours"])
def test_every_wrapping_of_a_classifier_loads_whole(wrap: str, tmp_path: Path) -> None:
    source, target = classifier(seed=1), classifier(seed=2)
    content: object = official(source)
    if wrap == "state_dict":
        content = {"state_dict": content, "epoch": 3}
    elif wrap == "module":
        content = {f"module.{name}": tensor for name, tensor in official(source).items()}
    elif wrap == "ours":
        content = {"network": source.state_dict()}
    torch.save(content, tmp_path / "file.pth")
    checkpoint = weights.read(tmp_path / "file.pth")
    assert checkpoint.layout == ("hrbench" if wrap == "ours" else "classification")
    fitting.load_network(checkpoint, target)
    assert weights.digest(source) == weights.digest(target)


def test_another_number_of_classes_is_refused_with_both_shapes(tmp_path: Path) -> None:
    torch.save(official(classifier(1000)), tmp_path / "file.pth")
    words = r"head.classifier.weight: file \(1000, 32\), network \(10, 32\)\)\. Name the task"
    with pytest.raises(WeightsError, match=words):
        fitting.load_network(weights.read(tmp_path / "file.pth"), classifier(10))


@pytest.mark.parametrize("ours", [True, False])
def test_a_pose_network_is_to_be_trained_from_a_classifier(ours: bool, tmp_path: Path) -> None:
    source = classifier()
    torch.save(source.state_dict() if ours else official(source), tmp_path / "file.pth")
    with pytest.raises(WeightsError, match="It classifies images: start training from it with --i"):
        fitting.load_network(weights.read(tmp_path / "file.pth"), pose(1))


def test_a_classifier_does_not_take_the_weights_of_a_pose_network(tmp_path: Path) -> None:
    torch.save(pose(4).state_dict(), tmp_path / "file.pth")
    with pytest.raises(WeightsError, match=r"are missing \(head\.incre.*Name the task"):
        fitting.load_network(weights.read(tmp_path / "file.pth"), classifier())


@pytest.mark.parametrize("ours", [True, False])
@pytest.mark.parametrize("branches", [1, 4])
def test_any_pose_network_starts_from_the_backbone_of_a_classifier(
    branches: int, ours: bool, tmp_path: Path
) -> None:
    source, target = classifier(seed=1), pose(branches, seed=2)
    torch.save(source.state_dict() if ours else official(source), tmp_path / "file.pth")
    left = fitting.load_backbone(weights.read(tmp_path / "file.pth"), target.backbone).left_over
    learnt = source.backbone.state_dict()
    assert all(torch.equal(learnt[n], tensor) for n, tensor in target.backbone.state_dict().items())
    fusing = [name for name in left if name.startswith("backbone.stage4.0.fuse_layers.")]
    head = [name for name in left if name.startswith("head.")]
    assert len(head) == len(source.head.state_dict())
    assert len(fusing) == len(learnt) - len(target.backbone.state_dict())
    assert len(left) == len(head) + len(fusing)
    assert bool(fusing) == (branches == 1)


def test_weights_that_say_their_backbone_are_named_with_it() -> None:
    about = About(
        task="coco-pose",
        variant="tiny",
        outputs=(),
        color="rgb",
        seen_datasets=(),
        init="random",
        backbone="timm/convnext_tiny",
    )
    file = weights.Checkpoint(Path("w.pt"), "hrbench", {"odd": torch.ones(1)}, "", about=about)
    words = "for coco-pose@tiny: name that, with --set model.backbone=timm/convnext_tiny if"
    with pytest.raises(WeightsError, match=words):
        fitting.load_network(file, classifier())
