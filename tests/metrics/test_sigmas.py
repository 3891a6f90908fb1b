import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from hrbench.metrics.sigmas import FEWEST, Sigmas, estimate


def pairs(
    offset: float, objects: int, area: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two annotations of each object, one keypoint, so many pixels apart."""
    points = np.zeros((2 * objects, 1, 2))
    points[1::2, 0, 0] = offset
    return points, np.full(2 * objects, area)


def seen(points: NDArray[np.float64], areas: NDArray[np.float64], per_object: int = 2) -> Sigmas:
    objects = np.arange(len(points)) // per_object
    return estimate(points, np.ones(points.shape[:2], dtype=bool), areas, objects)


def test_two_annotations_six_pixels_apart() -> None:
    # Each is 3 from the mean; 2 * 9 over one repeat is 18, over an area of 200 it is 0.09.
    points, areas = pairs(6, 10, 200)
    found = seen(points, areas)
    assert found.values == pytest.approx([0.3])
    assert (found.objects.tolist(), found.repeats.tolist()) == ([10], [10])
    assert found.reasons == ("",)


@pytest.mark.parametrize("annotators", [2, 3, 5])
def test_a_known_sigma_is_found_without_bias(annotators: int) -> None:
    rng = np.random.default_rng(7)
    sigmas = np.array([0.025, 0.1])  # E[d^2 / s^2] is sigma^2: half of it along each axis
    areas = np.repeat(rng.uniform(500, 50_000, 4000), annotators)
    places = np.repeat(rng.uniform(0, 300, (4000, 2, 2)), annotators, axis=0)
    spread = (sigmas * np.sqrt(areas)[:, None] / math.sqrt(2))[..., None]
    found = seen(rng.normal(places, spread), areas, annotators)
    # The standard error is a share 1 / (2 sqrt(repeats)) of sigma, 0.8 % for two annotators.
    assert found.values == pytest.approx(sigmas, rel=0.025)


def test_objects_with_fewer_annotators_weigh_by_their_repeats() -> None:
    points = np.concatenate([pairs(6, 5, 200)[0], np.zeros((15, 1, 2))])
    objects = np.concatenate([np.arange(10) // 2, 5 + np.arange(15) // 3])
    labelled = np.ones((25, 1), dtype=bool)
    found = estimate(points, labelled, np.full(25, 200.0), objects)
    assert found.repeats.tolist() == [5 + 10]
    assert found.values == pytest.approx([math.sqrt(5 * 18 / 200 / 15)])


def test_labels_that_one_annotator_left_out_do_not_count() -> None:
    points, areas = pairs(6, 20, 200)
    labelled = np.ones((40, 1), dtype=bool)
    labelled[20::2] = False
    points[20::2] = np.nan
    found = estimate(points, labelled, areas, np.arange(40) // 2)
    assert (found.objects.tolist(), found.repeats.tolist()) == ([10], [10])
    assert found.values == pytest.approx([0.3])


def test_too_few_repeats_give_no_number_and_say_so() -> None:
    found = seen(*pairs(6, FEWEST - 1, 200))
    assert math.isnan(found.values[0])
    assert found.reasons == ("9 repeats, and 10 are needed",)


def test_copies_of_annotations_give_no_number() -> None:
    found = seen(*pairs(0, 20, 200))
    assert math.isnan(found.values[0])
    assert found.reasons == ("all its repeats are the same: copies say nothing",)


def test_an_object_without_an_area_does_not_count() -> None:
    points, areas = pairs(6, 20, 200)
    areas[20:] = 0
    assert seen(points, areas).repeats.tolist() == [10]


def test_the_size_of_an_object_is_the_mean_of_its_annotations() -> None:
    points, areas = pairs(6, 10, 200)
    areas[::2], areas[1::2] = 100, 300
    assert seen(points, areas).values == pytest.approx([0.3])


def test_without_annotations_nothing_is_known() -> None:
    found = seen(np.zeros((0, 2, 2)), np.zeros(0))
    assert np.isnan(found.values).all()
    assert found.reasons == ("0 repeats, and 10 are needed",) * 2


def test_a_labelled_keypoint_that_is_not_a_number_is_refused() -> None:
    points, areas = pairs(math.nan, 10, 200)
    with pytest.raises(ValueError, match="is not a number"):
        seen(points, areas)


@given(
    factor=st.floats(0.1, 50),
    shift=st.floats(-1000, 1000),
    seed=st.integers(0, 1000),
)
def test_sigmas_do_not_depend_on_the_size_and_place_of_the_picture(
    factor: float, shift: float, seed: int
) -> None:
    points = np.random.default_rng(seed).normal(50, 5, (30, 2, 2))
    once = seen(points, np.full(30, 400.0), 3).values
    scaled = seen(points * factor + shift, np.full(30, 400.0 * factor**2), 3).values
    assert scaled == pytest.approx(once, rel=1e-6)
