import io
import json
import math
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from report.records import OFFICIAL, of_task, record, row, with_interval

from hrbench import catalog
from hrbench.errors import UnknownNameError
from hrbench.report.benchmarks import benchmark, benchmarks
from hrbench.report.forms import report as reported
from hrbench.report.literature import tasks
from hrbench.report.published import load
from hrbench.report.record import Counts, RunRecord, measured
from hrbench.report.runs import Runs
from hrbench.report.text_table import Table, markdown, terminal

PUBLISHED = [
    row(),
    row(value="75.8", input_height="384", input_width="288", mission="5"),
    row(metric="AR", value="79.8"),
    row(task="mpii-pose", dataset="mpii", split="val", metric="PCKh@0.5", value="90.3"),
]
NOON = datetime(2026, 1, 3, 12, 0, tzinfo=UTC)
PARTIAL: dict[str, Any] = {
    "synthetic": True,
    "complete": False,
    "modified": True,
    "n": Counts(expected=64, evaluated=8),
}


def report(records: list[RunRecord], *asked: Any, **more: Any) -> str:
    """What is reported of records in folders that are called by their places."""
    folders = tuple(Path("runs", str(place)) for place in range(len(records)))
    return reported(Runs(folders, tuple(records)), *asked, **more)


def test_runs_and_published_rows_have_blocks_of_their_own() -> None:
    lines = report([record()], PUBLISHED).splitlines()
    assert lines[0] == "Runs of coco-pose on val2017"
    id_ = record().id[:8]
    assert lines[1].split() == [
        "started",
        "id",
        "variant",
        "AP,",
        "%",
        "n",
        "seed",
        "boxes",
        "weights",
    ]
    assert lines[2].split() == [
        *("2026-01-02", "03:04", id_, "w32-256x192", "74.3", "5000", "0", "det", "trained"),
    ]
    assert "protocol same" in " ".join(lines)
    assert "Published: coco-pose" in lines
    assert lines[-1] == "1 more: hrbench report --task coco-pose --format csv --published"


def test_published_rows_come_best_first() -> None:
    text = report([], PUBLISHED, task="coco-pose")
    assert text.index("75.8 %") < text.index("74.4 %")


def test_a_synthetic_partial_modified_run_is_marked_and_set_beside_nothing() -> None:
    text = report([record(**PARTIAL)], PUBLISHED, width=120)
    assert "8/64" in text
    assert "synthetic, partial, modified" in text
    assert "beside" not in text


def test_parts_come_below_whole_splits_and_synthetic_runs_below_real_ones() -> None:
    part: dict[str, Any] = {"complete": False, "n": Counts(expected=5000, evaluated=20)}
    made = [
        record(synthetic=True, variant="made"),
        record(variant="part", **part),
        record(variant="whole"),
    ]
    lines = report(made, PUBLISHED, width=200).splitlines()
    assert [line.split()[3] for line in lines[2:5]] == ["whole", "part", "made"]


def test_intervals_have_a_column_only_where_there_are_any() -> None:
    assert "95 %" not in report([record()], PUBLISHED)
    assert "73.4-75.5" in report([record(metrics=with_interval(74.4, 73.4, 75.5))], PUBLISHED)


def test_without_runs_the_published_rows_of_every_task_are_shown() -> None:
    text = report([], PUBLISHED)
    assert "Runs" not in text
    assert "Published: coco-pose" in text
    assert "Published: mpii-pose" in text


def test_without_a_run_it_says_so_first() -> None:
    words = "No run is here yet; hrbench run TASK makes one."
    assert report([], PUBLISHED).splitlines()[0] == words
    assert "No run" not in report([record()], PUBLISHED)
    lines = report([record()], PUBLISHED, task="mpii-pose").splitlines()
    assert lines[0] == "No run of mpii-pose is here yet; hrbench run mpii-pose makes one."
    begun = Runs((), (), unfinished=(Path("runs", "coco-pose", "a"),))
    lines = reported(begun, PUBLISHED).splitlines()
    assert lines[:2] == [
        "Not ended: under way, or interrupted. An interrupted one goes on with",
        f"  hrbench run --resume {Path('runs', 'coco-pose', 'a')}",
    ]
    assert words not in lines


def test_one_task_can_be_asked_for() -> None:
    text = report([record()], PUBLISHED, task="mpii-pose")
    assert "coco-pose" not in text
    assert "90.3 %" in text


def test_a_task_without_runs_and_published_rows_says_so() -> None:
    assert report([], PUBLISHED, task="h36m-pose").startswith("No run of h36m-pose is here")


def test_a_key_of_the_protocol_is_shown_where_a_published_row_has_it() -> None:
    lifting = row(task="h36m-lift", dataset="h36m", metric="MPJPE", frames="243", boxes="")
    lifting |= {"backbone": "", "lifter": "temporal"}
    text = report([], [lifting, row()])
    assert [line.split()[4:6] for line in text.splitlines() if line.startswith("split")] == [
        ["input", "frames"],
        ["input", "boxes"],
    ]


OWN = record(task="my-hands", metrics={"PCK@0.1": measured(51.26, "%", higher_is_better=True)})


@pytest.mark.parametrize(
    ("form", "heading"),
    [("table", "PCK@0.1, %"), ("markdown", "PCK@0.1 (%) ↑"), ("latex", r"PCK@0.1 (\%) $\uparrow$")],
)
def test_a_task_of_ones_own_is_shown_without_published_rows(form: str, heading: str) -> None:
    text = report([OWN], PUBLISHED, form=form, task="my-hands")
    assert heading in text
    assert "51.3" in text
    assert "Published" not in text
    assert "beside" not in text


def test_a_task_of_ones_own_is_in_csv_and_json_alone() -> None:
    frame = pd.read_csv(io.StringIO(report([OWN], PUBLISHED, form="csv", task="my-hands")))
    assert list(frame["metric"]) == ["PCK@0.1"]
    content = json.loads(report([OWN], PUBLISHED, form="json", task="my-hands"))
    assert (content["runs"][0]["beside"], content["mission"]) == (None, [])


def test_a_task_is_listed_with_its_metric_where_nobody_published_a_figure() -> None:
    lines = {line["task"]: line for line in tasks(benchmarks(), [row()])}
    assert lines["coco-pose"]["published"] == "74.4 %, pose_hrnet_w32"
    assert lines["h36m-pose"]["metric"] == "PCK@0.1"
    assert (lines["h36m-pose"]["published"], lines["h36m-pose"]["source"]) == ("", "")


def test_an_unknown_task_or_format_gets_a_suggestion() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'coco-pose'"):
        report([], PUBLISHED, task="coco-poze")
    with pytest.raises(UnknownNameError, match="Did you mean 'json'"):
        report([], PUBLISHED, form="jason")


@pytest.mark.parametrize("width", [80, 120])
def test_a_pipe_gets_no_escape_sequence_and_no_line_too_long(width: int) -> None:
    text = report([record(), record(**PARTIAL)], PUBLISHED, width=width)
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= width
    assert "\x1b" in report([record()], PUBLISHED, width=width, colour=True)


def test_markdown_tables_have_lines_of_one_width() -> None:
    text = report([record(), record(**PARTIAL)], PUBLISHED, form="markdown")
    blocks = [block for block in text.split("\n\n") if block.startswith("|")]
    assert len(blocks) == 2
    for block in blocks:
        assert len({len(line) for line in block.splitlines()}) == 1


def test_markdown_keeps_bars_and_stars_as_they_are() -> None:
    text = markdown([Table("T", ("a",), (("x|y*",),))])
    assert text.splitlines()[-1] == r"| x\|y\* |"


def test_a_narrow_terminal_folds_only_what_may_fold() -> None:
    table = Table("T", ("id", "say"), (("12345678", "one two"),), folding=frozenset({"say"}))
    assert terminal([table], 13, colour=False).splitlines()[2:] == [
        "12345678  one",
        "          two",
    ]


def test_csv_parses_back_with_every_metric_and_the_rows_that_are_asked_for() -> None:
    ours = record(ap=74.3)
    frame = pd.read_csv(io.StringIO(report([ours], PUBLISHED, form="csv")))
    run = frame[frame["kind"] == "run"].iloc[0]
    assert (run["id"], run["metric"], run["value"]) == (ours.id, "AP", 74.3)
    assert (run["beside_value"], run["protocol"]) == (74.4, "same")
    assert run["gap"] == pytest.approx(-0.1)
    assert list(frame[frame["kind"] == "published"]["value"]) == [75.8]
    frame = pd.read_csv(io.StringIO(report([ours], PUBLISHED, form="csv", everything=True)))
    assert list(frame[frame["kind"] == "published"]["value"]) == [74.4, 75.8, 79.8, 90.3]


def test_csv_says_of_a_run_what_tells_it_from_others() -> None:
    protocol = OFFICIAL | {"crop": "wide", "scales": [0.9, 1.0]}
    ours = record(
        metrics=with_interval(74.4, 73.4, 75.5),
        protocol=protocol,
        seed=7,
        spec={
            "model": {"backbone": "hrnet-w32", "input": [256, 192]},
            "recipe": {"epochs": 210},
        },
    )
    text = report([ours], PUBLISHED, form="csv")
    line = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False).iloc[0].to_dict()
    said = {
        "seed": "7",
        "epochs": "210",
        "folder": str(Path("runs", "0")),
        "weights": "trained",
        "started": "2026-01-02T03:04:05+00:00",
        "init": "random",
        "fingerprint": "f" * 64,
        "value": "74.4",
        "low": "73.4",
        "high": "75.5",
        "unit": "%",
        "system": ours.name,
        "higher_is_better": "True",
        "task_version": "1",
        "expected": "5000",
        "backbone": "hrnet-w32",
        "input_height": "256",
        "input_width": "192",
        "boxes": "det",
        "flip_test": "true",
        "extra_data": "none",
        "scales": "multi",
        "crop": "wide",
        "split": "val2017",
        "metric": "AP",
    }
    assert {key: line[key] for key in said} == said


def test_json_parses_back_to_the_records_and_the_row_beside() -> None:
    ours = record()
    content = json.loads(report([ours, record(**PARTIAL)], PUBLISHED, form="json"))
    first, second = content["runs"]
    near, folder = first.pop("beside"), first.pop("folder")
    assert first == ours.content()
    assert folder == str(Path("runs", "0"))
    assert (near["row"]["value"], near["protocol"]["mark"]) == (74.4, "same")
    assert second["beside"] is None
    assert "published" not in content
    content = json.loads(report([ours], PUBLISHED, form="json", everything=True))
    assert len(content["published"]) == 4


def test_json_of_published_rows_has_numbers_and_truths() -> None:
    rows = [row(mission="5", value="77.0", official="false", input_width="")]
    content = json.loads(report([], rows, form="json", everything=True))
    expected = {
        "value": 77.0,
        "printed": "77.0",
        "higher_is_better": True,
        "official": False,
        "mission": 5,
        "source_year": 2019,
        "input_height": 256,
        "input_width": None,
    }
    for key in ("mission", "published"):
        (only,) = content[key]
        assert {name: only[name] for name in expected} == expected


def test_json_has_the_ten_rows_of_the_mission_with_the_runs_beside_them() -> None:
    published = load(catalog.published_results())
    ours = of_task("300w", {"NME": 3.40}, "protocol.pixels=official")
    content = json.loads(report([ours], published, form="json"))
    rows = {row["mission"]: row for row in content["mission"]}
    assert sorted(rows) == list(range(1, 11))
    (beside,) = rows[10]["runs"]
    assert (beside["id"], round(beside["gap"], 6)) == (ours.id, 0.06)
    assert rows[1]["runs"] == []


FIVE = [
    record(ap, seed=seed, started=NOON.replace(minute=seed))
    for seed, ap in enumerate((74.1, 74.3, 74.2, 74.6, 74.3))
]


def test_runs_that_differ_in_their_seed_are_one_row_with_mean_deviation_and_seeds() -> None:
    other = record(75.0, seed=5, spec={"model": {"backbone": "hrnet-w48", "input": [256, 192]}})
    lines = report([*FIVE, other], PUBLISHED, width=120).splitlines()
    runs = [line.split() for line in lines if line.startswith("2026-")]
    mean, deviation = 74.3, math.sqrt((0.2**2 + 0.1**2 + 0.3**2) / 4)
    assert [runs[1][2:4], runs[1][5:8], runs[1][9]] == [
        *(["5", "runs"], [f"{mean:.1f}", "±", f"{deviation:.1f}"], "0-4"),
    ]
    assert runs[0][2] == other.id[:8]
    assert "±: standard deviation over the runs of one experiment" in "\n".join(lines)
    assert "coco-pose@w32-256x192 5 runs: AP 74.3 % beside 74.4" in " ".join(lines)


def test_each_run_by_itself_can_be_asked_for() -> None:
    text = report(FIVE, PUBLISHED, each=True, width=120)
    assert all(f"{one.id[:8]} " in text for one in FIVE)
    assert "±" not in text


def test_json_has_mean_and_deviation_of_each_experiment() -> None:
    (experiment,) = json.loads(report(FIVE, PUBLISHED, form="json"))["experiments"]
    assert (experiment["seeds"], len(experiment["runs"])) == ([0, 1, 2, 3, 4], 5)
    assert experiment["metrics"]["AP"] == {
        "mean": pytest.approx(74.3),
        "standard_deviation": pytest.approx(math.sqrt(0.14 / 4)),
        "n": 5,
    }


def test_columns_that_cannot_fit_are_folded_and_never_cut() -> None:
    table = Table("T", ("a", "b"), (("12345678", "abcdefgh"),))
    text = terminal([table], 10, colour=False)
    assert sorted("".join(text.splitlines()[2:]).replace(" ", "")) == sorted("12345678abcdefgh")


def test_runs_of_two_protocols_in_one_table_are_said_to_be_in_no_order() -> None:
    other = record(protocol=OFFICIAL | {"boxes": "gt", "flip_test": False})
    text = report([record(), other], PUBLISHED, width=200)
    assert "Protocols of these runs differ: boxes, flip test. They are in no order." in text
    assert "Protocols of these runs" not in report([record(), record()], PUBLISHED)


def test_published_rows_are_marked_beside_their_task() -> None:
    text = report([], PUBLISHED, task="coco-pose", width=200)
    assert "differ, or are unknown to agree, are in no order" in text
    frame = pd.read_csv(io.StringIO(report([], PUBLISHED, form="csv", task="coco-pose")))
    assert list(frame["protocol"]) == ["same"]
    (published,) = json.loads(report([], PUBLISHED, form="json", task="coco-pose"))["mission"]
    assert published["protocol"] == {"mark": "same", "differs": [], "unknown": []}


def test_a_run_of_an_older_version_of_its_task_is_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "task version" not in report([record()], PUBLISHED)
    about = benchmark("coco-pose")
    assert about is not None
    newer = replace(about, version=2)
    monkeypatch.setattr("hrbench.report.table.benchmark", lambda _: newer)
    assert "task version 1, now 2" in report([record()], PUBLISHED, width=200)
