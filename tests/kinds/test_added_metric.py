"""A metric that is added as CONTRIBUTING says works everywhere: here one of the middle of poses."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias
from unittest.mock import Mock

import numpy as np
import pytest
import tomli_w
from cli.command import called
from worlds import SMALL, small_world

from hrbench import catalog
from hrbench.arrays import Floats
from hrbench.begun.options import Options
from hrbench.commands import run as running
from hrbench.commands import score as scoring
from hrbench.errors import SpecError
from hrbench.metrics.inputs import OF_CHOICE, KeypointSetting, PosesInBoxes
from hrbench.metrics.metric import Compared, CurveAxes, Definition, Metric
from hrbench.metrics.named.pixels import objects_of
from hrbench.metrics.outcomes import Counts, Outcomes
from hrbench.metrics.people import Truth
from hrbench.metrics.registry import METRICS
from hrbench.metrics.sample_errors import PoseErrors, in_order
from hrbench.metrics.scores import Scores
from hrbench.metrics.weighted import Owners, means, owners_of
from hrbench.report.outcomes import read as read_outcomes

THRESHOLDS = (0.0, 50.0, 100.0)  # pixels


Middles: TypeAlias = Compared[Truth, PosesInBoxes, KeypointSetting]


def errors(middles: Middles) -> PoseErrors:
    truth, predictions = middles.truth, middles.predictions
    rows = objects_of(truth, predictions)
    labelled = (truth.visibility[rows] > 0)[..., None]
    places = np.where(labelled, truth.keypoints[rows], np.nan)
    found = np.where(labelled, predictions.keypoints, np.nan)
    between = np.nanmean(found, axis=1) - np.nanmean(places, axis=1)
    distances = np.linalg.norm(between, axis=1)
    return in_order(predictions, places, distances, "middle {:.0f} px off")


def score(middles: Middles) -> Scores:
    distances = errors(middles).errors
    shares = [100 * float((distances <= limit).mean()) for limit in THRESHOLDS]
    figures = {"middle error": float(distances.mean()), "middle@50": shares[1]}
    return Scores(figures, {}, {"curve": {"thresholds": list(THRESHOLDS), "all": shares}})


def breakdown(middles: Middles) -> dict[str, Any]:
    distances = errors(middles).errors
    return {"far": {"middle": {"persons": int((distances > THRESHOLDS[-1]).sum())}}}


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class MiddleOutcomes(Outcomes):
    unbounded = ("middle error",)

    owners: Owners
    distances: Floats

    def figures(self, counts: Counts) -> dict[str, Floats]:
        near = np.where(self.distances <= THRESHOLDS[1], 100.0, 0.0)
        return {
            "middle error": means(self.distances, self.owners, counts),
            "middle@50": means(near, self.owners, counts),
        }


def observe(middles: Middles) -> MiddleOutcomes:
    found, images = errors(middles), middles.predictions.scored_images
    owners = owners_of(found.image_ids, images)
    return MiddleOutcomes(units=images, owners=owners, distances=found.errors.astype(np.float64))


MIDDLE = Metric(
    name="middle",
    headline="middle error",
    figures=(
        Definition("middle error", "px", "lower", 1, "mean distance of the middles of poses"),
        Definition(r"middle@(\d+)", "%", "higher", 1, "poses whose middle is {0} px off at most"),
    ),
    truth=Truth,
    predictions=PosesInBoxes,
    compare=Compared,
    score=score,
    errors=errors,
    outcomes=MiddleOutcomes,
    observe=observe,
    paired=True,
    axes=CurveAxes("distance (px)", "poses within it (%)"),
)


@pytest.fixture
def task(tmp_path: Path) -> str:
    """A task's file that names the metric, and says nothing that it does not read."""
    said = catalog.load_task("coco-pose@tiny").plain()
    protocol = {key: value for key, value in said["protocol"].items() if key not in OF_CHOICE}
    said |= {"name": "middles", "protocol": {**protocol, "metric": "middle", "boxes": "gt"}}
    path = tmp_path / "middles.toml"
    path.write_text(tomli_w.dumps(said), "utf-8")
    return str(path)


def test_a_task_may_not_name_a_metric_that_nobody_added(task: str) -> None:
    with pytest.raises(
        SpecError, match=r"metric: no metric of such a task is called 'middle'\. Known: crowd"
    ):
        catalog.load_task(task)


def test_a_metric_trains_records_draws_its_worst_cases_and_is_reported(
    task: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counting = Mock(side_effect=breakdown)
    monkeypatch.setitem(METRICS, "middle", replace(MIDDLE, breakdown=counting))
    options = Options(
        data=str(small_world()),
        out=str(tmp_path / "runs"),
        overrides=(*SMALL, "recipe.validate_every=1"),
        pictures=6,
        workers=0,
        device="cpu",
    )
    done = running.run(task, options)
    assert done is not None
    record, folder = done
    assert list(record.metrics) == ["middle error", "middle@50"]
    assert {*record.groups} == {"curve", "far"}
    counting.assert_called_once()  # after training; validations go without
    error = record.metrics["middle error"]
    assert (error.unit, error.higher_is_better) == ("px", False)
    assert error.value is not None
    assert error.low is not None
    assert error.high is not None
    assert error.low < error.value < error.high
    assert read_outcomes(folder, record).once() == pytest.approx(
        {name: figure.value for name, figure in record.metrics.items()}
    )
    assert "middle error" in (folder / "log.csv").read_text("utf-8")
    assert {"worst.png", "curve.png", "curve.csv"} <= {path.name for path in folder.iterdir()}
    assert scoring.score(folder).seal == record.seal
    whole = called(tmp_path, "report", str(folder)).out
    assert "mean distance of the middles of poses" in whole
    assert f"{error.value:.1f}" in whole
    assert "middle error, px" in called(tmp_path, "report", str(tmp_path / "runs")).out
