import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrbench.face_geometry import (
    box_of_points,
    cells_to_image,
    crop_matrices,
    flip_points,
    transform_pixel,
)

CENTER = np.array([[100, 50]], dtype=np.float32)
HALF = np.array([0.64])  # 128 image pixels: two to each of 64 cells


def test_a_box_goes_to_whole_pixels_outwards_and_its_longer_side_counts() -> None:
    centers, scales = box_of_points(np.array([[[10.5, 20.0], [29.2, 40.0]]]))
    assert centers.tolist() == [[20, 30]]  # 10 to 30, 20 to 40
    assert scales.tolist() == [20 / 200]
    assert centers.dtype == np.float32
    assert scales.dtype == np.float64


def test_the_center_of_a_crop_is_its_middle() -> None:
    matrix = crop_matrices(CENTER, HALF, (64, 64))[0]
    assert matrix.tolist() == [[0.5, 0, -18], [0, 0.5, 7], [0, 0, 1]]


def test_a_turn_leaves_the_middle_and_moves_right_to_up() -> None:
    matrix = crop_matrices(CENTER, HALF, (64, 64), 90.0)[0]
    assert matrix @ [100, 50, 1] == pytest.approx([32, 32, 1])
    assert matrix @ [110, 50, 1] == pytest.approx([32, 27, 1])


def test_width_alone_counts_of_a_scale_of_two_numbers() -> None:
    both = crop_matrices(CENTER, np.array([[0.64, 9.0]]), (64, 64))
    assert np.array_equal(both, crop_matrices(CENTER, HALF, (64, 64)))


@pytest.mark.parametrize(("x", "cell"), [(101, 33), (102, 33), (103, 34), (36, 1), (34, 1)])
def test_pixels_count_from_one_and_are_truncated_towards_zero(x: int, cell: int) -> None:
    # 101 is pixel 100 from 0, cell 32; 34 is pixel 33, cell -1.5, which floor would make -2.
    matrix = crop_matrices(CENTER, HALF, (64, 64))
    expected = 0 if x == 34 else cell
    assert transform_pixel(np.array([[[x, 51.0]]]), matrix).tolist() == [[[expected, 33]]]


def test_cells_lead_back_to_whole_pixels_counted_from_one() -> None:
    cells = np.array([[[32.0, 32.0], [32.75, 31.75]]], dtype=np.float32)
    # 32 is pixel 100 from 0, 101 from 1; 32.75 is 101.5, truncated to 101.
    assert cells_to_image(cells, CENTER, HALF).tolist() == [[[101, 51], [102, 50]]]


def test_a_mirror_has_its_axis_half_a_pixel_to_the_right() -> None:
    points = np.array([[0.0, 5.0], [10.0, 6.0], [3.0, 7.0]])
    assert flip_points(points, 20, [1, 0, 2]).tolist() == [[10, 6], [20, 5], [17, 7]]


@given(
    st.lists(st.tuples(st.floats(-500, 500), st.floats(-500, 500)), min_size=1, max_size=5),
    st.floats(0.1, 5),
)
def test_faces_together_are_moved_as_each_alone(
    points: list[tuple[float, float]], scale: float
) -> None:
    centers = np.array(points, dtype=np.float32)
    scales, places = np.full(len(points), scale), np.array(points)[:, None]
    together = transform_pixel(places, crop_matrices(centers, scales, (64, 64))[:, None])
    alone = [
        transform_pixel(places[i], crop_matrices(centers[[i]], scales[[i]], (64, 64)))
        for i in range(len(points))
    ]
    assert np.array_equal(together, np.array(alone))
