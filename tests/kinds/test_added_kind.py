"""A kind of task that is added by a line in `TASKS` and one in `KINDS` goes the whole road."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import pytest
import tomli_w
import torch
from torch import nn
from worlds import small_world

from hrbench import catalog
from hrbench.backbone.input import IMAGENET, Normalisation
from hrbench.begun.options import Options
from hrbench.commands import run as running
from hrbench.commands import score as scoring
from hrbench.commands.predict.predict import Asked, predict
from hrbench.errors import SpecError
from hrbench.kinds.classes.kind import CLASSES
from hrbench.kinds.classes.task import Classification
from hrbench.kinds.registry import KINDS
from hrbench.network import ImageNetwork
from hrbench.spec import TASKS, ClassificationTask
from hrbench.spec.tables import Size
from hrbench.spec.task import Model, Reasons, TaskSpec


class AverageModel(Model):
    """A picture's mean colour, and a linear layer."""

    head: Literal["average"]
    input: Size


class AverageTask(ClassificationTask):
    """Classes by the mean colour."""

    model: AverageModel  # type: ignore[assignment]  # no backbone

    def asleep(self) -> Reasons:
        return TaskSpec.asleep(self)  # nor keys that one of timm's leaves unread


@dataclass(frozen=True, eq=False)
class Averages(Classification):
    """The classes of a split's pictures, by the mean colour."""

    def network(self) -> ImageNetwork:
        torch.manual_seed(self.options.seed)
        head = nn.Sequential(nn.Flatten(), nn.Linear(3, len(self.dataset.classes)))
        return ImageNetwork(Normalisation(IMAGENET), nn.AdaptiveAvgPool2d(1), head)


AVERAGES = replace(
    CLASSES,
    task=Averages,
    settled=lambda *_: [],  # no backbone's statistics
    refusals=lambda _: iter(()),
    fits=lambda *_: False,
)


@pytest.fixture
def task(tmp_path: Path) -> str:
    """The file of a task with that head."""
    said = catalog.load_task("imagenet@tiny").plain()
    path = tmp_path / "averages.toml"
    model = {"head": "average", "input": said["model"]["input"]}
    path.write_text(tomli_w.dumps(said | {"name": "averages", "model": model}), "utf-8")
    return str(path)


def test_a_kind_that_nobody_added_is_refused_by_its_head(task: str) -> None:
    with pytest.raises(SpecError, match=r"averages\.toml: model: no head is called 'average'"):
        catalog.load_task(task)


def test_a_kind_that_is_added_trains_is_recorded_scored_and_predicts(
    task: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(TASKS, "average", AverageTask)
    monkeypatch.setitem(KINDS, "average", AVERAGES)
    data = small_world(dataset="imagenet")
    options = Options(
        data=str(data),
        out=str(tmp_path / "runs"),
        overrides=("recipe.epochs=1", "recipe.batch_size=8"),
        workers=0,
        device="cpu",
    )
    done = running.run(task, options)
    assert done is not None
    record, folder = done
    assert record.task == "averages"
    assert record.metrics["top-1"].value is not None
    assert scoring.score(folder).seal == record.seal
    (picture, *_) = sorted((data / "imagenet").rglob("*.JPEG"))
    again = Options(weights=str(folder), device="cpu")
    assert predict(Asked(None, (str(picture),), again, str(tmp_path / "out"))).counts.found == 1
