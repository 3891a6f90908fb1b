"""Ranks of runs in a table, by pictures of which everybody can count who is right."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from report.records import of_task

from hrbench import catalog
from hrbench.errors import RunError
from hrbench.metrics import bootstrap
from hrbench.metrics.topk import class_outcomes
from hrbench.report import draws
from hrbench.report.forms import report
from hrbench.report.published import load
from hrbench.report.ranking import Drawn, ranking, spoilt
from hrbench.report.record import RunRecord
from hrbench.report.repeats import repeats
from hrbench.report.runs import Runs

PICTURES = 400


def run(folder: Path, right: range, *, pictures: int = PICTURES, **replaced: Any) -> RunRecord:
    """A run that is right about some of so many pictures, with what it leaves."""
    answers = np.ones((pictures, 1), np.int64)
    answers[right.start : right.stop] = 0
    outcomes = class_outcomes(np.zeros(pictures, np.int64), answers, ["cat", "dog"])
    record = of_task("imagenet", {"top-1": 100 * len(right) / pictures})
    record = record.model_copy(update={"id": folder.name.ljust(64, "0"), **replaced}).sealed()
    folder.mkdir()
    draws.write(folder, outcomes, bootstrap.replicated(outcomes))
    return record


def places(tmp_path: Path, *records: RunRecord) -> list[str]:
    folders = {record.id: tmp_path / record.id.rstrip("0") for record in records}
    experiments = repeats(records)
    found = ranking(experiments, folders)
    return [found.of(one) for one in experiments]


def test_a_lead_within_the_noise_is_shared_and_one_beyond_it_is_not(tmp_path: Path) -> None:
    first = run(tmp_path / "a", range(240), variant="a")
    second = run(tmp_path / "b", range(2, 240), variant="b")  # two pictures less
    last = run(tmp_path / "c", range(80), variant="c")
    assert places(tmp_path, last, first, second) == ["3", "1-2", "1-2"]


def test_runs_of_other_pictures_or_without_draws_have_no_rank(tmp_path: Path) -> None:
    first = run(tmp_path / "a", range(240), variant="a")
    other = run(tmp_path / "b", range(100), variant="b", pictures=200)
    last = run(tmp_path / "c", range(80), variant="c")
    assert places(tmp_path, first, other, last) == ["1", "", "2"]
    (tmp_path / "c" / draws.FILE).unlink()
    assert places(tmp_path, first, other, last) == ["", "", ""]
    (tmp_path / "a" / draws.FILE).write_bytes(b"PK")
    assert places(tmp_path, first) == [""]
    (said,) = spoilt(tmp_path / name for name in "abc")
    assert said.startswith(f"{tmp_path / 'a' / draws.FILE} is not whole: ")
    assert said.endswith("makes it again; until then it has no rank")


def test_draws_that_do_not_fit_are_damaged(tmp_path: Path) -> None:
    run(tmp_path / "a", range(240))
    file = tmp_path / "a" / draws.FILE
    with np.load(file) as content:
        arrays = dict(content)
    for name in arrays:
        np.savez(file, **arrays | {name: arrays[name][:0]})
        with pytest.raises(RunError, match=r"draws\.npz is not whole: its arrays do not fit"):
            draws.read(tmp_path / "a")


def test_a_part_of_a_split_has_no_rank_beside_a_whole_one(tmp_path: Path) -> None:
    whole = run(tmp_path / "a", range(240), variant="a")
    parts = [
        run(tmp_path / name, range(right), variant=name, pictures=20, complete=False)
        for name, right in (("b", 20), ("c", 2))
    ]
    assert places(tmp_path, whole, *parts) == ["", "", ""]
    assert places(tmp_path, *parts) == ["1", "2"]


def test_seeds_are_drawn_anew_as_well_as_pictures(tmp_path: Path) -> None:
    steady = [run(tmp_path / f"a{n}", range(240), variant="a", seed=n) for n in (1, 2)]
    below = [run(tmp_path / f"b{n}", range(200), variant="b", seed=n) for n in (1, 2)]
    assert places(tmp_path, *steady, *below) == ["1", "2"]
    wild = [
        run(tmp_path / f"c{n}", range(stop), variant="c", seed=n)
        for n, stop in ((1, 120), (2, 360))  # 240 in the middle
    ]
    assert places(tmp_path, *wild, *below) == ["1-2", "1-2"]


def test_another_protocol_has_no_place_among_the_others(tmp_path: Path) -> None:
    first = run(tmp_path / "a", range(240), variant="a")
    second = run(tmp_path / "b", range(80), variant="b")
    other = run(
        tmp_path / "c", range(300), variant="c", protocol={**first.protocol, "tta": "ten-crop"}
    )
    assert places(tmp_path, other, first, second) == ["", "1", "2"]


def test_the_spread_of_a_mean_of_seeds_is_that_of_the_sample_over_their_number(
    tmp_path: Path,
) -> None:
    runs = [run(tmp_path / f"a{n}", range(stop), seed=n) for n, stop in ((1, 100), (2, 300))]
    kept = tuple(draws.read(tmp_path / f"a{n}") for n in (1, 2))
    (experiment,) = repeats(runs)
    drawn = Drawn(experiment, kept).values("top-1", 0)
    # 25 % and 75 %: a deviation of 35.36, of the mean of two 25; the pictures add about 2.2 to it.
    assert drawn.std() == pytest.approx(25.1, abs=0.5)


def test_every_form_has_the_ranks_and_says_what_they_are_of(tmp_path: Path) -> None:
    stops = {"a": 240, "b": 80}
    records = [run(tmp_path / name, range(stop), variant=name) for name, stop in stops.items()]
    runs = Runs((tmp_path / "a", tmp_path / "b"), tuple(records))
    published = load(catalog.published_results())
    words = "the places that a row may have among the 2 of one protocol, by the 400 images"
    for form in ("table", "markdown", "latex"):
        text = report(runs, published, form=form, task="imagenet")
        assert words in " ".join(text.split())
    table = pd.read_csv(io.StringIO(report(runs, published, task="imagenet", form="csv")))
    first = table[table["kind"] == "run"]
    assert first["rank_best"].tolist() == first["rank_worst"].tolist() == [1, 2]
    content = json.loads(report(runs, published, task="imagenet", form="json"))
    assert [one["rank"] for one in content["experiments"]] == [
        {"best": 1, "worst": 1},
        {"best": 2, "worst": 2},
    ]
