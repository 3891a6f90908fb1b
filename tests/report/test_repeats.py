import statistics
from datetime import UTC, datetime
from typing import Any

import pytest
from report.records import OFFICIAL, record

from hrbench.report.record import Code, Dataset, RunRecord, Weights, measured
from hrbench.report.repeats import repeats

FIGURES = (70.0, 71.0, 75.0)


def seeds(*numbers: int, **replaced: Any) -> list[RunRecord]:
    """A run of each of these seeds, one minute after the other."""
    return [
        record(
            FIGURES[number % 3],
            seed=number,
            started=datetime(2026, 1, 2, 3, minute, tzinfo=UTC),
            **replaced,
        )
        for minute, number in enumerate(numbers)
    ]


def test_seeds_of_one_experiment_have_a_mean_and_a_sample_deviation() -> None:
    (one,) = repeats(seeds(0, 1, 2))
    spread = one.spread("AP")
    assert spread is not None
    assert spread.n == 3
    assert spread.mean == pytest.approx(72.0)
    assert spread.deviation == pytest.approx(statistics.stdev(FIGURES)) == pytest.approx(7**0.5)
    assert one.record.metrics["AP"].value == pytest.approx(72.0)


@pytest.mark.parametrize(
    "other",
    [
        {"spec": {"model": {"backbone": "hrnet-w48", "input": [256, 192]}}},
        {"protocol": OFFICIAL | {"boxes": "gt"}},
        {"dataset": Dataset(name="coco", split="val2017", fingerprint="e" * 64)},
        {"weights": Weights(origin="trained", sha256=None, seen_datasets=("coco",), init="a")},
        {"code": Code(version="0.1.1", commit=None, dirty=None)},
        {"synthetic": True},
    ],
)
def test_another_spec_protocol_dataset_start_or_code_is_another_experiment(
    other: dict[str, Any],
) -> None:
    runs = [*seeds(0, 1), *seeds(2, **other)]
    assert [one.seeds for one in repeats(runs)] == ["0-1", "2"]


def test_given_weights_are_never_a_sample_of_seeds() -> None:
    given = Weights(origin="w.pth", sha256="a" * 64, seen_datasets=(), init="unknown")
    assert [one.several for one in repeats(seeds(0, 1, weights=given))] == [False, False]


def test_a_seed_counts_once_and_the_last_time() -> None:
    first, last = record(70.0, seed=0), seeds(0, 1)
    (one,) = repeats([*last, first])
    assert (one.runs, one.repeated) == ((first, last[1]), (last[0],))


def test_seeds_are_told_in_spans() -> None:
    assert [one.seeds for one in repeats(seeds(3, 0, 1, 7, 2))] == ["0-3, 7"]
    assert repeats(seeds(4))[0].seeds == "4"


def test_a_figure_that_a_run_lacks_is_left_out_of_the_spread() -> None:
    nothing = {"AP": measured(float("nan"), "%", higher_is_better=True)}
    (one,) = repeats([*seeds(0, 1), record(metrics=nothing, seed=5)])
    spread = one.spread("AP")
    assert spread is not None
    assert spread.n == 2
    assert spread.mean == pytest.approx(70.5)
    assert one.spread("AR") is None


def test_each_run_can_be_by_itself() -> None:
    assert [one.seeds for one in repeats(seeds(0, 1, 2), each=True)] == ["0", "1", "2"]
