"""Rotations without a decomposition are those of the decomposition."""

import numpy as np
import pytest
from numpy.typing import NDArray

from hrbench.metrics import rotations
from hrbench.metrics.rotations import best_rotations, decomposed

Floats = NDArray[np.float64]
QUARTER = np.array([[0.0, 1, 0], [-1, 0, 0], [0, 0, 1]])  # x becomes y


def centred(points: Floats) -> Floats:
    moved = points - points.mean(axis=1, keepdims=True)
    return np.asarray(moved / np.linalg.norm(moved, axis=(1, 2), keepdims=True))


def products(source: Floats, target: Floats) -> Floats:
    return centred(target).swapaxes(1, 2) @ centred(source)


def persons(seed: int, count: int = 500) -> Floats:
    """Higher than wide and wider than deep, as those who stand."""
    return np.random.default_rng(seed).normal(size=(count, 17, 3)) * [1, 0.3, 0.15]


def test_a_quarter_turn_is_found() -> None:
    corner = np.array([[[0.0, 0, 0], [1, 0, 0], [0, 2, 0], [0, 0, 3]]])
    found, fit = best_rotations(products(corner, 5 * corner @ QUARTER + 7))
    assert found[0] == pytest.approx(QUARTER, abs=1e-14)
    assert fit == pytest.approx(1)


@pytest.mark.parametrize("noise", [1e-9, 0.03, 0.3, 100])
def test_rotations_and_fits_are_those_of_singular_values(noise: float) -> None:
    source = persons(0)
    target = source @ QUARTER + noise * persons(1)
    given = products(source, target)
    ours, theirs = best_rotations(given), decomposed(given)
    np.testing.assert_allclose(ours[0], theirs[0], atol=1e-11)
    np.testing.assert_allclose(ours[1], theirs[1], atol=1e-14)
    assert np.linalg.det(ours[0]) == pytest.approx(np.ones(len(source)))


def test_points_upon_their_mirror_images_are_turned_and_not_mirrored() -> None:
    source = persons(2)
    given = products(source, source * [1, 1, -1])
    found, fit = best_rotations(given)
    assert np.linalg.det(found) == pytest.approx(np.ones(len(source)))
    np.testing.assert_allclose(fit, decomposed(given)[1], atol=1e-14)


@pytest.mark.parametrize("flat", [[1.0, 0, 0], [0, 0, 0], [1.0, 1e-4, 1e-4]])
def test_where_many_rotations_are_nearly_as_good_singular_values_decide(flat: list[float]) -> None:
    target = centred(persons(3, 20))
    source = target * flat
    given = target.swapaxes(1, 2) @ source
    found, fit = best_rotations(given)
    theirs, official = decomposed(given)
    assert np.array_equal(found, theirs)
    assert np.array_equal(fit, official)


def test_hard_sets_do_not_change_easy_ones_beside_them(monkeypatch: pytest.MonkeyPatch) -> None:
    easy = products(persons(4), persons(5))
    hard = np.concatenate([easy, np.zeros((3, 3, 3))])
    alone = best_rotations(easy)[0]
    np.testing.assert_allclose(best_rotations(hard)[0][:-3], alone, atol=1e-12)
    monkeypatch.setattr(rotations, "SURE", np.inf)
    np.testing.assert_allclose(best_rotations(easy)[0], alone, atol=1e-11)
