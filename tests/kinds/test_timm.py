"""Every kind of task of images on backbones of timm, from training to the exported file."""

from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import timm
import torch
from fetching.hub_here import hub_here
from safetensors.torch import save, save_file
from worlds import ran, small_world

import hrbench
from hrbench import catalog
from hrbench.begun.options import Options
from hrbench.commands.export.export import export
from hrbench.commands.profile.profile import profile
from hrbench.commands.run import resume
from hrbench.commands.weights.inspect import inspect
from hrbench.engine.train import Interrupted, Trainer
from hrbench.errors import SpecError
from hrbench.report.record import RunRecord
from hrbench.road.loading import load

FAMILIES = ("convnext_tiny", "vit_small_patch16_224", "mobilenetv4_conv_small")
PLAIN, SLIM = "vit_tiny_patch16_224", "mobilenetv4_conv_small_050"
HEATMAPS = [
    name for name in catalog.names("tasks") if catalog.load_task(name).model.head == "heatmap"
]
FEW = ("recipe.epochs=1", "recipe.batch_size=8")
FLIPLESS = ("protocol.flip_test=false",)
TOLD = (*FLIPLESS, "model.activation=none", "recipe.loss=mse", "model.input=[64, 64]")
STATISTICS = ("model.mean=[0.1, 0.2, 0.3]", "model.std=[0.5, 0.5, 0.5]")
BY_LAYER = (
    *("recipe.optimizer=adamw", "recipe.weight_decay=0.1", "recipe.layer_decay=0.75"),
    *("recipe.drop_path=0.1", "recipe.max_norm=gradients", "recipe.warmup_steps=1"),
)


def trained(
    name: str, out: Path, *more: str, task: str = "coco-pose@tiny", **options: Any
) -> tuple[RunRecord, Path]:
    """A run of few steps on a backbone of timm."""
    dataset = catalog.load_dataset(catalog.load_task(task).dataset).folder
    keys = (*FEW, f"model.backbone=timm/{name}", *more)
    data = str(small_world(16, dataset))
    return ran(task, out, data=data, overrides=keys, limit=4, **options)


def said(record: RunRecord, table: str) -> Any:
    return record.spec[table]


def stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a training be interrupted at its end, with its checkpoint kept."""

    def fit(self: Trainer[object], validate: object) -> float:  # noqa: ARG001
        self._save()
        raise Interrupted

    monkeypatch.setattr(Trainer, "fit", fit)


@pytest.mark.slow
@pytest.mark.parametrize("name", FAMILIES)
def test_a_network_of_each_family_trains_by_layers_and_is_recorded_with_its_statistics(
    name: str, tmp_path: Path
) -> None:
    record, folder = trained(name, tmp_path, *TOLD, *BY_LAYER)
    mean = [0.5] * 3 if name.startswith("vit") else [0.485, 0.456, 0.406]
    assert said(record, "model")["backbone"] == f"timm/{name}"
    assert said(record, "model")["mean"] == mean
    assert said(record, "model")["input"] == [64, 64]
    assert said(record, "recipe")["layer_decay"] == 0.75
    assert record.metrics["AP"].value is not None
    assert (folder / "checkpoints" / "best.pt").is_file()


def test_a_run_goes_on_predicts_and_is_known_again_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        stopped(patch)
        with pytest.raises(Interrupted):
            trained(PLAIN, tmp_path, *TOLD, *BY_LAYER)
    (folder,) = (tmp_path / "coco-pose").iterdir()
    done = resume(folder)
    assert done is not None
    picture = np.zeros((96, 64, 3), dtype=np.uint8)
    found = hrbench.load(weights=str(folder), device="cpu").predict(picture)
    assert found.keypoints.shape == (1, 17, 2)
    inspection = inspect(folder / "checkpoints" / "best.pt")
    content = inspection.content()
    assert content["backbone"] == [f"timm/{PLAIN}"]
    assert content["preprocessing"]["mean"] == (0.5, 0.5, 0.5)
    assert f"timm/{PLAIN}" in inspection.text(80, colour=False)


def normalised(backbone: str, out: Path) -> tuple[dict[str, Any], tuple[str, ...], Path]:
    """Options and keys of a run with statistics of its own, and its weights away from it."""
    keys = (*FEW, *TOLD, f"model.backbone={backbone}")
    given: dict[str, Any] = {"data": str(small_world()), "limit": 4}
    _, folder = ran("coco-pose@tiny", out, **given, overrides=(*keys, *STATISTICS))
    path = out / "elsewhere.pt"
    path.write_bytes((folder / "checkpoints" / "best.pt").read_bytes())
    return given, keys, path


@pytest.mark.parametrize("backbone", [f"timm/{SLIM}", "hrnet-w8"])
def test_weights_of_a_run_are_measured_by_the_statistics_that_they_were_trained_with(
    backbone: str, tmp_path: Path
) -> None:
    given, keys, path = normalised(backbone, tmp_path)
    measured, _ = ran("coco-pose@tiny", tmp_path, **given, overrides=keys, weights=str(path))
    assert said(measured, "model")["mean"] == [0.1, 0.2, 0.3]
    assert not any("normalised" in note for note in measured.notes)


@pytest.mark.slow
@pytest.mark.parametrize("backbone", [f"timm/{SLIM}", "hrnet-w8"])
def test_where_images_are_normalised_otherwise_than_weights_had_them_is_said(
    backbone: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given, keys, path = normalised(backbone, tmp_path)
    words = "trained on images normalised by mean 0.1, 0.2, 0.3 and std 0.5, 0.5, 0.5, and here"
    others = ("model.mean=[0.4, 0.5, 0.6]", STATISTICS[1])
    for key, more, times in (("init", STATISTICS, 0), ("init", (), 1), ("weights", others, 1)):
        options: dict[str, Any] = {**given, "overrides": (*keys, *more), key: str(path)}
        record, _ = ran("coco-pose@tiny", tmp_path, **options)
        assert capsys.readouterr().err.count(words) == times
        assert sum(words in note for note in record.notes) == times
    load("coco-pose@tiny", Options(weights=str(path), overrides=(*keys, *others)))
    assert capsys.readouterr().err.count(words) == 1


def test_a_release_by_name_starts_a_training_and_says_how_images_are_normalised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    model = timm.create_model("vit_small_patch16_224", num_classes=0)
    with hub_here(tmp_path, monkeypatch) as hub:
        hub.files["timm/vit_small_patch16_224.dino", "model.safetensors"] = save(model.state_dict())
        name = "timm:vit_small_patch16_224.dino"
        record, _ = trained("vit_small_patch16_224", tmp_path, *TOLD, init=name)
    told, total = capsys.readouterr().err, len(model.state_dict())
    assert f"--init {name} (timm layout): all {total} tensors of the backbone loaded." in told
    resampled = "timm has resampled pos_embed (1, 197, 384) to (1, 17, 384)"
    assert resampled in told
    assert any(resampled in note for note in record.notes)
    assert record.weights.init.startswith("timm:")
    assert said(record, "model")["mean"] == [0.485, 0.456, 0.406]  # without a tag timm has 0.5


def test_a_release_for_classes_is_measured_as_it_is(tmp_path: Path) -> None:
    path, name = tmp_path / "mobilenet.safetensors", SLIM
    torch.manual_seed(0)
    model = timm.create_model(name, num_classes=1000)
    save_file({key: value.contiguous() for key, value in model.state_dict().items()}, path)
    record, _ = trained(name, tmp_path, task="imagenet@tiny", weights=str(path))
    assert record.metrics["top-1"].value is not None
    assert record.weights.untouched == ()


def test_classes_are_trained_too(tmp_path: Path) -> None:
    record, _ = trained(SLIM, tmp_path, "recipe.drop_path=0.1", task="imagenet@tiny")
    assert record.metrics["top-1"].value is not None


@pytest.mark.slow
@pytest.mark.parametrize("task", HEATMAPS)
def test_so_is_every_task_of_heatmaps(task: str, tmp_path: Path) -> None:
    record, _ = trained(SLIM, tmp_path, *FLIPLESS, task=f"{task}@tiny")
    assert said(record, "model")["std"] == [0.5, 0.5, 0.5]
    assert record.environment["timm"] == metadata.version("timm")
    assert said(record, "model")["branches"] == 1  # a file of faces says 4, HRNet's
    assert next(iter(record.metrics.values())).value is not None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "ending"),
    [
        ("vit_tiny_patch16_224", "onnx"),
        ("vit_tiny_patch16_224", "pt2"),
        ("convnext_atto", "onnx"),
        (SLIM, "pt2"),
    ],
)
def test_an_exported_file_answers_as_the_network_does(
    name: str, ending: str, tmp_path: Path
) -> None:
    options = Options(
        overrides=(f"model.backbone=timm/{name}", *TOLD),
        data=str(small_world()),
        limit=4,
    )
    done = export("coco-pose@tiny", options, tmp_path / f"network.{ending}", check=True)
    assert done.check is not None
    assert done.check.parity.ok


def test_its_multiply_adds_are_those_that_are_published() -> None:
    overrides = ("model.backbone=timm/vit_small_patch16_224", "model.input=[224, 224]")
    found = profile("imagenet@tiny", Options(overrides=overrides, device="cpu"), [1])
    assert found.complexity.parameters == 22_050_664  # timm's own
    assert found.complexity.multiply_adds / 1e9 == pytest.approx(4.6, abs=0.05)  # timm's table


@pytest.mark.parametrize("setting", ["recipe.layer_decay=0.75", "recipe.drop_path=0.1"])
def test_keys_of_layers_are_refused_with_other_backbones(setting: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError) as said:
        ran("coco-pose@tiny", tmp_path, data=str(small_world()), overrides=(setting,))
    assert str(said.value) == (
        f"--set {setting}: {setting.partition('=')[0]} is of timm's backbones, and 'hrnet-w8' is "
        "none; leave it out"
    )


def test_keys_of_hrnets_head_change_nothing_where_timm_pools(tmp_path: Path) -> None:
    overrides = ("model.backbone=timm/convnext_atto", "model.width=16")
    with pytest.raises(SpecError, match=r"model\.width changes nothing here: they are of HRNet's"):
        ran("imagenet@tiny", tmp_path, data=str(small_world(16, "imagenet")), overrides=overrides)
