from pathlib import Path

import pandas as pd
from report.records import record, row

from hrbench.report.record import Counts, measured
from hrbench.report.summary import summary

PUBLISHED = pd.DataFrame([row()])
FOLDER = Path("results/runs/coco-pose/20260102T030405Z-12345678")


def test_every_metric_has_unit_direction_and_meaning() -> None:
    metrics = {
        "AP": measured(41.23, "%", higher_is_better=True),
        "APM": measured(float("nan"), "%", higher_is_better=True, reason="no person so small"),
    }
    lines = summary(record(metrics=metrics), PUBLISHED, FOLDER).splitlines()
    assert lines[0] == "coco-pose@w32-256x192 on coco val2017, n = 5000"
    assert lines[2].split(maxsplit=4) == [
        *("AP", "41.2", "%", "higher"),
        "average precision, mean over OKS 0.50, 0.55 ... 0.95",
    ]
    assert lines[3].split(maxsplit=3) == ["APM", "none", "higher", "no person so small"]


def test_a_synthetic_result_is_comparable_with_nothing_published() -> None:
    text = " ".join(summary(record(synthetic=True), PUBLISHED, FOLDER).split())
    assert "it is comparable with nothing published." in text
    assert "beside" not in text
    assert "Published: coco-pose" in text


def test_a_partial_result_says_of_how_much() -> None:
    partial = record(complete=False, n=Counts(expected=5000, evaluated=20))
    text = " ".join(summary(partial, PUBLISHED, FOLDER).split())
    assert "partial: 20 of 5000 samples; it is set beside no published row." in text


def test_a_real_result_is_set_beside_its_published_row() -> None:
    text = " ".join(summary(record(), PUBLISHED, FOLDER).split())
    assert "AP 74.3 % beside 74.4 of pose_hrnet_w32" in text
    assert "-0.1; same protocol." in text


def test_notes_are_said() -> None:
    noted = record(notes=("Training started from random weights.",))
    assert "Training started from random weights." in summary(noted, PUBLISHED, FOLDER)


def test_the_next_commands_are_filled_in() -> None:
    lines = summary(record(), PUBLISHED, Path("my runs/a")).splitlines()
    assert lines[-3:] == [
        "  hrbench report 'my runs/a'",
        "  hrbench score 'my runs/a'",
        "  hrbench check coco --data DIR",
    ]
