import numpy as np
import pytest
from numpy.typing import NDArray

from hrbench.lints.swapped_sides import Suspects, suspects

# nose, ears, shoulders, hips, tail of an animal that walks up the picture, seen from above
MOUSE = np.array(
    [[50, 0], [40, 10], [60, 10], [38, 30], [62, 30], [35, 70], [65, 70], [50, 100]], dtype=float
)
PAIRS = [(1, 2), (3, 4), (5, 6)]


def looked_at(objects: NDArray[np.float64], pairs: list[tuple[int, int]] = PAIRS) -> Suspects:
    return suspects(objects, np.ones(objects.shape[:2], dtype=bool), pairs)


def turned(points: NDArray[np.float64], degrees: float) -> NDArray[np.float64]:
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return np.asarray(points @ turn)


def swapped(points: NDArray[np.float64], *pairs: tuple[int, int]) -> NDArray[np.float64]:
    changed = points.copy()
    for left, right in pairs:
        changed[..., [left, right], :] = points[..., [right, left], :]
    return changed


def herd(count: int) -> NDArray[np.float64]:
    """Mice that walk in all directions."""
    return np.stack([turned(MOUSE, 360 * index / count) for index in range(count)])


def test_a_herd_without_mistakes_is_not_suspected() -> None:
    found = looked_at(herd(40))
    assert not found.objects.any()
    assert not found.pairs.any()


def test_a_pair_that_points_against_the_others_is_odd_even_in_a_single_object() -> None:
    assert looked_at(swapped(MOUSE, (3, 4))[None]).objects.tolist() == [True]
    assert looked_at(MOUSE[None]).objects.tolist() == [False]


def test_of_two_pairs_that_differ_neither_can_be_told() -> None:
    pairs = PAIRS[:2]
    assert looked_at(swapped(MOUSE, (1, 2))[None], pairs).objects.tolist() == [True]
    assert not looked_at(MOUSE[None], pairs).objects.any()


def test_an_object_with_all_sides_swapped_is_told_where_all_are_seen_from_above() -> None:
    objects = herd(40)
    objects[7] = swapped(objects[7], *PAIRS)
    assert np.flatnonzero(looked_at(objects).objects).tolist() == [7]
    one_pair = herd(40)
    one_pair[7] = swapped(one_pair[7], (1, 2))
    assert np.flatnonzero(looked_at(one_pair, [(1, 2)]).objects).tolist() == [7]


def test_objects_seen_from_both_sides_have_no_usual_hand() -> None:
    objects = herd(40)
    objects[::3] = swapped(objects[::3], *PAIRS)  # as people from behind
    assert not looked_at(objects).objects.any()


def test_a_pair_named_the_wrong_way_round_is_told_from_single_mistakes() -> None:
    objects = swapped(herd(40), (3, 4))
    objects[5] = swapped(objects[5], (1, 2))
    found = looked_at(objects)
    assert found.pairs.tolist() == [False, True, False]
    assert found.objects[5]
    assert found.objects.sum() == 1


def test_a_few_objects_do_not_make_a_pair_suspect() -> None:
    assert not looked_at(swapped(herd(9), (3, 4))).pairs.any()
    assert looked_at(swapped(herd(10), (3, 4))).pairs.tolist() == [False, True, False]


def test_keypoints_that_are_not_labelled_do_not_count() -> None:
    objects = swapped(herd(40), (3, 4))
    labelled = np.ones(objects.shape[:2], dtype=bool)
    labelled[:, 3] = False
    objects[:, 3] = np.nan
    found = suspects(objects, labelled, PAIRS)
    assert not found.objects.any()
    assert not found.pairs.any()


@pytest.mark.parametrize("pairs", [[], PAIRS])
def test_without_objects_or_pairs_nothing_is_suspected(pairs: list[tuple[int, int]]) -> None:
    found = looked_at(np.zeros((0, 8, 2)), pairs)
    assert (found.objects.shape, found.pairs.tolist()) == ((0,), [False] * len(pairs))
    found = looked_at(herd(5), [])
    assert found.objects.tolist() == [False] * 5


def test_an_object_whose_keypoints_coincide_or_have_no_label_says_nothing() -> None:
    found = suspects(np.zeros((12, 8, 2)), np.arange(12)[:, None] % np.full(8, 2) > 0, PAIRS)
    assert not found.objects.any()


def test_pairs_without_a_middle_are_compared_with_each_other_alone() -> None:
    two = np.tile([[0.0, 0.0], [10.0, 0.0]], (20, 1, 1))
    assert not looked_at(two, [(0, 1)]).objects.any()
