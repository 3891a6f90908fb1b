import math

import numpy as np
import pytest

from hrbench.world.canvas import NOBODY, Canvas, Disc, Light

RED = np.array([0, 0, 200], np.float32)
BLUE = np.array([200, 0, 0], np.float32)


def canvas() -> Canvas:
    """Return a black 40 x 60 picture, seen by a camera of 100 px, lit from everywhere."""
    black = np.zeros((40, 60, 3), np.uint8)
    return Canvas(black, focal=100, light=Light((0, 0, -1), ambient=1))


def drawn(start: Disc, end: Disc) -> float:
    """Return how many pixels a limb covers, parts of pixels counted as such."""
    picture = canvas()
    picture.limb(start, end, RED, 0)
    return float(picture.image[..., 2].sum()) / 200


def test_a_ball_covers_the_area_of_its_disc() -> None:
    ball = Disc(30.3, 20.6, radius=8, depth=1000)
    assert drawn(ball, ball) == pytest.approx(math.pi * 64, rel=0.01)


def test_a_limb_covers_two_half_discs_and_the_rectangle_between() -> None:
    area = drawn(Disc(15, 20, 4, 1000), Disc(45, 20, 4, 1000))
    assert area == pytest.approx(math.pi * 16 + 30 * 8, rel=0.01)


def test_a_tapered_limb_is_the_hull_of_its_ends() -> None:
    # radii 10 and 4 at 10 px: the tangents lean by asin(6 / 10) and are 8 px long
    lean = math.asin(0.6)
    caps = (math.pi / 2 + lean) * 10**2 + (math.pi / 2 - lean) * 4**2
    trapezia = (10 + 4) * 8
    area = drawn(Disc(25, 20, 10, 1000), Disc(35, 20, 4, 1000))
    assert area == pytest.approx(caps + trapezia, rel=0.01)


def test_a_limb_that_points_at_the_camera_is_its_thicker_end() -> None:
    area = drawn(Disc(30, 20, 9, 1000), Disc(32, 20, 3, 1200))
    assert area == pytest.approx(math.pi * 81, rel=0.01)


def test_a_ball_is_where_it_was_put_to_a_fiftieth_of_a_pixel() -> None:
    picture = canvas()
    ball = Disc(30.37, 19.81, 6, 1000)
    picture.limb(ball, ball, RED, 0)
    weight = picture.image[..., 2]
    y, x = np.indices(weight.shape)
    assert (x * weight).sum() / weight.sum() == pytest.approx(30.37, abs=0.02)
    assert (y * weight).sum() / weight.sum() == pytest.approx(19.81, abs=0.02)


def test_the_middle_of_a_ball_is_nearer_by_its_radius() -> None:
    picture = canvas()
    ball = Disc(30, 20, radius=10, depth=1000)  # 10 px at 1000 mm through 100 px are 100 mm
    picture.limb(ball, ball, RED, 0)
    assert picture.depth[20, 30] == pytest.approx(900)
    assert picture.owner[20, 30] == 0
    assert picture.owner[0, 0] == NOBODY


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_nearer_ball_is_in_front_whichever_is_drawn_first(order: tuple[int, int]) -> None:
    picture = canvas()
    balls = (Disc(28, 20, 8, 1000), Disc(32, 20, 8, 2000))
    for index in order:
        picture.limb(balls[index], balls[index], (RED, BLUE)[index], index)
    assert picture.owner[20, 30] == 0
    assert picture.owner[20, 38] == 1
    assert picture.image[20, 30].tolist() == [0, 0, 200]


def test_the_side_towards_the_lamp_is_brighter() -> None:
    black = np.zeros((40, 60, 3), np.uint8)
    picture = Canvas(black, focal=100, light=Light((-0.6, 0, -0.8), ambient=0.5))
    ball = Disc(30, 20, 10, 1000)
    picture.limb(ball, ball, RED, 0)
    left, middle, right = picture.image[20, [24, 30, 39], 2]
    assert left == pytest.approx(200, abs=0.1)  # its normal, (-0.6, 0, -0.8), points at the lamp
    assert middle == pytest.approx(200 * (0.5 + 0.5 * 0.8), abs=0.1)
    assert right < middle


def test_a_limb_out_of_view_changes_nothing() -> None:
    assert drawn(Disc(-30, 20, 5, 1000), Disc(-10, 20, 5, 1000)) == 0


def test_a_point_is_seen_unless_something_nearer_is_there() -> None:
    picture = canvas()
    ball = Disc(30, 20, 5, 1000)  # its surface is at 950 mm
    picture.limb(ball, ball, RED, 0)
    points = np.array([[30.2, 19.9], [30.2, 19.9], [5.0, 5.0], [60.0, 5.0]])
    seen = picture.sees(points, np.array([940.0, 960.0, 9000.0, 1.0]))
    assert seen.tolist() == [True, False, True, False]  # the last lies outside the picture
