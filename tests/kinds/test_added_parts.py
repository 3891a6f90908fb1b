"""A part that is added by its line in one registry trains, is recorded, scored and predicts."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest
import tomli_w
import torch
from torch import Tensor, nn
from worlds import SMALL, small_world

from hrbench import catalog
from hrbench.backbone.input import Input
from hrbench.backbone.registry import BACKBONES, Backbone
from hrbench.begun.options import Options
from hrbench.begun.provenance import read
from hrbench.commands import run as running
from hrbench.commands import score as scoring
from hrbench.commands.predict.predict import Asked, predict
from hrbench.commands.show import show
from hrbench.commands.weights.inspect import inspect
from hrbench.engine.optimizing import OPTIMIZERS
from hrbench.errors import HrbenchError, SpecError
from hrbench.heads.codecs import CODECS, GaussianHeatmap
from hrbench.heads.decoding import DECODERS
from hrbench.heads.heatmap import LOSSES, HeatmapHead, Targets
from hrbench.heads.maxima import maxima
from hrbench.kinds.registry import KINDS
from hrbench.network import HEADS
from hrbench.report.record import RunRecord
from hrbench.spec import TASKS, HeatmapModel

PATCH = 16  # pixels
GREY = Input((0.5, 0.5, 0.5), (0.25, 0.25, 0.25), "rgb")
PLAIN = ("model.activation=none", "recipe.loss=mse")  # losses of maps, not of logits


class Patches(nn.Module):
    """A vision transformer's first layer and a position for each patch, drawn by themselves."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Conv2d(3, 8, PATCH, stride=PATCH)
        self.offset = nn.Parameter(torch.full((8, 1, 1), 0.02))

    def forward(self, images: Tensor) -> list[Tensor]:
        return [self.embed(images) + self.offset]


def as_it_is(backbone: nn.Module, initial: str) -> None:
    """Draw nothing: the constructor has."""


PATCHES = Backbone(
    make=lambda _branches, _upsampling: Patches(),
    channels=(8,),
    strides=(PATCH,),
    mark=("embed.weight", 8),
    initialise=as_it_is,
    input=GREY,
    filters=4,
)


def absolute(scores: Tensor, targets: Targets) -> Tensor:
    return ((scores.float() - targets.maps).abs() * targets.weights[..., None, None]).mean()


def whole(maps: Tensor, sigma: float) -> tuple[Tensor, Tensor]:  # noqa: ARG001  a Decoder has it
    scores, x, y = maxima(maps)
    return torch.stack((x, y), dim=-1).float(), scores


@dataclass(frozen=True, slots=True)
class Centroids(GaussianHeatmap):
    """Bumps that are read back as the middle of their maps, as integral regression does."""

    decoder: str = "centroids"

    decoders: ClassVar[Collection[str]] = ("centroids",)

    def decode(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        shares = maps.flatten(2).softmax(dim=-1).view_as(maps)
        x = (shares.sum(dim=2) * torch.arange(self.width)).sum(dim=-1)
        y = (shares.sum(dim=3) * torch.arange(self.height)).sum(dim=-1)
        return torch.stack((x, y), dim=-1), maps.flatten(2).amax(dim=-1)


PARTS: list[tuple[str, str, dict[str, Any], Any]] = [  # key, name, registry, part
    ("model.backbone", "patches", BACKBONES, PATCHES),
    ("model.codec", "centroids", CODECS, Centroids),
    ("protocol.decoder", "whole", DECODERS, whole),
    ("recipe.loss", "absolute", LOSSES, absolute),
    (
        "recipe.optimizer",
        "rprop",
        OPTIMIZERS,
        lambda weights, lr, **_: torch.optim.Rprop(weights, lr),
    ),
]
NAMES = [name for _, name, _, _ in PARTS]


def ran(folder: Path, key: str, name: str, *more: str) -> tuple[RunRecord, Path]:
    overrides = (*SMALL, *PLAIN, f"{key}={name}", *more)
    options = Options(
        data=str(small_world()),
        out=str(folder / "runs"),
        overrides=overrides,
        limit=4,
        workers=0,
        device="cpu",
    )
    done = running.run("coco-pose@tiny", options)
    assert done is not None
    return done


def found_in_pictures(folder: Path, out: Path) -> int:
    """Return how many persons a run finds in two pictures that are a box each."""
    pictures = sorted((small_world() / "coco/images/val2017").glob("*.jpg"))[:2]
    options = Options(weights=str(folder), device="cpu")
    return predict(Asked(None, tuple(map(str, pictures)), options, str(out / "out"))).counts.found


@pytest.mark.parametrize(("key", "name", "registry", "part"), PARTS, ids=NAMES)
def test_a_part_that_is_registered_trains_is_recorded_scored_and_predicts(
    key: str,
    name: str,
    registry: dict[str, Any],
    part: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(registry, name, part)
    record, folder = ran(tmp_path, key, name)
    table, _, field = key.partition(".")
    assert catalog.load_task(str(folder / "spec.toml")).plain()[table][field] == name
    assert record.metrics["AP"].value is not None
    assert scoring.score(folder).seal == record.seal
    assert found_in_pictures(folder, tmp_path) == 2


@pytest.mark.parametrize(("key", "name", "registry", "part"), PARTS, ids=NAMES)
def test_a_part_that_nobody_registered_is_refused_with_its_key_before_there_is_a_run(
    key: str, name: str, registry: dict[str, Any], part: Any, tmp_path: Path
) -> None:
    del registry, part
    with pytest.raises(HrbenchError, match=f"is called '{name}'. ") as refusal:
        ran(tmp_path, key, name)
    assert key.partition(".")[2] in str(refusal.value)
    assert list(tmp_path.iterdir()) == []


def deeper(backbone: Backbone, model: HeatmapModel, num_keypoints: int) -> HeatmapHead:
    head = HeatmapHead(backbone.channels[: model.branches], num_keypoints)
    width = backbone.channels[0]
    head.mix = nn.Sequential(nn.Conv2d(width, width, 3, padding=1), nn.ReLU())
    return head


def test_a_head_of_keypoints_that_is_registered_trains_is_recorded_and_predicts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SpecError, match="no head is called 'deeper'"):
        ran(tmp_path, "model.head", "deeper")
    monkeypatch.setitem(HEADS, "deeper", deeper)
    monkeypatch.setitem(KINDS, "deeper", KINDS["heatmap"])
    monkeypatch.setitem(TASKS, "deeper", TASKS["heatmap"])
    record, folder = ran(tmp_path, "model.head", "deeper")
    assert record.metrics["AP"].value is not None
    tensors = read(folder / "checkpoints" / "last.pt").tensors
    assert tensors["head.mix.0.weight"].shape[2:] == (3, 3)
    assert found_in_pictures(folder, tmp_path) == 2


def test_weights_that_a_backbone_draws_itself_are_kept_to_the_bit_and_known_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(BACKBONES, "patches", PATCHES)
    _, folder = ran(tmp_path, "model.backbone", "patches", "recipe.lr=1e-30")  # moves no weight
    tensors = read(folder / "checkpoints" / "last.pt").tensors
    assert tensors["backbone.offset"].flatten().tolist() == [torch.tensor(0.02).item()] * 8
    assert tensors["backbone.embed.weight"].std() > 0.01  # PyTorch's, 0.02; ours would be 0.001
    assert inspect(folder / "checkpoints" / "last.pt").anatomy.backbones == ("patches",)


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("recipe.loss=ms", "recipe: loss: none is called 'ms'. Did you mean 'mse'?"),
        ("model.codec=darc", "model: codec: none is called 'darc'. Did you mean 'dark'?"),
        ("protocol.decoder=x", "protocol: decoder: none is called 'x'. Known: dark, quarter, udp."),
        ("recipe.optimizer=adm", "recipe: optimizer: none is called 'adm'. Did you mean 'adam'?"),
    ],
)
def test_a_wrong_name_is_one_sentence_with_where_it_was_said(
    override: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(SpecError) as said:
        ran(tmp_path, *override.split("="))
    assert str(said.value) == f"--set {override}: {words}"
    with pytest.raises(SpecError) as shown:
        show("coco-pose@tiny", (override,))
    assert str(shown.value) == str(said.value)
    key, name = override.split("=")
    file = tmp_path / "mine.toml"
    table, _, field = key.partition(".")
    content = catalog.load_task("coco-pose@tiny", PLAIN).plain()
    content[table][field] = name
    file.write_text(tomli_w.dumps(content), "utf-8")
    with pytest.raises(SpecError) as read_from:
        running.run(str(file), Options(data=str(small_world()), out=str(tmp_path / "runs")))
    assert str(read_from.value) == f"{file}: {words}"
