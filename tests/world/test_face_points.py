from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from shared import need_shared

from hrbench.world.faces.lines import Lines
from hrbench.world.faces.points import aflw19, cofw29, ibug68, wflw98
from hrbench.world.faces.surface import Expression, Shape

Scheme = Callable[[Lines], NDArray[np.float64]]
SCHEMES = {"300W": ibug68, "WFLW": wflw98, "COFW": cofw29, "AFLW": aflw19}
SYMMETRIC = (
    Expression(),
    Expression(opening=0.8, smile=0.7, brows=0.5, blink=0.3),
    Expression(smile=-0.8, brows=-0.9),
)


def exchanged(name: str) -> NDArray[np.intp]:
    """Return which point takes the place of each when the official code mirrors a face."""
    golden = np.load(need_shared() / "golden" / "rest" / "face" / "geometry.npz")
    before, after = golden[f"flip_{name}_in"], golden[f"flip_{name}_out"]
    mirrored = before * (-1, 1) + (320, 0)
    gaps = np.linalg.norm(after[:, None] - mirrored, axis=2)
    assert gaps.min(axis=1).max() == 0
    return np.asarray(gaps.argmin(axis=1), np.intp)


@pytest.mark.parametrize("expression", SYMMETRIC)
@pytest.mark.parametrize("name", SCHEMES)
def test_a_mirrored_face_has_the_points_that_the_official_flip_gives(
    name: str, expression: Expression
) -> None:
    points = SCHEMES[name](Lines(Shape(), expression))
    mirrored = (points * (-1, 1, 1))[exchanged(name)]
    np.testing.assert_allclose(mirrored, points, atol=1e-9)


@pytest.mark.parametrize(
    ("name", "count"), [("300W", 68), ("WFLW", 98), ("COFW", 29), ("AFLW", 19)]
)
def test_every_scheme_has_as_many_points_as_its_name_says(name: str, count: int) -> None:
    points = SCHEMES[name](Lines(Shape(), Expression(opening=0.5)))
    assert points.shape == (count, 3)
    assert len(np.unique(points.round(6), axis=0)) == count


def test_the_four_sets_agree_where_they_mean_the_same() -> None:
    lines = Lines(Shape(nose_width=1.2), Expression(opening=0.4, smile=0.3, brows=0.2))
    small, large, cofw, aflw = (SCHEMES[n](lines) for n in ("300W", "WFLW", "COFW", "AFLW"))
    same = {  # iBUG -> WFLW
        **{i: 2 * i for i in range(17)},
        **{17 + i: 33 + i for i in range(5)},
        **{22 + i: 42 + i for i in range(5)},
        **{27 + i: 51 + i for i in range(9)},
        36: 60,
        39: 64,
        42: 68,
        45: 72,
        **{48 + i: 76 + i for i in range(20)},
    }
    np.testing.assert_allclose(small[list(same)], large[list(same.values())], atol=1e-9)
    eyes = [36, 45, 39, 42]
    np.testing.assert_allclose(cofw[8:12], small[eyes], atol=1e-9)
    np.testing.assert_allclose(cofw[[18, 19, 20, 21]], small[[31, 35, 30, 33]], atol=1e-9)
    lips = [48, 54, 51, 62, 66, 57, 8]
    np.testing.assert_allclose(cofw[22:], small[lips], atol=1e-9)
    np.testing.assert_allclose(cofw[[16, 17]], large[[96, 97]], atol=1e-9)
    np.testing.assert_allclose(aflw[[6, 8, 9, 11]], small[[36, 39, 42, 45]], atol=1e-9)
    np.testing.assert_allclose(aflw[[12, 13, 14]], small[[31, 30, 35]], atol=1e-9)
    np.testing.assert_allclose(aflw[[15, 17, 18]], small[[48, 54, 8]], atol=1e-9)
    np.testing.assert_allclose(aflw[16], (small[62] + small[66]) / 2, atol=0.2)


def test_points_run_in_the_published_directions() -> None:
    points = ibug68(Lines(Shape(), Expression(opening=0.3)))
    x, y = points[:, 0], points[:, 1]
    for first, last in ((0, 16), (17, 26), (31, 35), (48, 54), (60, 64)):
        assert (np.diff(x[first : last + 1]) > 0).all()  # from the left as one sees the face
    assert (np.diff(y[27:31]) > 0).all()  # down the ridge of the nose
    assert (np.diff(x[54:60]) < 0).all()  # back along the lower lip
    assert (y[[37, 38]] < y[[41, 40]]).all()  # upper and lower lids
    assert x[36] < x[37] < x[38] < x[39] < 0 < x[42] < x[43] < x[44] < x[45]
    assert y[51] < y[62] < y[66] < y[57] < y[8]


def test_a_smile_lifts_the_corners_of_the_mouth_and_raised_brows_are_higher() -> None:
    rest = ibug68(Lines(Shape(), Expression()))
    acting = ibug68(Lines(Shape(), Expression(smile=1.0, brows=1.0)))
    lifted = rest[:, 1] - acting[:, 1]
    assert lifted[[48, 54]] == pytest.approx([8, 8], abs=1)  # mm
    assert (lifted[17:27] > 6).all()
    assert acting[54, 0] - acting[48, 0] > 1.15 * (rest[54, 0] - rest[48, 0])
