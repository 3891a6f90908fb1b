import math

import numpy as np
import pytest

from hrbench.metrics import weighted
from hrbench.metrics.weighted import means, medians

VALUES = np.array([[4.0, math.nan], [1.0, 9.0], [3.0, 2.0]])
OWNERS = np.array([0, 0, 1])


def world(seed: int, rows: int = 40, units: int = 7) -> tuple[np.ndarray, ...]:
    """Values with ties and holes, their owners, and counts of which some draw next to nothing."""
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 12, (rows, 3)) / 7
    values[rng.random(values.shape) < 0.3] = np.nan
    counts = rng.integers(0, 3, (60, units)) * (rng.random((60, 1)) < 0.8)
    return values, rng.integers(0, units, rows), counts


def written_out(values: np.ndarray, owners: np.ndarray, row: np.ndarray) -> np.ndarray:
    """The values, each as often as its unit stands."""
    repeated = np.repeat(values, row[owners], axis=0)
    return np.asarray(repeated[~np.isnan(repeated)])


@pytest.mark.parametrize(
    ("counts", "mean", "median"),
    [
        ([1, 1], 19 / 5, 3),  # 1 2 3 4 9
        ([1, 0], 14 / 3, 4),  # 1 4 9
        ([1, 2], 24 / 7, 3),  # 1 2 2 3 3 4 9
        ([0, 1], 2.5, 2.5),  # 2 3
        ([0, 0], math.nan, math.nan),
    ],
)
def test_a_unit_counts_as_often_as_it_stands(counts: list[int], mean: float, median: float) -> None:
    drawn = np.array([counts])
    assert means(VALUES, OWNERS, drawn) == pytest.approx([mean], nan_ok=True)
    assert medians(VALUES, OWNERS, drawn) == pytest.approx([median], nan_ok=True)


@pytest.mark.parametrize("at_once", [1, 100, 1 << 20])
def test_they_are_those_of_values_written_out(
    at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weighted, "AT_ONCE", at_once)
    for seed in range(5):
        values, owners, counts = world(seed)
        for row, mean, median in zip(
            counts, means(values, owners, counts), medians(values, owners, counts), strict=True
        ):
            known = written_out(values, owners, row)
            assert np.array_equal(
                median, np.median(known) if known.size else math.nan, equal_nan=True
            )
            assert mean == pytest.approx(known.mean() if known.size else math.nan, nan_ok=True)


def test_nothing_measured_gives_nan() -> None:
    nothing = np.full((2, 2), np.nan)
    for statistic in (means, medians):
        for values, owners in ((nothing, np.array([0, 1])), (nothing[:0], np.array([], int))):
            found = statistic(values, owners, np.ones((3, 2), np.int64))
            assert found.shape == (3,)
            assert np.isnan(found).all()
