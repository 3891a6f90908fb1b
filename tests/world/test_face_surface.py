import numpy as np
import pytest

from hrbench.world.faces.lines import LEFT, RIGHT, Lines
from hrbench.world.faces.sampling import COMMON, sample_expression, sample_shape
from hrbench.world.faces.surface import CHIN, Expression, Shape, front, open_jaw, surface


def test_the_chin_is_the_lowest_of_the_jaw_and_the_ends_are_at_the_ears() -> None:
    jaw = Lines(Shape(), Expression()).jaw(33)
    assert jaw[:, 1].argmax() == 16
    assert jaw[16, :2] == pytest.approx([0, 112], abs=0.01)  # mm
    assert jaw[[0, 32], 0] == pytest.approx([-69, 69], abs=0.01)
    assert jaw[[0, 32], 2] == pytest.approx([0, 0], abs=0.01)


def test_the_jaw_is_evenly_divided() -> None:
    gaps = np.linalg.norm(np.diff(Lines(Shape(), Expression()).jaw(17), axis=0), axis=1)
    assert gaps.max() / gaps.min() < 1.03


def test_a_place_of_the_front_view_is_where_it_was_asked_for() -> None:
    places = np.array([[0.0, 0.0, 0.0], [31, 0, 0], [-46, -1, 0], [26, 72, 0], [-52, -20, 0]])
    points = front(Shape(), places)
    assert np.abs(points[:, :2] - places[:, :2]).max() < 0.3  # mm


def test_the_tip_of_the_nose_stands_out_furthest() -> None:
    angle, row = np.meshgrid(np.radians(np.arange(-90.0, 91, 3)), np.arange(-112.0, 113, 2))
    points = surface(Shape(), Expression(), angle, row).reshape(-1, 3)
    nearest = points[points[:, 2].argmin()]
    assert abs(nearest[0]) < 1
    assert nearest[1] == pytest.approx(42, abs=3)


def test_opening_the_mouth_lowers_the_chin_and_leaves_the_upper_lip() -> None:
    shut, wide = (Lines(Shape(), Expression(opening=o)) for o in (0.0, 1.0))
    assert wide.jaw(3)[1, 1] - shut.jaw(3)[1, 1] > 15  # mm
    middle = np.zeros(1)
    for edge, least, most in (("upper_inner", 0, 0.1), ("lower_inner", 15, 40)):
        fall = wide.lift(wide.lips(middle, edge)) - shut.lift(shut.lips(middle, edge))
        assert least <= fall[0, 1] <= most


def test_a_jaw_turns_around_its_hinge() -> None:
    chin = np.array([[0.0, 8.0, -108.0]])  # 100 mm in front of the hinge
    (turned,) = open_jaw(chin, np.ones(1))
    assert turned == pytest.approx([0, 8 + 100 * np.sin(np.radians(17)), -8 - 95.63], abs=0.01)


def test_a_closed_eye_has_one_lid_line_and_its_pupil_on_it() -> None:
    lines = Lines(Shape(), Expression(blink=1.0))
    along = np.linspace(0, 1, 9)
    np.testing.assert_allclose(lines.lid(LEFT, along, 1), lines.lid(LEFT, along, 0), atol=1e-9)
    assert lines.pupil(RIGHT)[0, 1] == pytest.approx(lines.lid(RIGHT, np.full(1, 0.5), 0)[0, 1])


def test_lids_and_lips_never_cross_whoever_it_is() -> None:
    across, along = np.linspace(-1, 1, 15), np.linspace(0, 1, 9)
    for seed in range(100):
        rng = np.random.default_rng(seed)
        lines = Lines(sample_shape(rng), sample_expression(rng, COMMON))
        edges = ("upper_outer", "upper_inner", "lower_inner", "lower_outer")
        heights = np.stack([lines.lift(lines.lips(across, edge))[:, 1] for edge in edges])
        assert np.diff(heights[:, 5:10], axis=0).min() > 0
        for side in (LEFT, RIGHT):
            gap = lines.lid(side, along, 0) - lines.lid(side, along, 1)
            assert gap[:, 1].min() > -1e-9


def test_no_ring_of_the_surface_is_overshot() -> None:
    row = np.linspace(92, CHIN, 41)
    wide = surface(Shape(), Expression(), np.full(41, np.pi / 2), row)[:, 0]
    assert wide.max() <= 70 + 1e-9  # mm: the ring at row 92
    assert wide.min() >= 69 - 1e-9  # the ring of the jaw's edge
