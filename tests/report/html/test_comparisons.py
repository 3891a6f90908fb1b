"""Pages that set runs beside each other: which runs are on one, and what it says of them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from report.html.test_report import Read
from report.kept_runs import kept

from hrbench.commands.report import spoilt
from hrbench.report import comparing, outcomes, runs
from hrbench.report.comparing import compare, described
from hrbench.report.comparison import Figure
from hrbench.report.html.alike import MOST, grouped
from hrbench.report.html.alike import kept as kept_of
from hrbench.report.html.report import report
from hrbench.report.record import Dataset, RunRecord
from hrbench.report.runs import Runs


def left(folder: Path, *shares: float, **replaced: Any) -> list[tuple[RunRecord, Path]]:
    """Leave runs that answer such shares of the same pictures rightly, a day after another."""
    return [(runs.read(place), place) for place in kept(folder, shares, **replaced)]


def read(made: Sequence[tuple[RunRecord, Path]]) -> Read:
    records, folders = zip(*made, strict=True)
    return Read(report(Runs(folders, records), ()))


def test_runs_of_the_same_pictures_are_compared_the_best_first(tmp_path: Path) -> None:
    made = left(tmp_path, 0.4, 0.7)
    words = read(made).words("comparison-1")
    best, other = (made[place][0].id[:8] for place in (1, 0))
    assert words.index(best) < words.index(other)
    assert "A is better than B" in words
    assert "The others are set against A" in words
    assert "p < 0.001" in words


def test_a_difference_says_by_how_much_and_how_sure_in_numbers(tmp_path: Path) -> None:
    made = left(tmp_path, 0.4, 0.7)
    (group,) = grouped(kept_of(made)[0])
    values = [one.record.metrics["top-1"].value for one in group.runs]
    assert values[0] is not None
    assert values[1] is not None
    words = read(made).words("comparison-1")
    assert f"{values[1] - values[0]:.2f} %" in words


def test_differences_have_their_signs_and_what_so_many_images_show(tmp_path: Path) -> None:
    made = left(tmp_path, 0.5, 0.51)
    (group,) = grouped(kept_of(made)[0])
    (pair,) = compare([(one.record, "", one.outcomes) for one in group.runs]).pairs
    changes = [line.difference.value for line in pair.groups[0].lines]
    words = read(made).words("comparison-1")
    assert max(changes) > 0 > min(changes)
    assert all(f"{change:+.2f} %" in words for change in changes if change)
    assert "p least needs outcome" in words
    assert "adjusted outcome" in words


def test_differences_of_a_group_are_drawn_whatever_the_headlines_unit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = left(tmp_path, 0.4, 0.7)
    bars = read(made).tags.count("svg")

    def in_pixels(name: str, record: RunRecord) -> Figure:
        known = described(name, record)
        return replace(known, unit="px") if known.group else known

    monkeypatch.setattr(comparing, "described", in_pixels)
    shown = read(made)
    assert " px " in shown.words("comparison-1")
    assert shown.tags.count("svg") == bars


def test_three_runs_have_ranks_and_each_stands_against_the_best(tmp_path: Path) -> None:
    words = read(left(tmp_path, 0.4, 0.7, 0.41)).words("comparison-1")
    assert "2-3" in words
    assert "B against A" in words
    assert "C against A" in words
    assert "C against B" not in words


def test_runs_of_other_data_or_without_outcomes_are_on_no_page(tmp_path: Path) -> None:
    made = left(tmp_path / "a", 0.4, 0.7)
    data = Dataset(name="imagenet", split="val", fingerprint="0" * 64)
    elsewhere = left(tmp_path / "b", 0.5, dataset=data)
    (made[0][1] / outcomes.FILE).unlink()
    assert grouped(kept_of([*made, *elsewhere])[0]) == []
    assert not [page for page in read(made).pages if page.startswith("comparison")]


def test_of_many_runs_the_latest_are_compared_and_the_rest_is_said(tmp_path: Path) -> None:
    (group,) = grouped(kept_of(left(tmp_path, *[0.5] * (MOST + 2)))[0])
    assert (len(group.runs), group.older) == (MOST, 2)
    assert min(one.record.started for one in group.runs) == datetime(2026, 1, 4, tzinfo=UTC)


def test_a_run_whose_outcomes_are_not_whole_is_left_out_and_named(tmp_path: Path) -> None:
    made = left(tmp_path, 0.4, 0.7)
    (made[0][1] / outcomes.FILE).write_bytes(b"no archive")
    shown = read(made)
    assert "outcomes.npz is not whole" in shown.words("overview")
    records, folders = zip(*made, strict=True)
    (said,) = spoilt(Runs(tuple(folders), tuple(records)), None, "html")
    assert said.endswith("until then it is compared with no other run")
    assert not [page for page in shown.pages if page.startswith("comparison")]
