"""`hrbench run --seeds`: the same with several seeds, one after the other."""

import json
import statistics
from pathlib import Path

import pytest
from cli.command import called, refused
from worlds import SMALL, small_weights, small_world

from hrbench.begun.options import Options
from hrbench.commands import run as running
from hrbench.errors import RunError
from hrbench.report import runs

BRIEF = [part for text in SMALL for part in ("--set", text)]


def options(out: Path, seed: int) -> Options:
    return Options(data=str(small_world()), out=str(out), seed=seed, overrides=SMALL, workers=0)


@pytest.mark.slow
def test_seeds_are_runs_of_their_own_with_a_mean_and_a_deviation(tmp_path: Path) -> None:
    given = ["--data", str(small_world(dataset="300w")), "--out", "runs", "--workers", "0", *BRIEF]
    ended = called(tmp_path, "run", "300w@tiny", "--seed", "3", "--seeds", "2", *given, "--json")
    assert ended.status == 0, ended.err
    content = json.loads(ended.out)
    records = runs.load([str(tmp_path / "runs")], tmp_path).records
    assert [record.seed for record in records] == [3, 4]
    assert [one["record"] for one in content["runs"]] == [record.content() for record in records]
    known = [record.metrics["NME"].value or 0.0 for record in records]
    mean, deviation = statistics.fmean(known), statistics.stdev(known)
    spread = {"mean": mean, "standard_deviation": deviation, "n": 2}
    assert content["metrics"]["NME"] == spread
    listed = json.loads(called(tmp_path, "report", "runs", "--format", "json").out)
    assert listed["experiments"][0]["metrics"]["NME"] == spread
    table = called(tmp_path, "report", "runs").out
    assert f"{mean:.2f} ± {deviation:.2f}" in table


def test_a_seed_that_fails_says_how_to_go_on_with_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_: str, asked: Options) -> None:
        if asked.seed == 9:
            raise RunError("the disk is full")

    monkeypatch.setattr(running, "run", failing)
    words = (
        r"seed 9: the disk is full\n  seeds 7-8 have ended; go on by the same command with "
        "--seed 9 --seeds 3$"
    )
    with pytest.raises(RunError, match=words):
        list(running.seeds("coco-pose", options(tmp_path, 7), 5))
    with pytest.raises(RunError, match=r"^the disk is full$"):
        list(running.seeds("coco-pose", options(tmp_path, 9), 5))


def test_an_interruption_names_the_seeds_that_are_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: str, asked: Options) -> None:
        if asked.seed == 8:
            stop = KeyboardInterrupt()
            stop.add_note("go on with: hrbench run --resume A")
            raise stop

    monkeypatch.setattr(running, "run", interrupted)
    with pytest.raises(KeyboardInterrupt) as stop:
        list(running.seeds("coco-pose", options(tmp_path, 7), 4))
    assert stop.value.__notes__[1] == "the other seeds: the same command with --seed 9 --seeds 2"
    with pytest.raises(KeyboardInterrupt) as stop:
        list(running.seeds("coco-pose", options(tmp_path, 7), 2))
    assert len(stop.value.__notes__) == 1


def test_given_weights_have_no_seeds(tmp_path: Path) -> None:
    weights = str(small_weights("coco-pose@tiny"))
    given = ["--seeds", "2", "--weights", weights, "--data", str(small_world())]
    ended = called(tmp_path, "run", "coco-pose@tiny", *given)
    assert ended.status == 2
    assert "--weights evaluates and trains nothing; leave out --seeds" in ended.err
    assert ended.new == ()


def test_seeds_of_a_run_that_goes_on_are_its_own(tmp_path: Path) -> None:
    ended = called(tmp_path, "run", "--resume", "latest", "--seeds", "2")
    assert ended.status == 2
    assert "leave out --seeds" in ended.err


def test_a_run_of_weights_is_not_repeated_with_seeds(tmp_path: Path) -> None:
    weights = str(small_weights("coco-pose@tiny"))
    data = ["--data", str(small_world()), "--out", "results/runs", "--limit", "2"]
    ended = called(tmp_path, "run", "coco-pose@tiny", "--weights", weights, *data)
    assert ended.status == 0, ended.err
    again = called(tmp_path, "run", "latest", "--seeds", "2")
    assert again.status == 2
    assert "leave out --seeds" in again.err
    refused(called(tmp_path, "run", "coco-poze", "--seeds", "2"), ["Did you mean 'coco-pose'"])
