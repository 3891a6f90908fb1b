"""Runs with `--track`, their stores read back by TensorBoard and MLflow."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli.command import called
from commands.test_processes import launched
from PIL import Image
from report.records import record, with_interval
from tracking.stores import FIGURES, client, events, history, logged, mlflow_runs, scalars
from worlds import SMALL, ran, small_world

from hrbench.commands import run as running
from hrbench.engine.train import Interrupted, StopSignals, Trainer
from hrbench.report.record import RunRecord
from hrbench.road.tracked import figures_of
from hrbench.spec.tables import dotted

pytestmark = pytest.mark.filterwarnings(
    "ignore:The ``noload`` loader:DeprecationWarning"
)  # MLflow's
BOTH = ("tensorboard", "mlflow")
KEYS = (*SMALL, "recipe.epochs=2", "recipe.validate_every=1")
FLAGS = [word for name in BOTH for word in ("--track", name)]
# log.csv has six digits, of these fewer.
CLOSE: dict[str, Any] = {"rel": 1e-5}
COARSE: dict[str, Any] = {"samples_per_second": {"abs": 0.06}, "data_wait_share": {"abs": 6e-4}}


@pytest.fixture(scope="module")
def done(home: Path) -> tuple[RunRecord, Path]:
    return ran("coco-pose@tiny", home / "runs", data=str(small_world()), overrides=KEYS, track=BOTH)


@pytest.fixture(scope="module")
def kept(done: tuple[RunRecord, Path]) -> Any:
    """The run in MLflow's store."""
    (run,) = (one for one in mlflow_runs("coco-pose") if one.info.run_name == done[1].name)
    return run


def alike(found: list[Any], folder: Path, name: str) -> None:
    said = logged(folder, name)
    assert [step for step, _ in found] == [step for step, _ in said]
    values = [value for _, value in said]
    assert [value for _, value in found] == pytest.approx(values, **COARSE.get(name, CLOSE))


@pytest.mark.parametrize("name", FIGURES)
def test_the_curves_are_those_of_the_log(name: str, done: Any, kept: Any) -> None:
    _, folder = done
    assert len(logged(folder, name)) >= 2
    alike(scalars(folder, name), folder, name)
    alike(history(kept, name), folder, name)


def test_every_validation_is_a_point_beside_the_best_so_far(done: Any, kept: Any) -> None:
    _, folder = done
    assert len(logged(folder, "AP")) == 2
    alike(scalars(folder, "validation/AP"), folder, "AP")
    alike(history(kept, "validation/AP"), folder, "AP")
    best = max(value for _, value in logged(folder, "AP"))
    assert scalars(folder, "validation/best AP")[-1][1] == pytest.approx(best, **CLOSE)
    assert history(kept, "validation/best AP")[-1][1] == pytest.approx(best, **CLOSE)


def test_the_record_s_figures_are_there(done: Any, kept: Any) -> None:
    made, folder = done
    for name, figure in made.metrics.items():
        if figure.value is not None:
            assert kept.data.metrics[f"record/{name}"] == figure.value
            ((step, found),) = scalars(folder, f"record/{name}")
            assert step == logged(folder, "loss")[-1][0]
            assert found == float(np.float32(figure.value))


def test_a_figure_s_interval_is_two_figures_more() -> None:
    made = record(metrics=with_interval(75.0, 74.1, 75.9))
    said = {"record/AP": 75.0, "record/AP low": 74.1, "record/AP high": 75.9}
    assert figures_of(made) == said


def test_the_spec_is_the_parameters(done: Any, kept: Any) -> None:
    from tensorboard.plugins.hparams import metadata

    made, folder = done
    spec = dotted(made.spec)
    assert kept.data.params == {**{k: str(v) for k, v in spec.items()}, "seed": "0"}
    content = events(folder).SummaryMetadata(metadata.SESSION_START_INFO_TAG).plugin_data.content
    said = metadata.parse_session_start_info_plugin_data(content).hparams
    assert {*said} == {*spec, "seed"}
    assert said["recipe.lr"].number_value == spec["recipe.lr"]
    assert said["model.backbone"].string_value == spec["model.backbone"]


def test_pictures_and_the_record_lie_beside_the_curves(done: Any, kept: Any) -> None:
    _, folder = done
    there = {path.stem for path in folder.glob("*.png")}
    assert {"training", "worst", "predictions"} <= there
    read = events(folder)
    assert {*read.Tags()["images"]} == there
    for name in there:
        (one,) = read.Images(name)
        pair = (io.BytesIO(one.encoded_image_string), folder / f"{name}.png")
        shown, drawn = (np.asarray(Image.open(image).convert("RGB")) for image in pair)
        assert np.array_equal(shown, drawn)
    artefacts = Path(client().download_artifacts(kept.info.run_id, ""))
    assert {path.stem for path in (artefacts / "pictures").iterdir()} == there
    for name in ("record.json", "spec.toml", "log.csv"):
        assert (artefacts / name).read_bytes() == (folder / name).read_bytes()
    text = read.Tensors("record.json/text_summary")[0].tensor_proto.string_val[0].decode()
    lines = [line.removeprefix("    ") for line in text.splitlines()]
    assert json.loads("\n".join(lines)) == json.loads((folder / "record.json").read_text("utf-8"))


def test_a_run_in_mlflow_is_named_as_its_folder_and_finished(done: Any, kept: Any) -> None:
    made, folder = done
    assert kept.info.status == "FINISHED"
    assert kept.data.tags["hrbench.run"] == made.id
    assert kept.data.tags["hrbench.folder"] == str(folder)


def interrupted(out: Path, monkeypatch: pytest.MonkeyPatch, *track: str) -> Path:
    """The folder of a run that was stopped in its second epoch."""

    def stopped(job: Trainer[Any], _: StopSignals) -> bool:
        return (job.position.epoch, job.position.step) == (1, 1)

    where = {"data": str(small_world()), "overrides": KEYS}
    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "_stopping", stopped)
        with pytest.raises(Interrupted):
            ran("coco-pose@tiny", out, **where, track=track)
    (folder,) = (out / "coco-pose").iterdir()
    return folder


def test_an_interrupted_run_is_readable_and_its_curves_go_on(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = interrupted(home / "interrupted", monkeypatch, *BOTH)
    before = scalars(folder, "loss")
    alike(before, folder, "loss")
    (run,) = (one for one in mlflow_runs("coco-pose") if one.info.run_name == folder.name)
    assert run.info.status == "KILLED"
    alike(history(run, "loss"), folder, "loss")
    assert running.resume(folder) is not None
    (run,) = (one for one in mlflow_runs("coco-pose") if one.info.run_name == folder.name)
    assert run.info.status == "FINISHED"
    assert len(scalars(folder, "loss")) > len(before)
    alike(scalars(folder, "loss"), folder, "loss")
    alike(history(run, "loss"), folder, "loss")
    assert "record/AP" in run.data.metrics


@pytest.mark.slow
def test_curves_go_on_in_the_program_of_before_beside_the_one_that_is_named_now(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = interrupted(home / "auto", monkeypatch, "tensorboard")
    before = scalars(folder, "loss")
    keys = [word for key in KEYS for word in ("--set", key)]
    where = ["--data", str(small_world()), "--out", "auto", "--workers", "0", "--device", "cpu"]
    flags = ["--resume", "auto", "--track", "mlflow"]
    ended = called(home, "run", "coco-pose@tiny", *keys, *where, *flags)
    assert ended.status == 0, ended.err
    assert [line.split()[1] for line in ended.err.splitlines() if "curves: " in line] == [*BOTH]
    assert scalars(folder, "loss")[: len(before)] == before
    alike(scalars(folder, "loss"), folder, "loss")
    (run,) = (one for one in mlflow_runs("coco-pose") if one.info.run_name == folder.name)
    new = [point for point in logged(folder, "loss") if point[0] > before[-1][0]]
    assert [step for step, _ in history(run, "loss")] == [step for step, _ in new] != []


def test_each_seed_is_a_run_of_its_own(home: Path) -> None:
    arguments = [word for key in SMALL for word in ("--set", key)]
    where = ["--data", str(small_world()), "--out", "seeds", "--workers", "0"]
    flags = [*FLAGS, "--seeds", "2", "--set", "recipe.epochs=1"]
    ended = called(home, "run", "coco-pose@tiny", *arguments, *where, *flags)
    assert ended.status == 0, ended.err
    folders = sorted((home / "seeds" / "coco-pose").iterdir())
    assert len(folders) == 2
    for folder in folders:
        assert scalars(folder, "loss")
    names = {folder.name for folder in folders}
    runs = [one for one in mlflow_runs("coco-pose") if one.info.run_name in names]
    assert {one.data.params["seed"] for one in runs} == {"0", "1"}


def test_of_several_processes_one_tells(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "two processes")
    _, folder = launched(home, *FLAGS, "--epochs", "1", "--set", "recipe.batch_size=8")
    assert len(list(folder.glob("events.out.tfevents.*"))) == 1
    alike(scalars(folder, "loss"), folder, "loss")
    (run,) = mlflow_runs("two processes")
    alike(history(run, "loss"), folder, "loss")
