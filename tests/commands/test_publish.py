"""A run published: read back by the hub's own client, and by hrbench, to the same figures."""

import shutil
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from cli.command import called, refused, scratch
from dots import BRIEF, write_dots
from fetching.hub_here import hub_here
from huggingface_hub import ModelCard, ModelCardData
from safetensors import safe_open
from worlds import SMALL, ran, small_weights, small_world

import hrbench
from hrbench.commands import publish as publishing
from hrbench.commands.predict.from_python import Model
from hrbench.errors import RunError
from hrbench.report import runs

PICTURE = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)


@cache
def trained() -> tuple[Path, Path]:
    """A run on a dataset of one's own, and that."""
    dots = write_dots(scratch() / "dots")
    return ran(f"{dots / 'task.toml'}@tiny", scratch(), overrides=BRIEF)[1], dots


@cache
def published() -> Path:
    folder = scratch() / "my-dots"
    publishing.publish(str(trained()[0]), folder, repository="me/my-dots", licence="mit")
    return folder


def keypoints(model: Model) -> np.ndarray:
    found: np.ndarray = model.predict(PICTURE).keypoints
    return found


def test_a_published_run_is_a_card_weights_a_record_and_its_toml_files() -> None:
    names = {path.name for path in published().iterdir()}
    assert names == {"README.md", "model.safetensors", "record.json", "task.toml", "dataset.toml"}
    run = trained()[0]
    for name, there in (("record.json", "record.json"), ("task.toml", "spec.toml")):
        assert (published() / name).read_bytes() == (run / there).read_bytes()
    with safe_open(published() / "model.safetensors", "pt") as file:
        assert "backbone.conv1.weight" in file.keys()  # noqa: SIM118  it is no mapping


def test_who_may_read_one_of_its_files_may_read_all() -> None:
    """safetensors itself writes for nobody else."""
    assert len({path.stat().st_mode for path in published().iterdir()}) == 1


def test_the_hubs_client_reads_figures_intervals_and_protocol_from_the_card() -> None:
    record = runs.read(trained()[0])
    card = ModelCard.load(published() / "README.md", ignore_metadata_errors=False)
    assert isinstance(card.data, ModelCardData)
    assert (card.data.license, card.data.library_name) == ("mit", "hrbench")
    assert card.data.pipeline_tag == "keypoint-detection"
    results = card.data.eval_results
    assert results is not None
    told = {result.metric_type: result.metric_value for result in results}
    values = {name: figure.value for name, figure in record.metrics.items()}
    assert told == {name: value for name, value in values.items() if value is not None}
    for result in results:
        figure = record.metrics[result.metric_type]
        assert result.metric_args is not None
        assert result.metric_args.get("low") == figure.low
        assert result.dataset_args is not None
        assert {k: result.dataset_args[k] for k in record.protocol} == record.protocol
    assert any("low" in (result.metric_args or {}) for result in results)
    assert 'hrbench.load("hf:me/my-dots")' in card.text


def test_it_predicts_what_the_run_s_network_does_where_the_run_and_its_data_are_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = trained()[0]
    ours = hrbench.load(str(run / "spec.toml"), str(run / "checkpoints" / "last.pt"), device="cpu")
    there = shutil.copytree(published(), tmp_path / "there")
    local = hrbench.load(str(there), device="cpu")
    assert local.names == ours.names == ("nose", "left_ear", "right_ear")
    np.testing.assert_array_equal(keypoints(local), keypoints(ours))
    with hub_here(tmp_path, monkeypatch) as hub:
        for file in there.iterdir():
            hub.files["me/my-dots", file.name] = file.read_bytes()
        shutil.rmtree(there)
        far = hrbench.load("hf:me/my-dots", device="cpu")
        np.testing.assert_array_equal(keypoints(far), keypoints(ours))
        assert {name.split()[0] for name in hub.asked} == {
            *("model.safetensors", "task.toml", "dataset.toml"),
        }
        monkeypatch.setenv("HRBENCH_OFFLINE", "1")
        again = hrbench.load("hf:me/my-dots", device="cpu")
        np.testing.assert_array_equal(keypoints(again), keypoints(ours))


def test_measured_again_it_comes_to_the_figures_on_its_card(tmp_path: Path) -> None:
    run, dots = trained()
    task = f"{dots / 'task.toml'}@tiny"
    record, _ = ran(task, tmp_path, weights=str(published()), overrides=BRIEF[2:])
    assert record.metrics == runs.read(run).metrics
    assert record.weights.trained_for == "dots@tiny"


@pytest.mark.slow
def test_a_network_of_classes_comes_back_to_its_figures(tmp_path: Path) -> None:
    data = str(small_world(8, "imagenet"))
    record, run = ran("imagenet@tiny", tmp_path, data=data, overrides=("recipe.epochs=1",))
    publishing.publish(str(run), tmp_path / "net")
    again, _ = ran("imagenet@tiny", tmp_path, data=data, weights=str(tmp_path / "net"))
    assert again.metrics == record.metrics
    card = ModelCard.load(tmp_path / "net" / "README.md")
    assert card.data.pipeline_tag == "image-classification"


def test_of_a_dataset_that_is_known_the_name_is_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, run = ran("coco-pose@tiny", tmp_path / "runs", data=str(small_world()), overrides=SMALL)
    target = tmp_path / "net"
    ended = called(tmp_path, "publish", str(run), "-o", str(target))
    assert ended.status == 0, ended.err
    assert "hf upload ORG/REPO" in ended.out
    assert not (target / "dataset.toml").exists()
    card = ModelCard.load(target / "README.md")
    assert "synthetic-data" in card.data.tags
    with hub_here(tmp_path, monkeypatch) as hub:
        for file in target.iterdir():
            hub.files["org/net", file.name] = file.read_bytes()
        assert len(hrbench.load("hf:org/net", device="cpu").names) == 17


def test_weights_that_were_given_are_published_as_theirs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with hub_here(tmp_path, monkeypatch) as hub:
        hub.files["org/net", "net.pt"] = small_weights("coco-pose@tiny").read_bytes()
        options = {"data": str(small_world()), "overrides": SMALL, "weights": "hf:org/net/net.pt"}
        _, run = ran("coco-pose@tiny", tmp_path / "runs", **options)
        publishing.publish(str(run), tmp_path / "net")
    card = ModelCard.load(tmp_path / "net" / "README.md")
    assert card.data.base_model == "org/net"
    assert "those of hf:org/net/net.pt, which the run measured" in card.text


def test_what_cannot_be_published_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    run, changed = (shutil.copytree(trained()[0], tmp_path / name) for name in ("run", "changed"))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    refused(called(tmp_path, "publish", str(run), "-o", "full"), ["is there already"])
    (tmp_path / "file").touch()
    refused(called(tmp_path, "publish", str(run), "-o", "file/net"), ["file/net cannot be written"])
    for name, words in (("net", "ORG/net"), ("me/m\u00e4use", "the hub takes no such name")):
        refused(called(tmp_path, "publish", str(run), "-o", "net", "--repo", name), [words])
    for name, words in (("MIT", "'mit'"), ("nonsense", "'other' stands for one that")):
        ended = called(tmp_path, "publish", str(run), "-o", "net", "--license", name)
        refused(ended, [f"--license {name}: the hub has no licence of that name", words])
    for checkpoint in (run / "checkpoints").iterdir():
        checkpoint.unlink()
    with pytest.raises(RunError, match=r"checkpoints/best\.pt"):
        publishing.publish(str(run), tmp_path / "net")
    (changed / "predictions.npz").write_bytes(b"others")
    with pytest.raises(RunError, match=r"predictions\.npz: .*`hrbench verify"):
        publishing.publish(str(changed), tmp_path / "net")
    assert {path.name for path in tmp_path.iterdir()} == {"run", "changed", "full", "file"}
