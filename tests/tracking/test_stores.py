"""What each store keeps of what it is told, read back by its own program."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from cli.command import called, refused
from tracking.stores import history, mlflow_runs, scalars
from worlds import small_world

from hrbench.road.tracked import Tracker
from hrbench.tracking import registry
from hrbench.tracking.mlflow import MlflowRun
from hrbench.tracking.registry import STORES
from hrbench.tracking.store import Store, Tracked, TrackingError
from hrbench.tracking.tensorboard import EventFiles

pytestmark = pytest.mark.filterwarnings(
    "ignore:The ``noload`` loader:DeprecationWarning"
)  # MLflow's


def tracked(folder: Path, task: str = "a task") -> Tracked:
    return Tracked(f"id of {folder.name}", task, folder, {"recipe.lr": 0.1, "model.size": "[2, 3]"})


def told(store: Store, *steps: int) -> None:
    for step in steps:
        store.figures({"loss": 1 / step}, step)


def test_what_a_killed_process_wrote_of_later_steps_is_there_once(tmp_path: Path) -> None:
    for sort in (EventFiles, MlflowRun):
        killed = sort(tracked(tmp_path))
        told(killed, 1, 2, 3)  # and its checkpoint is of step 1
        again = sort(tracked(tmp_path))
        again.goes_on(1)
        told(again, 2, 3, 4)
        again.close(None)
        killed.close(None)
    expected = [(step, pytest.approx(1 / step)) for step in (1, 2, 3, 4)]
    assert scalars(tmp_path, "loss") == expected
    (run,) = mlflow_runs("a task")
    assert history(run, "loss") == expected


@pytest.mark.parametrize(
    ("error", "status"),
    [(None, "FINISHED"), (KeyboardInterrupt, "KILLED"), (ValueError, "FAILED")],
)
def test_mlflow_says_how_a_run_ended(
    error: type[BaseException] | None, status: str, tmp_path: Path
) -> None:
    MlflowRun(tracked(tmp_path, status)).close(error)
    (run,) = mlflow_runs(status)
    assert run.info.status == status


def test_a_name_that_mlflow_does_not_take_loses_its_signs(tmp_path: Path) -> None:
    store = MlflowRun(tracked(tmp_path, "names"))
    store.figures({"record/PCKh@0.5": 90.0, "record/NME (outer)": 3.0}, 1)
    (run,) = mlflow_runs("names")
    assert run.data.metrics == {"record/PCKh_0.5": 90.0, "record/NME _outer_": 3.0}


@pytest.mark.parametrize(("level", "said"), [("INFO", 0), ("DEBUG", 1)])
def test_mlflow_s_news_are_not_among_ours_unless_a_user_sets_its_level(
    level: str, said: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Talking(MlflowRun):
        def _begin(self, run: Tracked) -> str:
            news.info("Creating tables")
            news.warning("A table is missing")
            return super()._begin(run)

    mlflow, news = logging.getLogger("mlflow"), logging.getLogger("mlflow.store.db.utils")
    before = mlflow.level
    mlflow.addHandler(caplog.handler)
    mlflow.setLevel(level)
    try:
        Talking(tracked(tmp_path, level)).close(None)
        assert logging.getLevelName(mlflow.level) == level
        news.info("of the user's own calls")
    finally:
        mlflow.removeHandler(caplog.handler)
        mlflow.setLevel(before)
    assert caplog.messages.count("Creating tables") == said
    assert caplog.messages.count("A table is missing") == 1
    assert caplog.messages.count("of the user's own calls") == 1


def test_the_environment_may_name_the_experiment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "of a thesis")
    MlflowRun(tracked(tmp_path)).close(None)
    assert len(mlflow_runs("of a thesis")) == 1


def test_without_a_word_of_where_mlflow_keeps_its_store_where_it_likes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    monkeypatch.chdir(tmp_path)
    MlflowRun(tracked(tmp_path)).close(None)
    places = ("mlflow.db", "mlruns")  # by its version
    assert any((tmp_path / place).exists() for place in places)


def test_a_store_that_cannot_be_opened_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "gopher://nowhere")
    with pytest.raises(TrackingError, match=r"^--track mlflow: .*gopher") as refused:
        MlflowRun(tracked(tmp_path))
    assert "\n" not in str(refused.value)
    (tmp_path / "file").touch()
    with pytest.raises(TrackingError, match=r"^--track tensorboard: .*Not a directory"):
        EventFiles(tracked(tmp_path / "file" / "run"))


class Full(Store):
    """A store that takes two steps."""

    library = look = "full"

    def __init__(self) -> None:
        self.taken: list[int] = []

    def goes_on(self, step: int) -> None:
        del step

    def figures(self, values: Mapping[str, float], step: int) -> None:
        del values
        if len(self.taken) == 2:
            raise TrackingError("--track full: no room")
        self.taken.append(step)

    def picture(self, path: Path, step: int) -> None:
        raise AssertionError((path, step))

    def files(self, paths: Sequence[Path], step: int) -> None:
        raise AssertionError((paths, step))

    def close(self, error: type[BaseException] | None) -> None:
        raise AssertionError(error)


def test_a_store_that_fails_is_named_once_and_the_run_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    full = Full()
    with Tracker() as tracker:
        tracker.stores += [full, EventFiles(tracked(tmp_path))]
        for step in (1, 2, 3, 4):
            tracker.figures({"loss": 1 / step}, step)
        tracker.picture(Path(__file__).parents[2] / "docs" / "faces.jpg")
    assert full.taken == [1, 2]
    assert capsys.readouterr().err == "--track full: no room; the run goes on without it\n"
    assert [step for step, _ in scalars(tmp_path, "loss")] == [1, 2, 3, 4]


@pytest.mark.parametrize("name", STORES)
def test_a_program_that_is_not_installed_is_refused_before_anything_is_done(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "find_spec", lambda _: None)
    ended = called(tmp_path, "run", "coco-pose@tiny", "--data", str(small_world()), "--track", name)
    refused(ended, [f"--track {name}", "is not installed", f"pip install 'hrbench[{name}]'"])


def test_the_command_takes_every_program_that_there_is(tmp_path: Path) -> None:
    ended = called(tmp_path, "run", "coco-pose", "--track", "paper")
    assert ended.status == 2
    assert f"is not one of {', '.join(repr(name) for name in STORES)}" in ended.err
