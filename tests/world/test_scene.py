"""The world is neither uniform nor wild: its spreads stay within what is stated here."""

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from hrbench.world.people.figure import Person
from hrbench.world.people.scene import APART, Scene, sample_scene
from hrbench.world.people.skeleton import INDEX

SIZE = (256, 256)


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    return [sample_scene(np.random.default_rng(seed), SIZE) for seed in range(600)]


def box(scene: Scene, person: Person) -> NDArray[np.float64]:
    """Return left, top, right, bottom of somebody's joints in pixels."""
    pixels, _ = scene.camera.project(person.joints)
    return np.concatenate((pixels.min(axis=0), pixels.max(axis=0)))


def shared(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Return the common area of two boxes over the smaller one's."""
    sides = np.minimum(first[2:], second[2:]) - np.maximum(first[:2], second[:2])
    areas = [(b[2:] - b[:2]).prod() for b in (first, second)]
    return float(np.maximum(sides, 0).prod() / min(areas))


def test_there_is_somebody_in_every_picture_and_seldom_more_than_two(scenes: list[Scene]) -> None:
    counts = np.bincount([len(scene.people) for scene in scenes], minlength=5) / len(scenes)
    assert counts[0] == 0
    assert 0.42 < counts[1] < 0.58
    assert 0.25 < counts[2] < 0.4
    assert 0.02 < counts[3] + counts[4] < 0.3


def test_standing_heights_differ_by_four(scenes: list[Scene]) -> None:
    heights = [
        person.stature * scene.camera.focal / scene.camera.to_camera(person.joints[0])[2]
        for scene in scenes
        for person in scene.people
    ]
    low, middle, high = np.percentile(heights, (2, 50, 98))  # pixels of 256
    assert 50 < low < 65
    assert 90 < middle < 130
    assert 200 < high < 250


def test_people_are_seen_from_all_sides_and_most_often_from_the_front(scenes: list[Scene]) -> None:
    left, right = INDEX["left_shoulder"], INDEX["right_shoulder"]
    across = np.array(
        [
            scene.camera.rotation @ (person.joints[left] - person.joints[right])
            for scene in scenes
            for person in scene.people
        ]
    )
    turned = np.degrees(np.arctan2(across[:, 2], across[:, 0])) % 360  # 0: faces the camera
    quarters = np.histogram((turned + 45) % 360, bins=4, range=(0, 360))[0] / len(turned)
    front, one_side, back, other_side = quarters.tolist()
    assert 0.4 < front < 0.55
    assert 0.07 < back < 0.18
    assert one_side == pytest.approx(other_side, abs=0.06)


def test_cameras_look_from_below_and_above_but_seldom_steeply(scenes: list[Scene]) -> None:
    tilt = np.degrees([np.arcsin(-scene.camera.rotation[2, 2]) for scene in scenes])
    assert 3 < tilt.mean() < 12
    assert 5 < tilt.std() < 20
    assert np.abs(tilt).max() < 50


def test_some_people_overlap_and_none_are_hidden_by_placing(scenes: list[Scene]) -> None:
    pairs = [
        (box(scene, first), box(scene, second))
        for scene in scenes
        for first, second in itertools.combinations(scene.people, 2)
    ]
    overlaps = np.array([shared(first, second) for first, second in pairs])
    assert 0.08 < (overlaps > 0.1).mean() < 0.3
    assert (overlaps > 0.9).mean() < 0.05


def test_people_do_not_stand_inside_each_other(scenes: list[Scene]) -> None:
    for scene in scenes:
        for first, second in itertools.combinations(scene.people, 2):
            assert np.linalg.norm((first.joints - second.joints)[0, :2]) >= APART


def test_everybody_touches_the_floor(scenes: list[Scene]) -> None:
    lowest = [person.joints[:, 2].min() for scene in scenes for person in scene.people]
    assert 0 < min(lowest) <= max(lowest) < 50  # mm: the thickness of a sole
