import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import DTypeLike

from hrbench.geometry import (
    CropMatrix,
    affine_matrices,
    cells_to_image,
    clip_boxes,
    crop_matrix,
    crop_of_boxes,
    flip_keypoints,
    flip_order,
    transform,
    udp_matrix,
)

SIZE = (192, 256)
position = st.floats(-500, 1500, width=32)
extent = st.floats(4, 1000, width=32)


def test_the_centre_of_a_crop_is_the_centre_of_its_box() -> None:
    centers, scales = crop_of_boxes(np.array([[10.0, 20.0, 30.0, 40.0]]), aspect=0.75)
    assert centers.tolist() == [[25, 40]]
    assert scales * 200 == pytest.approx(np.array([[37.5, 50.0]]))  # 3:4 already, times 1.25
    matrix = crop_matrix(centers[0], scales[0], SIZE)
    assert transform(np.array([25.0, 40.0]), matrix) == pytest.approx([96, 128])


def test_a_box_is_grown_to_the_aspect_never_shrunk() -> None:
    _, scales = crop_of_boxes(np.array([[0, 0, 75, 10.0], [0, 0, 10, 100.0]]), 0.75, padding=1)
    assert (scales * 200).tolist() == [[75, 100], [75, 100]]


def test_a_box_that_begins_outside_is_moved_and_loses_a_pixel() -> None:
    boxes, inside = clip_boxes(np.array([[-5.0, 2, 10, 10], [95, 0, 50, 1]]), np.array([[100, 50]]))
    assert boxes.tolist() == [[0, 2, 9, 9], [95, 0, 4, 0]]
    assert inside.tolist() == [True, True]


def test_a_quarter_turn_turns_a_crop_by_ninety_degrees() -> None:
    center, scale = np.array([50.0, 50.0]), np.array([0.5, 0.5])  # 100 pixels
    matrix = crop_matrix(center, scale, (100, 100), rotation=90)
    assert transform(np.array([50.0, 60.0]), matrix) == pytest.approx([60, 50])


def test_a_mirror_exchanges_the_sides_and_empties_what_is_invisible() -> None:
    keypoints = np.array([[0.0, 5], [10, 6], [20, 7]])
    mirrored, seen = flip_keypoints(keypoints, np.array([True, True, False]), 100, [(1, 2)])
    assert mirrored.tolist() == [[99, 5], [0, 0], [89, 6]]
    assert seen.tolist() == [True, False, True]


def test_the_order_of_a_mirror_undoes_itself() -> None:
    order = flip_order(5, [(0, 3), (1, 4)])
    assert order.tolist() == [3, 4, 2, 0, 1]
    assert order[order].tolist() == [0, 1, 2, 3, 4]


@given(position, position, extent, st.floats(-180, 180))
def test_any_crop_and_its_inverse_cancel(x: float, y: float, edge: float, angle: float) -> None:
    center, scale = np.array([x, y]), np.array([edge, edge]) / 200
    there = crop_matrix(center, scale, SIZE, rotation=angle)
    back = crop_matrix(center, scale, SIZE, rotation=angle, inverse=True)
    points = np.array([[0.0, 0.0], [191, 255], [30, 200]])
    assert transform(transform(points, back), there) == pytest.approx(points, abs=0.05)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("matrix", [crop_matrix, udp_matrix])
def test_many_crops_lead_back_as_each_of_them_does(matrix: CropMatrix, dtype: DTypeLike) -> None:
    rng = np.random.default_rng(0)
    centers = rng.uniform(-500, 1500, (50, 2)).astype(dtype)
    scales = rng.uniform(0.02, 5, (50, 2)).astype(dtype)
    each = [matrix(*crop, (48, 64), inverse=True) for crop in zip(centers, scales, strict=True)]
    together = matrix(centers, scales, (48, 64), inverse=True)
    assert together == pytest.approx(np.array(each), rel=1e-12, abs=1e-9)
    assert matrix(centers[:0], scales[:0], (48, 64), inverse=True).shape == (0, 2, 3)


def test_many_affine_matrices_are_those_of_opencv() -> None:
    rng = np.random.default_rng(0)
    source = np.array([[24, 32], [24, 8], [0, 8]], dtype=np.float32)  # of 48 x 64 cells
    target = rng.uniform(-500, 1500, (50, 3, 2)).astype(np.float32)
    opencv = [cv2.getAffineTransform(source, points) for points in target]
    assert affine_matrices((48, 64), target) == pytest.approx(np.array(opencv), rel=1e-12, abs=1e-9)


@given(position, position, extent)
def test_any_cell_comes_back_to_the_place_it_was_cut_from(x: float, y: float, edge: float) -> None:
    center, scale = np.array([[x, y]]), np.array([[edge * 0.75, edge]]) / 200
    pixel = np.array([[[48.0, 64.0]]])
    cells = (pixel / 4).astype(np.float32)
    found = cells_to_image(cells, center, scale, (48, 64))[0, 0]
    matrix = crop_matrix(center[0], scale[0], SIZE)
    assert transform(found, matrix) == pytest.approx(pixel[0, 0], abs=0.05)


def test_udp_lays_edges_on_the_middles_of_the_outermost_pixels() -> None:
    center, scale = np.array([50.0, 60.0]), np.array([0.5, 0.25])  # 100 x 50 pixels
    matrix = udp_matrix(center, scale, (101, 101))
    assert transform(np.array([0.0, 35.0]), matrix) == pytest.approx([0, 0])
    assert transform(np.array([100.0, 85.0]), matrix) == pytest.approx([100, 100])
    shifted = udp_matrix(center, scale, (101, 101), shift=(0.1, -0.2))
    assert transform(np.array([60.0, 50.0]), shifted) == pytest.approx([50, 50])


def test_udp_turns_as_the_other_crops_do() -> None:
    center, scale = np.array([50.0, 50.0]), np.array([0.5, 0.5])
    matrix = udp_matrix(center, scale, (101, 101), rotation=90)
    assert transform(np.array([50.0, 60.0]), matrix) == pytest.approx([60, 50])


@given(position, position, extent, st.floats(-180, 180))
def test_any_udp_crop_and_its_inverse_cancel(x: float, y: float, edge: float, angle: float) -> None:
    center, scale = np.array([x, y]), np.array([edge * 0.75, edge]) / 200
    there = udp_matrix(center, scale, SIZE, rotation=angle, shift=(0.1, 0.2))
    back = udp_matrix(center, scale, SIZE, rotation=angle, shift=(0.1, 0.2), inverse=True)
    points = np.array([[0.0, 0.0], [191, 255], [30, 200]])
    assert transform(transform(points, back), there) == pytest.approx(points, abs=0.05)


@given(st.floats(0, 191), st.floats(0, 255))
def test_a_mirror_of_a_udp_crop_mirrors_its_cells(x: float, y: float) -> None:
    center, scale = np.array([[100.0, 100.0]]), np.array([[0.75, 1.0]])
    cells = np.array([[[x * 47 / 191, y * 63 / 255]]], dtype=np.float32)
    found = cells_to_image(cells, center, scale, (48, 64), udp_matrix)[0, 0]
    cells[..., 0] = 47 - cells[..., 0]
    mirrored = cells_to_image(cells, center, scale, (48, 64), udp_matrix)[0, 0]
    assert mirrored == pytest.approx([200 - found[0], found[1]], abs=1e-4)
    matrix = udp_matrix(center[0], scale[0], SIZE)
    assert transform(found, matrix) == pytest.approx([x, y], abs=1e-3)


@pytest.mark.parametrize("matrix", [crop_matrix, udp_matrix])
def test_float32_and_float64_crops_are_the_same_place(matrix: CropMatrix) -> None:
    center, scale = np.array([301.5, 200.25]), np.array([0.75, 1.0])
    single = matrix(center.astype(np.float32), scale.astype(np.float32), SIZE)
    assert matrix(center, scale, SIZE) == pytest.approx(single, abs=1e-4)
