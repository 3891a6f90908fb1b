from pathlib import Path
from typing import Any

import pytest
from report.records import record, row

from hrbench.report.detail import detail, groups, provenance
from hrbench.report.record import Computed, Execution, Weights

PUBLISHED = [row()]
FOLDER = Path("runs/a")


def lines_of(text: str, title: str) -> list[list[str]]:
    """The words of each line below a title, up to an empty one."""
    lines = text.splitlines()
    start = lines.index(title) + 1
    end = next(place for place, line in enumerate([*lines, ""]) if place >= start and not line)
    return [line.split() for line in lines[start:end]]


def test_groups_have_a_table_each_whatever_their_shape() -> None:
    tables = groups(
        {
            "size": {"medium": {"people": 3, "AP": 41.26}, "large": {"people": 1, "AP": None}},
            "objects": {"measured": 25, "without_pose": 0},
            "confusion": [{"true": "cat", "said": "dog", "count": 2}],
            "curve": {"thresholds": [0.1], "mean": [5.0]},
            "empty": {},
        },
        "runs/a",
    )
    assert [(table.title, table.header) for table in tables] == [
        ("By size", ("size", "people", "AP")),
        ("By objects", ("objects", "")),
        ("By confusion", ("true", "said", "count")),
    ]
    assert tables[0].rows == (("medium", "3", "41.3"), ("large", "1", "none"))
    assert tables[1].rows == (("measured", "25"), ("without_pose", "0"))
    assert tables[2].rows == (("cat", "dog", "2"),)


def test_shares_of_a_table_have_the_same_decimals_and_whole_numbers_none() -> None:
    rows = {
        "a": {"people": 3, "whole": 3.0, "swap": 0.397, "missed": 8.41, "OKS": 0.295},
        "b": {"people": 1, "whole": 12.0, "swap": 0.0, "missed": 40.04, "OKS": None},
    }
    (table,) = groups({"overlap": rows}, "runs/a")
    assert table.rows == (
        ("a", "3", "3", "0.4", "8.4", "0.295"),
        ("b", "1", "12", "0.0", "40.0", "none"),
    )


def test_parts_with_nobody_in_them_are_left_out() -> None:
    parts = {"a": {"people": 0, "AP": None}, "b": {"people": 1, "AP": 2.0}}
    (table,) = groups({"body_size": parts}, "runs/a")
    assert (table.title, table.rows) == ("By body size", (("b", "1", "2.0"),))


def test_the_one_number_of_a_row_is_named_and_rounded_as_the_headline() -> None:
    ours = record(groups={"class": {"ant": 41.26}}, group_intervals={"class/ant": (39.0, 43.5)})
    assert lines_of(detail(ours, FOLDER, PUBLISHED), "By class") == [
        ["class", "AP"],
        ["ant", "41.3"],
    ]


def test_a_long_group_ends_with_where_the_rest_is() -> None:
    (table,) = groups({"class": {f"c{n}": {"top-1": 50.0} for n in range(1000)}}, "my runs/a")
    assert len(table.rows) == 100
    assert table.commands == ("900 more: hrbench report 'my runs/a' --format json",)


def test_every_point_of_a_published_set_of_faces_has_its_row() -> None:
    (table,) = groups({"landmark": {f"p{n}": {"NME": 5.0} for n in range(98)}}, "runs/a")
    assert (len(table.rows), table.commands) == (98, ())


def test_markdown_of_a_run_has_no_item_without_words() -> None:
    text = detail(record(synthetic=True), FOLDER, PUBLISHED, form="markdown")
    assert "- This result is synthetic" in text
    assert [line for line in text.splitlines() if line.strip() == "-"] == []


def test_a_run_says_what_it_came_out_of() -> None:
    weights = Weights(origin="w32.pth", sha256="a" * 64, seen_datasets=(), init="unknown")
    ours = record(weights=weights, left_out={"measured": {"objects marked as crowd": 3}})
    text = detail(ours, FOLDER, PUBLISHED, width=100)
    said = {words[0]: words[1:] for words in lines_of(text, "Where it comes from")}
    assert said["run"] == [ours.id]
    assert said["folder"] == ["runs/a"]
    assert said["started"] == ["2026-01-02", "03:04", "UTC"]
    assert said["boxes"] == ["det"]
    assert said["left"] == ["out", "3", "objects", "marked", "as", "crowd", "(measured)"]
    assert said["weights"] == ["w32.pth"]
    assert said["their"] == ["SHA-256", "a" * 64]
    assert ["nms_threshold", "0.9"] in lines_of(text, "Protocol")
    assert "Published: coco-pose" in text


@pytest.mark.parametrize("form", ["table", "markdown"])
def test_a_synthetic_run_has_one_line_of_what_was_published(form: str) -> None:
    text = detail(record(synthetic=True), FOLDER, PUBLISHED, form=form)
    assert "Published: coco-pose" not in text
    assert text.count("hrbench report --task coco-pose") == 1


def test_a_record_of_an_older_version_says_what_it_does_not_have() -> None:
    older = record()
    words = provenance(older, Path("run"))["record"]
    assert words == (
        "of an older version, without left_out, notes, uncertainty, group_intervals, files, "
        "execution"
    )
    later: dict[str, Any] = {
        "left_out": {},
        "notes": (),
        "uncertainty": None,
        "group_intervals": {},
        "files": {},
    }
    whole = record(**later, execution=Execution())
    assert "record" not in provenance(whole, Path("run"))


def test_how_it_was_computed_is_told_of_the_steps_that_were_taken() -> None:
    trained = Computed(path="CUDA graph", precision="bf16", memory_format="channels_last", batch=32)
    predicted = Computed(path="eager", precision="fp32", memory_format="contiguous", batch=64)
    both = record(execution=Execution(training=trained, prediction=predicted))
    assert provenance(both, FOLDER)["computed"] == (
        "trained (CUDA graph, bf16, channels_last, batch 32), "
        "predicted (eager, fp32, contiguous, batch 64)"
    )
    given = record(execution=Execution(prediction=predicted))
    assert provenance(given, FOLDER)["computed"] == "predicted (eager, fp32, contiguous, batch 64)"
    assert "computed" not in provenance(record(), FOLDER)
