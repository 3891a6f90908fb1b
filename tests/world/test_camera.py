import numpy as np
import pytest

from hrbench.world.camera import look_at

SIZE = (100, 100)  # the focal length is 1.145 * 100 px, the centre is at 49.5 px
ORIGIN = np.zeros(3)
AHEAD = np.array([1000.0, 0.0, 0.0])


def test_what_the_camera_looks_at_is_in_the_middle_of_the_picture() -> None:
    pixels, depth = look_at(ORIGIN, AHEAD, SIZE).project(AHEAD)
    assert pixels.tolist() == pytest.approx([49.5, 49.5])
    assert depth == pytest.approx(1000)


def test_a_tenth_of_the_distance_aside_is_a_tenth_of_the_focal_length_from_the_middle() -> None:
    camera = look_at(ORIGIN, AHEAD, SIZE)
    points = np.array([[1000.0, -100.0, 0.0], [2000.0, 0.0, 200.0]])  # to the right; above
    pixels, depth = camera.project(points)
    assert pixels.ravel().tolist() == pytest.approx([49.5 + 11.45, 49.5, 49.5, 49.5 - 11.45])
    assert depth.tolist() == pytest.approx([1000, 2000])


def test_a_camera_rolled_clockwise_sees_the_top_on_the_left() -> None:
    camera = look_at(ORIGIN, AHEAD, SIZE, roll=np.pi / 2)
    pixels, _ = camera.project(np.array([1000.0, 0.0, 100.0]))
    assert pixels.tolist() == pytest.approx([49.5 - 11.45, 49.5])


def test_axes_of_a_camera_are_at_right_angles_and_of_length_one() -> None:
    camera = look_at(np.array([1.0, 2.0, 3.0]), np.array([5.0, -4.0, 1.0]), SIZE, roll=0.3)
    assert np.allclose(camera.rotation @ camera.rotation.T, np.eye(3))
    assert np.linalg.det(camera.rotation) == pytest.approx(1)
