"""Faces are neither alike nor wild: their spreads stay within what is stated here."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from hrbench.world.faces.picture import Picture, paint_scene
from hrbench.world.faces.points import aflw19, cofw29, ibug68, wflw98
from hrbench.world.faces.sampling import CHALLENGE, COMMON, sample_scene
from hrbench.world.faces.scene import OCCLUDERS, Pose, Scene, rotation
from hrbench.world.faces.surface import Expression, Shape

SIZE = (256, 256)
CLEAR = replace(COMMON, harsh=0.0, hidden=0.0, blurred=0.0, acting=0.0)


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    return [sample_scene(np.random.default_rng(seed), SIZE, COMMON) for seed in range(400)]


@pytest.fixture(scope="module")
def hard() -> list[Scene]:
    return [sample_scene(np.random.default_rng((1, s)), SIZE, CHALLENGE) for s in range(200)]


@pytest.fixture(scope="module")
def portraits() -> list[Picture]:
    """Return faces that are near to the camera, well lit, at rest and uncovered."""

    def near(seed: int) -> Picture:
        rng = np.random.default_rng((2, seed))
        scene = sample_scene(rng, SIZE, CLEAR, lambda s: s.frontal)
        return paint_scene(rng, scene, SIZE)

    pictures = (near(seed) for seed in range(60))
    return [picture for picture in pictures if picture.scene.square[2] > 100]


def angles(scenes: list[Scene]) -> NDArray[np.float64]:
    return np.array([(s.pose.yaw, s.pose.pitch, s.pose.roll) for s in scenes])


def mean_shape_error(points: NDArray[np.float64], size: NDArray[np.float64]) -> float:
    """Return the NME in per cent of the mean of (N, K, 2) points, each in its box."""
    low, high = np.floor(points.min(axis=1)), np.ceil(points.max(axis=1))
    side = (high - low).max(axis=1)
    framed = (points - ((low + high) / 2)[:, None]) / side[:, None, None]
    gaps = np.linalg.norm(framed - framed.mean(axis=0), axis=2).mean(axis=1)
    return float(100 * (gaps * side / size).mean())


def between(points: NDArray[np.float64], first: int, second: int) -> NDArray[np.float64]:
    gaps: NDArray[np.float64] = np.linalg.norm(points[:, first] - points[:, second], axis=1)
    return gaps


def test_heads_turn_to_both_sides_but_never_out_of_sight(scenes: list[Scene]) -> None:
    yaw, pitch, roll = angles(scenes).T
    assert np.abs(yaw).max() < 58
    assert np.abs(pitch).max() < 28
    assert np.abs(roll).max() < 40
    assert 22 < yaw.std() < 32
    assert 10 < pitch.std() < 16
    assert 13 < roll.std() < 21
    assert np.abs([yaw.mean(), pitch.mean(), roll.mean()]).max() < 4


def test_the_challenge_turns_further_and_acts_more(scenes: list[Scene], hard: list[Scene]) -> None:
    assert (angles(hard).std(axis=0) > 1.1 * angles(scenes).std(axis=0)).all()
    acting, resting = (np.mean([s.expressive for s in x]) for x in (hard, scenes))
    assert acting > 1.25 * resting


def test_the_square_around_the_points_varies_by_four_and_is_inside(scenes: list[Scene]) -> None:
    sides = np.array([scene.square[2] for scene in scenes])
    assert 51 < sides.min() < 55  # pixels of 256
    assert 195 < sides.max() < 205
    for scene in scenes[:100]:
        pixels = scene.project(ibug68(scene.lines))
        left, top, side = scene.square
        assert pixels.min() >= 0
        assert pixels.max() <= 255
        assert np.ptp(pixels, axis=0).max() == pytest.approx(side, rel=0.02)
        middle = (pixels.min(axis=0) + pixels.max(axis=0)) / 2
        assert middle == pytest.approx([left + side / 2, top + side / 2], abs=0.02 * side)


def test_faces_act_in_every_way_and_are_at_rest_too(scenes: list[Scene]) -> None:
    acts = [scene.lines.expression for scene in scenes]
    opening = np.array([act.opening for act in acts])
    assert 0.45 < (opening == 0).mean() < 0.65
    assert 0.1 < (opening > 0.5).mean() < 0.35
    for values in ([act.smile for act in acts], [act.brows for act in acts]):
        assert 0.3 < np.std(values) < 0.55
        assert abs(np.mean(values)) < 0.1
    assert 0.03 < np.mean([act.blink > 0.5 for act in acts]) < 0.2


@pytest.mark.parametrize(
    ("trait", "least", "most"),
    [
        ("large_pose", 0.08, 0.25),
        ("expressive", 0.25, 0.5),
        ("harshly_lit", 0.15, 0.26),
        ("made_up", 0.07, 0.17),
        ("occluded", 0.19, 0.32),
        ("blurred", 0.15, 0.26),
        ("frontal", 0.3, 0.55),
    ],
)
def test_traits_are_neither_rare_nor_the_rule(
    scenes: list[Scene], trait: str, least: float, most: float
) -> None:
    assert least < np.mean([getattr(scene, trait) for scene in scenes]) < most


def test_the_mean_shape_is_far_off(scenes: list[Scene], hard: list[Scene]) -> None:
    # a network that ignores the picture answers it; a fair one is to halve these
    small = np.array([s.project(ibug68(s.lines)) for s in scenes])
    assert 27 < mean_shape_error(small, between(small, 36, 45)) < 36
    small = np.array([s.project(ibug68(s.lines)) for s in hard])
    assert 34 < mean_shape_error(small, between(small, 36, 45)) < 46
    large = np.array([s.project(wflw98(s.lines)) for s in scenes])
    assert 27 < mean_shape_error(large, between(large, 60, 72)) < 36
    few = np.array([s.project(cofw29(s.lines)) for s in scenes])
    assert 17 < mean_shape_error(few, between(few, 8, 9)) < 23
    fewest = np.array([s.project(aflw19(s.lines)) for s in scenes])
    boxes = np.array([s.square[2] for s in scenes])
    assert 6 < mean_shape_error(fewest, boxes) < 12


def test_the_eyes_never_fall_together(hard: list[Scene]) -> None:
    points = np.array([s.project(ibug68(s.lines)) for s in hard])
    sides = np.array([s.square[2] for s in hard])
    assert (between(points, 36, 45) / sides).min() > 0.2


def test_yaw_looks_right_pitch_down_and_roll_is_clockwise() -> None:
    ahead, up = np.array([0.0, 0, -1]), np.array([0.0, -1, 0])
    assert (rotation(30, 0, 0) @ ahead)[0] == pytest.approx(0.5)
    assert (rotation(0, 30, 0) @ ahead)[1] == pytest.approx(0.5)
    assert (rotation(0, 0, 30) @ up)[0] == pytest.approx(0.5)


def test_a_mirrored_head_gives_the_mirrored_points(scenes: list[Scene]) -> None:
    lines = replace(scenes[0].lines, shape=Shape(), expression=Expression(opening=0.5))
    place = np.array([40.0, 10.0, 900.0])
    one = replace(scenes[0], lines=lines, pose=Pose(35.0, 8.0, 20.0, place))
    other = replace(one, pose=Pose(-35.0, 8.0, -20.0, place * (-1, 1, 1)))
    first, second = (scene.project(cofw29(lines)) for scene in (one, other))
    pairs = ((0, 1), (2, 3), (8, 9), (16, 17), (18, 19), (22, 23), (28, 28))
    for left, right in pairs:
        assert second[left] == pytest.approx(first[right] * (-1, 1) + (255, 0))


def grey_at(picture: Picture, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean over 3 x 3 pixels of (H, W) grey levels at (N, 2) pixels."""
    grey = cv2.blur(cv2.cvtColor(picture.image, cv2.COLOR_BGR2GRAY), (3, 3))
    x, y = np.rint(points).astype(int).T
    return np.asarray(grey[y, x], np.float64)


def test_what_is_annotated_is_drawn_there(portraits: list[Picture]) -> None:
    shades = []
    for picture in portraits:
        lines, project = picture.scene.lines, picture.scene.project
        points = project(wflw98(lines))
        cheeks = (points[[62, 70]] + points[[76, 82]]) / 2
        skin = grey_at(picture, cheeks).mean()
        brows = grey_at(picture, (points[[35, 44]] + points[[39, 49]]) / 2).mean()
        nostrils = grey_at(picture, (points[[56, 58]] * 3 + points[[54]]) / 4).min()
        shades.append((grey_at(picture, points[[96, 97]]).mean(), brows, nostrils, skin))
    pupils, brows, nostrils, skin = np.array(shades).T
    assert len(shades) > 15
    assert (pupils < 0.9 * skin).mean() > 0.85
    assert (brows < 0.95 * skin).mean() > 0.85
    assert (nostrils < skin).mean() > 0.85


def test_lips_are_redder_than_the_chin_below_them(portraits: list[Picture]) -> None:
    redder = []
    for picture in portraits:
        points = picture.scene.project(ibug68(picture.scene.lines))
        lip, chin = (points[57] + points[66]) / 2, 0.5 * points[57] + 0.5 * points[8]
        ratios = []
        for x, y in np.rint((lip, chin)).astype(int):
            blue, green, red = picture.image[y - 1 : y + 2, x - 1 : x + 2].mean(axis=(0, 1))
            ratios.append(red / max(1.0, (blue + green) / 2))
        redder.append(ratios[0] > ratios[1])
    assert np.mean(redder) > 0.85


@pytest.mark.parametrize("occluder", OCCLUDERS)
def test_what_hides_a_face_hides_some_points_and_never_all(occluder: str) -> None:
    shares = []
    for seed in range(6):
        rng = np.random.default_rng((3, seed))
        scene = sample_scene(rng, SIZE, COMMON, lambda s: s.occluder == occluder)
        picture = paint_scene(rng, scene, SIZE)
        shares.append(picture.covered(scene.project(wflw98(scene.lines))).mean())
    assert 0.03 < np.mean(shares) < 0.6
    assert max(shares) < 0.95


def test_a_face_that_nothing_hides_is_not_covered(portraits: list[Picture]) -> None:
    for picture in portraits[:8]:
        assert not picture.cover.any()
        assert not picture.covered(picture.scene.project(ibug68(picture.scene.lines))).any()


def test_points_outside_the_picture_count_as_covered(portraits: list[Picture]) -> None:
    outside = np.array([[-0.5, 10.0], [10.0, 256.0], [20.0, 20.0]])
    assert portraits[0].covered(outside).tolist() == [True, True, False]


@pytest.mark.parametrize("size", [(96, 128), (200, 120)])
def test_pictures_have_the_size_that_was_asked_for(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    scene = sample_scene(rng, size, COMMON)
    picture = paint_scene(rng, scene, size)
    assert picture.image.shape == (*size, 3)
    assert picture.image.dtype == np.uint8
    assert picture.cover.shape == size
    assert not picture.covered(scene.project(ibug68(scene.lines)))[scene.occluded * 68 :].any()
