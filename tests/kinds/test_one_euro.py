"""Keypoints with less jitter: the one-euro filter on the world's people, and its authors' own."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from OneEuroFilter import OneEuroFilter

from hrbench.kinds.landmarks.one_euro import OneEuro
from hrbench.kinds.predictor import Smoothing
from hrbench.world.h36m import studio

NOISE = 0.01  # of a person's size: standard deviation


def jitter(places: NDArray[np.float64]) -> float:
    """How much steps differ from those before, on average."""
    return float(np.abs(np.diff(places, 2, axis=0)).mean())


def motions() -> Iterator[tuple[NDArray[np.float64], float]]:
    """Yield the joints of the world's people in action as a camera sees them, and their size."""
    for take in list(studio.takes("train"))[:6]:
        camera = studio.cameras(0, take.subject, (400, 400))[0]
        frames = studio.motion(0, take)[::2]  # 25 a second
        seen = np.array([camera.project(joints)[0] for joints in frames])
        yield seen, float(np.sqrt(np.ptp(seen, axis=1).prod(axis=1)).mean())


def smoothed(places: NDArray[np.float64], size: float) -> NDArray[np.float64]:
    smooth = OneEuro(Smoothing())
    return np.array([smooth(now, number / 25, size) for number, now in enumerate(places)])


def test_smoothing_takes_jitter_away_and_comes_nearer_to_the_truth() -> None:
    rng, shares = np.random.default_rng(0), []
    for truth, size in motions():
        noisy = truth + rng.normal(0, NOISE * size, truth.shape)
        found = smoothed(noisy, size)
        error = np.sqrt(np.square(found - truth).mean() / np.square(noisy - truth).mean())
        shares.append((jitter(found - truth) / jitter(noisy - truth), error))
    print("left of jitter and of error:", np.mean(shares, axis=0).round(2))
    assert (np.max(shares, axis=0) < [0.6, 1.0]).all()
    assert (np.mean(shares, axis=0) < [0.45, 0.9]).all()


def test_smoothing_does_not_shift_what_stands_still() -> None:
    truth = np.array([[40.0, 70.0]])
    noisy = truth + np.random.default_rng(0).normal(0, 1, (500, 1, 2))
    found = smoothed(noisy, 100)
    assert np.abs(found.mean(axis=0) - truth).max() < 0.15  # of 1 px of noise
    assert found[25:].std(axis=0).max() < 0.6


def test_smoothing_hardly_lags_behind_what_moves() -> None:
    """At a size a second the cutoff is 16 Hz or more: a lag of 1 / (2 pi 16) s or less, 1 px."""
    steady = np.arange(100)[:, None, None] * np.array([4.0, 0])  # px: a size of 100 a second
    lag = (steady - smoothed(steady, 100))[-1, 0]
    assert 0 < lag[0] < 100 / (2 * np.pi * 16)


def test_it_is_the_filter_of_those_who_published_it() -> None:
    rng = np.random.default_rng(3)
    times = 1 + np.cumsum(rng.uniform(0.01, 0.09, 60))  # uneven
    places = np.cumsum(rng.normal(0, 2, (60, 3, 2)), axis=0)
    smooth = OneEuro(Smoothing(cutoff=0.7, beta=0.3))
    found = np.array([smooth(now, time, 1) for now, time in zip(places, times, strict=True)])
    for number in np.ndindex(3, 2):
        theirs = OneEuroFilter(25, mincutoff=0.7, beta=0.3, dcutoff=1.0)
        said = [theirs(now[number], time) for now, time in zip(places, times, strict=True)]
        np.testing.assert_allclose(found[:, *number], said, rtol=1e-12)
