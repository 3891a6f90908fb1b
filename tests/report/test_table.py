import io
import json
from typing import Any

import pandas as pd
import pytest
from report.records import record, row, with_interval

from hrbench.errors import UnknownNameError
from hrbench.report.benchmarks import benchmarks
from hrbench.report.literature import tasks
from hrbench.report.record import Counts, measured
from hrbench.report.table import report
from hrbench.report.text_table import Table, markdown, terminal

PUBLISHED = pd.DataFrame(
    [
        row(),
        row(value="75.8", input_height="384", input_width="288", mission="5"),
        row(metric="AR", value="79.8"),
        row(task="mpii-pose", dataset="mpii", split="val", metric="PCKh@0.5", value="90.3"),
    ]
)
PARTIAL: dict[str, Any] = {
    "synthetic": True,
    "complete": False,
    "modified": True,
    "n": Counts(expected=64, evaluated=8),
}


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
    assert "same protocol" in " ".join(lines)
    assert "Published: coco-pose" in lines
    assert lines[-1] == "1 more: hrbench report --task coco-pose --format csv"


def test_published_rows_come_best_first() -> None:
    text = report([], PUBLISHED, task="coco-pose")
    assert text.index("75.8 %") < text.index("74.4 %")


def test_a_synthetic_partial_modified_run_is_marked_and_set_beside_nothing() -> None:
    text = report([record(**PARTIAL)], PUBLISHED, width=120)
    assert "8/64" in text
    assert "synthetic, partial, modified" in text
    assert "beside" not in text


def test_intervals_have_a_column_only_where_there_are_any() -> None:
    assert "95 %" not in report([record()], PUBLISHED)
    assert "73.4-75.5" in report([record(metrics=with_interval(74.4, 73.4, 75.5))], PUBLISHED)


def test_without_runs_the_published_rows_of_every_task_are_shown() -> None:
    text = report([], PUBLISHED)
    assert "Runs" not in text
    assert "Published: coco-pose" in text
    assert "Published: mpii-pose" in text


def test_one_task_can_be_asked_for() -> None:
    text = report([record()], PUBLISHED, task="mpii-pose")
    assert "coco-pose" not in text
    assert "90.3 %" in text


def test_a_task_without_runs_and_published_rows_says_so() -> None:
    assert report([], PUBLISHED, task="h36m-pose").startswith("No run of h36m-pose is here")


def test_a_key_of_the_protocol_is_shown_where_a_published_row_has_it() -> None:
    lifting = row(task="h36m-lift", dataset="h36m", metric="MPJPE", frames="243", boxes="")
    lifting |= {"backbone": "", "lifter": "temporal"}
    text = report([], pd.DataFrame([lifting, row()]))
    assert [line.split()[4:6] for line in text.splitlines() if line.startswith("split")] == [
        ["input", "frames"],
        ["input", "boxes"],
    ]


OWN = record(task="my-hands", metrics={"PCK@0.1": measured(51.26, "%", higher_is_better=True)})


@pytest.mark.parametrize("form", ["table", "markdown"])
def test_a_task_of_ones_own_is_shown_without_published_rows(form: str) -> None:
    text = report([OWN], PUBLISHED, form=form, task="my-hands")
    assert "PCK@0.1, %" in text
    assert "51.3" in text
    assert "Published" not in text
    assert "beside" not in text


def test_a_task_of_ones_own_is_in_csv_and_json_alone() -> None:
    frame = pd.read_csv(io.StringIO(report([OWN], PUBLISHED, form="csv")))
    assert list(frame["metric"]) == ["PCK@0.1"]
    content = json.loads(report([OWN], PUBLISHED, form="json"))
    assert (content["runs"][0]["beside"], content["published"]) == (None, [])


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


def test_csv_parses_back_with_every_metric_and_every_row() -> None:
    ours = record(ap=74.3)
    frame = pd.read_csv(io.StringIO(report([ours], PUBLISHED, form="csv")))
    run = frame[frame["kind"] == "run"].iloc[0]
    assert (run["id"], run["metric"], run["value"]) == (ours.id, "AP", 74.3)
    assert (run["beside_value"], bool(run["same_protocol"])) == (74.4, True)
    assert run["gap"] == pytest.approx(-0.1)
    assert list(frame[frame["kind"] == "published"]["value"]) == [74.4, 75.8, 79.8]


def test_json_parses_back_to_the_records_and_the_row_beside() -> None:
    ours = record()
    content = json.loads(report([ours, record(**PARTIAL)], PUBLISHED, form="json"))
    first, second = content["runs"]
    near = first.pop("beside")
    assert first == ours.content()
    assert (near["row"]["value"], near["same_protocol"], near["differing"]) == ("74.4", True, [])
    assert second["beside"] is None
    assert len(content["published"]) == 3


def test_columns_that_cannot_fit_are_folded_and_never_cut() -> None:
    table = Table("T", ("a", "b"), (("12345678", "abcdefgh"),))
    text = terminal([table], 10, colour=False)
    assert sorted("".join(text.splitlines()[2:]).replace(" ", "")) == sorted("12345678abcdefgh")
