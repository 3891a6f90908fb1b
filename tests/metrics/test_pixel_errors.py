import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from metrics.examples import poses, truth

from hrbench.metrics.people import Truth
from hrbench.metrics.pixel_errors import errors_in_pixels, score_pixels
from hrbench.metrics.scores import Scores

NAMES = ("nose", "left_ear", "right_ear")
MOUSE = [[20.0, 0.0], [0.0, 40.0], [40.0, 40.0]]


def boxed(people: Truth, width: float, height: float) -> Truth:
    people.boxes[:] = (0, 0, width, height)
    return people


def scored(people: Truth, found: list[list[list[float]]], rows: list[int] | None = None) -> Scores:
    order = np.array(range(len(found)) if rows is None else rows, dtype=np.intp)
    given = poses(np.reshape(found, (-1, 3, 2)), [1] * len(found))
    return score_pixels(errors_in_pixels(people, given, order, [(1, 2)]), people, NAMES)


def test_errors_are_over_the_root_of_the_boxs_area() -> None:
    people = boxed(truth([MOUSE]), 200, 50)  # a size of 100 pixels
    scores = scored(people, [[[23.0, 4.0], [0.0, 52.0], [40.0, 70.0]]])  # 5, 12 and 30 off
    assert scores.figures == pytest.approx(
        {
            "PCK@0.1": 100 / 3,
            "PCK@0.05": 0,  # 5 is not nearer than 5
            "PCK@0.2": 200 / 3,
            "NME": 47 / 3,
            "median_error_px": 12,
            "median_error_share": 12,
        }
    )
    assert next(iter(scores.figures)) == "PCK@0.1"
    assert scores.reasons == {}


def test_every_object_weighs_the_same_in_nme_and_every_keypoint_in_pck() -> None:
    people = boxed(truth([MOUSE, MOUSE], visibility=[[2, 2, 2], [1, 0, 0]]), 100, 100)
    far = [[20.0, 50.0], *MOUSE[1:]]
    figures = scored(people, [MOUSE, far]).figures
    assert figures["NME"] == pytest.approx(25)  # of 0 and 50
    assert figures["PCK@0.1"] == pytest.approx(75)  # 3 of 4


def test_a_pose_is_compared_with_the_object_whose_box_it_was_found_in() -> None:
    other = [[x + 300, y] for x, y in MOUSE]
    people = truth([MOUSE, other])
    assert scored(people, [other, MOUSE], [1, 0]).figures["median_error_px"] == 0
    assert scored(people, [other, MOUSE], [0, 1]).figures["median_error_px"] == 300


def test_groups_of_people_and_objects_without_a_label_do_not_count() -> None:
    people = truth([MOUSE] * 3, visibility=[[2] * 3, [0] * 3, [2] * 3], crowd=[0, 0, 1])
    scores = scored(people, [MOUSE, [[999.0, 999.0]] * 3, [[999.0, 999.0]] * 3])
    assert scores.figures["NME"] == 0
    assert scores.groups["objects"] == {"measured": 1, "without_pose": 0}


def test_an_object_without_a_pose_is_counted_as_such() -> None:
    scores = scored(truth([MOUSE, MOUSE]), [MOUSE], [1])
    assert scores.groups["objects"] == {"measured": 1, "without_pose": 1}


def test_nothing_to_measure_is_nan_with_the_reason() -> None:
    scores = scored(truth([MOUSE], visibility=[[0, 0, 0]]), [MOUSE])
    assert all(math.isnan(value) for value in scores.figures.values())
    assert set(scores.reasons.values()) == {"no labelled keypoint has a pose"}
    assert scores.reasons.keys() == scores.figures.keys()
    empty = scored(truth(np.zeros((0, 3, 2)), visibility=np.zeros((0, 3))), [])
    assert math.isnan(empty.figures["PCK@0.1"])


def test_a_box_without_an_area_has_errors_in_pixels_only() -> None:
    scores = scored(boxed(truth([MOUSE]), 0, 50), [MOUSE])
    assert scores.figures["median_error_px"] == 0
    assert math.isnan(scores.figures["PCK@0.1"])
    assert scores.reasons["NME"] == "no object has a box with an area"
    assert "median_error_px" not in scores.reasons


def test_a_keypoint_has_a_row_of_its_own() -> None:
    people = boxed(truth([MOUSE, MOUSE], visibility=[[2, 2, 2], [2, 0, 2]]), 100, 100)
    near, far = [[26.0, 8.0], *MOUSE[1:]], [[20.0, 20.0], *MOUSE[1:]]  # 10 and 20 off: not nearer
    rows = scored(people, [near, far]).groups["keypoint"]
    assert rows["nose"] == pytest.approx(
        {
            "labelled": 2,
            "PCK@0.1": 0,
            "median_error_px": 15,
            "median_error_share": 15,
            "swapped": math.nan,
        },
        nan_ok=True,
    )
    assert rows["left_ear"]["labelled"] == 1
    assert rows["left_ear"]["PCK@0.1"] == 100


def test_a_keypoint_at_its_partners_place_is_swapped() -> None:
    people = boxed(truth([MOUSE, MOUSE, MOUSE], visibility=[[2] * 3] * 2 + [[2, 2, 0]]), 100, 100)
    swapped = [MOUSE[0], MOUSE[2], MOUSE[1]]
    rows = scored(people, [swapped, MOUSE, swapped]).groups["keypoint"]
    assert rows["left_ear"]["swapped"] == 50  # the third has no partner to be swapped with
    assert rows["right_ear"]["swapped"] == 50
    assert math.isnan(rows["nose"]["swapped"])


def test_a_keypoint_near_both_places_or_neither_is_not_swapped() -> None:
    close = [[20.0, 0.0], [0.0, 40.0], [8.0, 40.0]]
    people = boxed(truth([close, MOUSE]), 100, 100)
    lost = [MOUSE[0], [0.0, 400.0], MOUSE[2]]
    rows = scored(people, [[close[0], close[2], close[1]], lost]).groups["keypoint"]
    assert rows["left_ear"]["swapped"] == 0


@pytest.mark.parametrize("rows", [[0], [0, 2], [1, 1], [-1, 0]])
def test_every_pose_needs_an_object_of_its_own(rows: list[int]) -> None:
    with pytest.raises(ValueError, match="2 poses need one of 2 objects each"):
        scored(truth([MOUSE, MOUSE]), [MOUSE, MOUSE], rows)


@given(
    factor=st.sampled_from([0.25, 0.5, 2.0, 8.0]),
    offsets=st.lists(st.integers(-50, 50), min_size=6, max_size=6),
)
def test_what_is_relative_to_the_size_does_not_depend_on_it(
    factor: float, offsets: list[int]
) -> None:
    pose = np.array(MOUSE) + np.array(offsets).reshape(3, 2)
    once = scored(boxed(truth([MOUSE]), 90, 160), [pose.tolist()]).figures
    larger = boxed(truth([(factor * np.array(MOUSE)).tolist()]), factor * 90, factor * 160)
    scaled = scored(larger, [(factor * pose).tolist()]).figures
    for name in ("PCK@0.1", "NME", "median_error_share"):
        assert scaled[name] == pytest.approx(once[name])
    assert scaled["median_error_px"] == pytest.approx(factor * once["median_error_px"])


def test_the_size_is_the_distance_between_two_groups_where_the_protocol_says_so() -> None:
    people = boxed(truth([MOUSE]), 200, 50)  # the ears are 40 apart, the box's size is 100
    found = np.reshape([[23.0, 4.0], [0.0, 52.0], [40.0, 70.0]], (1, 3, 2))  # 5, 12 and 30 off
    groups = {"inter-ear": ([1], [2]), "nose-ears": ([0], [1, 2])}
    pairs, rows = [(1, 2)], np.array([0])
    off = errors_in_pixels(people, poses(found, [1]), rows, pairs, "inter-ear", groups)
    scores = score_pixels(off, people, NAMES)
    assert scores.figures["NME"] == pytest.approx(100 * 47 / 3 / 40)
    assert scores.figures["PCK@0.2"] == pytest.approx(100 / 3)  # 5 is nearer than 8
    assert scores.figures["NME (box-size)"] == pytest.approx(47 / 3)
    assert scores.figures["NME (nose-ears)"] == pytest.approx(100 * 47 / 3 / 40)


def test_an_object_whose_normaliser_is_not_labelled_is_counted_and_not_measured() -> None:
    people = truth([MOUSE, MOUSE], visibility=[[2, 2, 2], [2, 2, 0]])
    far = [[500.0, 0.0], *MOUSE[1:]]
    groups = {"inter-ear": ([1], [2])}
    found = poses(np.reshape([MOUSE, far], (-1, 3, 2)), [1, 1])
    off = errors_in_pixels(people, found, np.array([0, 1]), [], "inter-ear", groups)
    both = score_pixels(off, people, NAMES)
    assert both.figures["NME"] == 0
    assert both.groups["objects"] == {"measured": 1, "without_pose": 0, "without_size": 1}
    rows = np.array([1])
    off = errors_in_pixels(people, poses([far], [1]), rows, [], "inter-ear", groups)
    one = score_pixels(off, people, NAMES)
    assert one.reasons["NME"] == "no object has the keypoints of 'inter-ear' labelled"
