"""One's own data without ceremony: found beside its TOML, measured only, near misses."""

from pathlib import Path
from typing import Any

import pytest
import torch
from dots import BRIEF, DATASET, NAMES, TASK, edit_toml, write_dots

from hrbench import catalog, network
from hrbench.begun.options import Options
from hrbench.commands import run as running
from hrbench.commands.check.check import check
from hrbench.convert import advising
from hrbench.convert.labels import Advice
from hrbench.errors import HrbenchError, RunError, suggest
from hrbench.road import given
from hrbench.spec import LandmarkTask


@pytest.fixture
def dots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HRBENCH_DATA", raising=False)
    return write_dots(tmp_path / "dots").relative_to(tmp_path)


def ran(task: str, **options: Any) -> Any:
    asked = {"overrides": BRIEF, "workers": 0, "device": "cpu", "out": "runs", **options}
    done = running.run(task, Options(**asked))
    assert done is not None
    return done[0]


def weights(task: str) -> str:
    spec = catalog.load_task(task, BRIEF)
    assert isinstance(spec, LandmarkTask)
    built = network.build(spec.model, len(NAMES), seed=3, initial=spec.recipe.initial)
    torch.save({"network": built.state_dict()}, "weights.pt")
    return "weights.pt"


def test_the_data_is_where_its_toml_is(dots: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = ran(f"{dots / TASK}@tiny")
    assert record.metrics["PCK@0.1"].value is not None
    assert (
        "Data: dots, the folder of dataset.toml; --data names another." in capsys.readouterr().err
    )
    assert check(str(dots / DATASET), None, images=False).usable == ("train", "val")


@pytest.mark.parametrize(
    ("several", "one"), [(running.seeds, "run"), (running.folds, "begun_or_new")]
)
def test_of_several_runs_it_is_said_once(
    several: Any,
    one: str,
    dots: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    begun: list[Any] = []
    monkeypatch.setattr(running, one, lambda _, options, *__: begun.append(options.data))
    list(several(f"{dots / TASK}@tiny", Options(device="cpu"), 3))
    assert capsys.readouterr().err.count("Data: dots, the folder of dataset.toml") == 1
    assert begun == ["dots"] * 3  # which says it to them


@pytest.mark.parametrize("rank", [0, 1])
def test_of_the_processes_of_torchrun_the_first_says_it(
    rank: int, dots: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", str(rank))
    given.with_data(catalog.task_file(str(dots / TASK)), Options())
    assert capsys.readouterr().err.count("Data: dots, ") == (rank == 0)


def test_a_folder_that_is_named_counts_before_it(
    dots: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(HrbenchError, match="annotations"):
        ran(f"{dots / TASK}@tiny", data="runs")
    other = write_dots(Path("other"), 4)
    monkeypatch.setenv("HRBENCH_DATA", str(other.absolute()))
    record = ran(f"{dots / TASK}@tiny")
    assert record.groups["objects"]["measured"] == 1  # a fifth of 4 images, not of 10


def test_what_is_only_measured_needs_no_split_to_train_on(dots: Path) -> None:
    def only_val(said: Any) -> None:
        del said["splits"]["train"]
        del said["splits"]["val"]["part"]

    edit_toml(dots / DATASET, only_val)
    edit_toml(dots / TASK, lambda said: said["protocol"].pop("train_split"))
    task = f"{dots / TASK}@tiny"
    assert ran(task, weights=weights(task)).metrics["PCK@0.1"].value is not None
    with pytest.raises(RunError, match=r"protocol\.train_split is missing.*--weights"):
        ran(task)


@pytest.mark.parametrize(
    ("name", "known", "meant"),
    [
        ("COCO-Pose", catalog.names("tasks"), "'coco-pose'"),
        ("coco_pose", catalog.names("tasks"), "'coco-pose'"),
        ("w32", catalog.variants("coco-pose"), "'w32-256x192' or 'w32-384x288'"),
        ("W48-384X288", catalog.variants("coco-pose"), "'w48-384x288'"),
        ("learning_rate", ["lr", "loss", "epochs"], "'lr'"),
        ("weight-decay", ["decay", "weight_decay"], "'weight_decay'"),
        ("batch", ["batch_size", "epochs"], "'batch_size'"),
        ("milestone", ["milestones", "lr"], "'milestones'"),
    ],
)
def test_a_near_miss_names_what_was_meant(name: str, known: list[str], meant: str) -> None:
    assert suggest(name, known).startswith(f"Did you mean {meant}")


def test_what_is_like_nothing_gets_the_list() -> None:
    assert suggest("x", ["lr", "loss"]) == "Known: loss, lr."


def test_the_variant_that_a_machine_can_train_is_advised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(advising, "has_gpu", lambda: False)
    monkeypatch.setattr(advising, "seconds_per_sample", lambda: 1.5)
    assert advising.advised(60) == Advice(
        "tiny",
        "w32-256x256 would take roughly 4.2 hours without a GPU",  # 60 x 0.8 x 210 x 1.5 s
    )
    assert advising.advised(2).variant == "w32-256x256"
    monkeypatch.setattr(advising, "has_gpu", lambda: True)
    assert advising.advised(60) == Advice("w32-256x256", "this machine has a GPU")
