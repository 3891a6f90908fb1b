import csv
import io
import json
import math
from dataclasses import replace

import numpy as np
import pytest
from report.kept_runs import CLASSES, answered, of, shared
from report.records import record

from hrbench.errors import UnknownNameError
from hrbench.metrics.bootstrap import intervals
from hrbench.metrics.paired import holm
from hrbench.metrics.topk import ClassOutcomes
from hrbench.report.comparing import compare, described
from hrbench.report.comparison import Comparison
from hrbench.report.comparison_forms import content, text
from hrbench.report.measured_alike import hopeless, unlike
from hrbench.report.record import Dataset


def runs_of(*shares: float, seed: int = 0) -> list[ClassOutcomes]:
    hard, generator = shared(seed)
    return [answered(share, hard, generator) for share in shares]


def comparison(*shares: float, seed: int = 0, only: str | None = None) -> Comparison:
    given = [(of(run), "runs/one", run) for run in runs_of(*shares, seed=seed)]
    return compare(given, only=only)


def test_figures_and_intervals_are_those_of_the_records() -> None:
    made = comparison(0.5, 0.6)
    for place, run in enumerate(runs_of(0.5, 0.6)):
        ends = intervals(run)
        for standing in made.standings:
            name = standing.figure.name
            assert standing.figures[place] == of(run).metrics[name].value
            assert standing.intervals[place] == ends[name]


def test_every_figure_of_everything_and_of_each_group_is_compared() -> None:
    (pair,) = comparison(0.5, 0.6).pairs
    assert [line.figure.label for line in pair.figures] == ["top-1", "top-5"]
    assert [line.figure.row for line in pair.groups[0].lines] == list(CLASSES)
    headline = pair.figures[0]
    before, after = (100 * float(run.first.mean()) for run in runs_of(0.5, 0.6))
    assert (headline.first, headline.second) == (before, after)
    assert headline.difference.value == pytest.approx(after - before)


def test_p_values_of_a_group_are_adjusted_for_its_rows_and_others_are_not() -> None:
    (pair,) = comparison(0.5, 0.6).pairs
    rows = pair.groups[0].lines
    assert [row.adjusted for row in rows] == holm([row.difference.p for row in rows])
    assert all(line.adjusted == line.difference.p for line in pair.figures[:1])


def test_words_go_by_the_interval() -> None:
    apart, alike = comparison(0.5, 0.6), comparison(0.5, 0.51)
    assert "B is better than A on these 300 images: top-1 of B minus A is +" in text(apart)
    assert "A and B are not distinguishable on these 300 images" in text(alike, width=200)
    for made, sure in ((apart, True), (alike, False)):
        found = made.pairs[0].figures[0].difference
        assert (found.low > 0) == sure
        assert (found.low <= 0 <= found.high) != sure


def test_of_errors_less_is_better() -> None:
    (pair,) = comparison(0.5, 0.6).pairs
    line = pair.figures[0]
    error = replace(line, figure=replace(line.figure, higher_is_better=False))
    assert (line.second_is_better, error.second_is_better) == (True, False)


def test_images_that_changed_are_counted_and_named() -> None:
    (pair,) = comparison(0.5, 0.6).pairs
    first, second = (run.first for run in runs_of(0.5, 0.6))
    assert pair.better == (second & ~first).sum()
    assert pair.worse == (first & ~second).sum()
    changed = {int(one.unit): (one.first, one.second) for one in pair.changed}
    assert sorted(changed) == np.flatnonzero(first != second).tolist()
    assert all(changed[row] == (100 * first[row], 100 * second[row]) for row in changed)


def test_of_three_runs_each_has_the_places_that_it_may_have() -> None:
    made = comparison(0.5, 0.51, 0.8)
    assert [str(rank) for rank in made.standings[0].ranks] == ["2-3", "2-3", "1"]
    assert [(pair.first.letter, pair.second.letter) for pair in made.pairs] == [
        ("A", "B"),
        ("A", "C"),
    ]
    assert "top-1   C" in text(made)


@pytest.mark.parametrize("form", ["table", "markdown"])
@pytest.mark.parametrize("shares", [(0.5, 0.6), (0.5, 0.6, 0.7)])
def test_of_too_few_images_nothing_is_said_and_not_that_it_is_nan(
    form: str, shares: tuple[float, ...]
) -> None:
    hard, generator = shared(count=1)
    (many,) = runs_of(0.5)
    own = [answered(share, hard, generator) for share in shares]
    made = compare([(of(many), "runs/one", run) for run in own])
    assert math.isnan(made.standings[0].intervals[0][0])
    assert "nan" not in text(made, form=form)


def test_a_figure_that_a_run_has_not_stands_last() -> None:
    made = comparison(0.5, 0.6, 0.7)
    figures = (math.nan, 60.0, 70.0)
    one = replace(made.standings[0], figures=figures, intervals=((math.nan, math.nan),) * 3)
    lines = text(replace(made, standings=(one,))).partition("Ranks")[2].splitlines()
    assert [line.split()[1:3] for line in lines[2:5]] == [
        ["C", "70.0"],
        ["B", "60.0"],
        ["A", "none"],
    ]


def test_a_difference_is_a_digit_finer_than_the_figures() -> None:
    made = comparison(0.5, 0.6)
    line = replace(made.pairs[0].figures[0], first=0.14, second=1.19)
    found = replace(line.difference, value=1.05, low=0.06, high=2.03)
    pair = replace(made.pairs[0], figures=(replace(line, difference=found),))
    shown = text(replace(made, pairs=(pair,)))
    assert " ".join(shown.partition("needs\n")[2].split()).startswith(
        "top-1, % 0.1 1.2 +1.05 +0.06 to +2.03 "
    )
    assert "top-1 of B minus A is +1.05 % (95 %: +0.06 to +2.03," in " ".join(shown.split())


def test_rows_that_have_no_room_are_had_by_a_command() -> None:
    made = comparison(0.5, 0.6)
    (pair,) = made.pairs
    (group,) = pair.groups
    long = replace(pair, groups=(replace(group, lines=group.lines * 20),))
    shown = text(replace(made, pairs=(long,), unlike=("tta none and flip",)))
    assert "60 more:\n  hrbench compare runs/one runs/one --force --format csv\n" in shown


def test_the_last_line_says_that_training_is_another_matter() -> None:
    said = " ".join(text(comparison(0.5, 0.6)).split())
    assert said.endswith("another seed of the same recipe moves the figures too, and single runs "
                         "do not show how far.")  # fmt: skip


@pytest.mark.parametrize(("only", "names"), [
    ("top-5", {"top-5"}),
    ("class", {f"class/{name}" for name in CLASSES}),
    ("class/bee", {"class/bee"}),
])  # fmt: skip
def test_one_figure_or_one_group_is_enough(only: str, names: set[str]) -> None:
    made = comparison(0.5, 0.6, only=only)
    assert {line["name"] for line in content(made)["pairs"][0]["figures"]} == names
    assert "Changed most" not in text(made)


def test_a_figure_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(UnknownNameError, match="no figure is called 'top-2'"):
        comparison(0.5, 0.6, only="top-2")


def test_csv_has_a_line_for_each_figure_of_each_pair() -> None:
    made = comparison(0.5, 0.6, 0.7)
    lines = list(csv.DictReader(io.StringIO(text(made, form="csv"))))
    assert len(lines) == 2 * (2 + len(CLASSES))
    line = made.pairs[1].figures[0]
    row = next(r for r in lines if r["name"] == "top-1" and r["second"] == made.sides[2].record.id)
    assert float(row["difference"]) == line.difference.value
    assert (float(row["low"]), float(row["high"])) == (line.difference.low, line.difference.high)
    assert row["outcome"] == "C better"


def test_json_has_null_for_what_is_not_known() -> None:
    run, *_ = runs_of(0.5)
    made = compare([(of(run), "a", run), (of(run), "b", run)])
    plain = json.loads(text(made, form="json"))
    (pair,) = plain["pairs"]
    headline = pair["figures"][0]
    assert (headline["difference"], headline["p"], headline["needed"]) == (0, 1, None)
    assert headline["outcome"] == "not distinguishable"
    assert (pair["better"], pair["worse"], pair["changed"]) == (0, 0, [])
    assert [one["best_rank"] for one in plain["standings"][0]["runs"]] == [1, 1]


def test_markdown_is_tables() -> None:
    assert "| figure " in text(comparison(0.5, 0.6), form="markdown")


def test_a_form_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(UnknownNameError, match="no format is called 'xml'"):
        text(comparison(0.5, 0.6), form="xml")


def test_names_of_figures_are_read_as_the_record_has_its_groups() -> None:
    about = record(groups={"class": {"cat/dog": 3.0}, "keypoint": {"nose": {"NME": 4.0}}})
    assert described("AP", about).group == ""
    row = described("class/cat/dog", about)
    assert (row.group, row.row, row.label) == ("class", "cat/dog", "AP")
    figure = described("keypoint/nose/NME", about)
    assert (figure.row, figure.label, figure.higher_is_better) == ("nose", "NME", False)
    own = [described(f"keypoint/nose/{label}", about) for label in ("OKS", "swapped")]
    assert [(one.unit, one.higher_is_better) for one in own] == [("", True), ("%", False)]
    unknown = described("keypoint/nose/wit", about)
    assert (unknown.unit, unknown.higher_is_better) == ("", None)


def test_runs_of_one_protocol_and_sample_are_measured_alike() -> None:
    first, second = runs_of(0.5, 0.6)
    assert unlike([of(first), of(second, 1)], [first, second]) == []
    assert hopeless([of(first), of(second, 1)]) == ""


def test_what_is_not_measured_alike_is_named() -> None:
    first, second = runs_of(0.5, 0.6)
    ten = of(second, protocol={**of(second).protocol, "tta": "ten-crop"}, task_version=2)
    assert unlike([of(first), ten], [first, second]) == [
        "tta none and ten-crop",
        "task version 1 and 2",
    ]
    other = of(second, dataset=Dataset(name="imagenet", split="val", fingerprint="0" * 64))
    assert unlike([of(first), other], [first, second]) == ["annotation files ffffffff and 00000000"]
    part = replace(second, units=second.units + 1)
    assert unlike([of(first), of(second)], [first, part]) == ["other images: 300 and 300"]


def test_runs_of_other_data_have_nothing_in_common() -> None:
    first, second = runs_of(0.5, 0.6)
    other = of(second, dataset=Dataset(name="mine", split="val", fingerprint="f" * 64))
    assert hopeless([of(first), other]) == "data imagenet and mine"
