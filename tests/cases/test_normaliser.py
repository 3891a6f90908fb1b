"""What own errors are divided by: the normaliser that the protocol names, or an error."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dots import ANNOTATIONS, BRIEF, DATASET, SIGMAS, TASK, edit_toml, write_dots

from hrbench.begun.options import Options
from hrbench.commands import run as running
from hrbench.commands import score as scoring
from hrbench.errors import RunError, SpecError
from hrbench.report import predictions
from hrbench.report.predictions import Predictions

EARS = [["left_ear"], ["right_ear"]]


@pytest.fixture
def dots(tmp_path: Path) -> Path:
    folder = write_dots(tmp_path / "dots")
    edit_toml(folder / DATASET, lambda said: said.update(normalisers={"inter-ear": EARS}))
    return folder


def named(folder: Path, normaliser: str) -> str:
    edit_toml(folder / TASK, lambda said: said["protocol"].update(normaliser=normaliser))
    return f"{folder / TASK}@tiny"


def ran(task: str, data: Path, *overrides: str) -> Any:
    options = Options(
        data=str(data),
        out=str(data / "runs"),
        overrides=(*BRIEF, *overrides),
        workers=0,
        device="cpu",
    )
    done = running.run(task, options)
    assert done is not None
    return done


def test_nme_is_by_the_distance_in_the_truth(dots: Path) -> None:
    record, folder = ran(named(dots, "inter-ear"), dots)
    found = predictions.read(folder, Predictions)
    rows = {row["id"]: row for row in json.loads((dots / ANNOTATIONS).read_text())["annotations"]}
    errors = []
    for sample, points in zip(found.sample_ids.tolist(), found.keypoints, strict=True):
        true = np.reshape(rows[sample]["keypoints"], (3, 3))[:, :2]
        distances = np.hypot(*(points - true).T)
        errors.append(100 * distances.mean() / np.hypot(*(true[1] - true[2])))
    assert record.protocol["normaliser"] == "inter-ear"
    assert record.metrics["NME"].value == pytest.approx(np.mean(errors), rel=1e-5)
    assert record.metrics["NME (box-size)"].value != pytest.approx(np.mean(errors))
    again = scoring.score(folder, ("protocol.normaliser=box-size",))
    assert again.metrics["NME"].value == pytest.approx(record.metrics["NME (box-size)"].value)


def test_a_normaliser_that_nothing_defines_is_refused(dots: Path) -> None:
    words = "dots has box-size, inter-ear, not 'nonsense'"
    with pytest.raises(RunError, match=words):
        ran(named(dots, "nonsense"), dots)
    with pytest.raises(RunError, match=words):
        ran(f"{dots / TASK}@tiny", dots, "protocol.normaliser=nonsense")


def test_a_metric_that_divides_by_nothing_of_the_kind_refuses_it(dots: Path) -> None:
    with pytest.raises(RunError, match=r"protocol\.normaliser changes nothing"):
        ran("coco-pose@tiny", dots, "protocol.normaliser=inter-ear")
    with pytest.raises(SpecError, match=r"protocol\.normaliser changes nothing"):
        ran("mpii-pose@tiny", dots, "protocol.normaliser=inter-ear")


def test_it_is_obeyed_beside_ap_too(dots: Path) -> None:
    alone, _ = ran(named(dots, "inter-ear"), dots)
    edit_toml(dots / DATASET, lambda said: said.update(sigmas=SIGMAS))
    beside, _ = ran(f"{dots / TASK}@tiny", dots)
    assert next(iter(beside.metrics)) == "AP"
    assert beside.metrics["NME"] == alone.metrics["NME"]


def test_objects_without_it_are_told_in_the_record(dots: Path) -> None:
    content = json.loads((dots / ANNOTATIONS).read_text())
    for row in content["annotations"][:9]:
        row["keypoints"][3:6] = [0, 0, 0]
    (dots / ANNOTATIONS).write_text(json.dumps(content))
    record, _ = ran(named(dots, "inter-ear"), dots)
    assert any("objects do not count: 'inter-ear' is not labelled" in n for n in record.notes)
